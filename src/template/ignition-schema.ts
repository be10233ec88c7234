import { z } from 'zod';

/**
 * Ignition's configuration, specification 3.0.0 to 3.6.0 (coreos.github.io/ignition/specs). Stricter than the published schemas, which let
 * unknown keys pass; in files `contents: { inline: … }` is short for a data: URL.
 */

/** Versions of the specification that are known, oldest first. */
export const ignitionVersions = ['3.0.0', '3.1.0', '3.2.0', '3.3.0', '3.4.0', '3.5.0', '3.6.0'] as const;

/** Set in the parameters of an issue about what Ignition itself takes without a word, and no machine can want. */
export const TAKEN_BY_IGNITION = { takenByIgnition: true };

const text = z.string();
const flag = z.boolean().nullish();
const count = z
  .int()
  .refine((value) => value >= 0, { error: 'is less than nothing', params: TAKEN_BY_IGNITION });
const name = text.refine((value) => value !== '', { error: 'is empty', params: TAKEN_BY_IGNITION });

const absolutePath = text
  .regex(/^\/[^\0]*$/, 'is not an absolute path')
  .refine(
    (path) => path === '/' || !/\/(?:\.{0,2}\/|\.{0,2}$)/.test(path),
    'is not the shortest way to say it: leave out //, /./, /../ and a last /',
  );
const mode = z.int('is not a file mode, as in 0644').min(0).max(0o7777, 'is not a file mode, as in 0644');
const hash = text.regex(
  /^(sha512-[0-9a-fA-F]{128}|sha256-[0-9a-fA-F]{64})$/,
  'is not a hash: write sha256- or sha512- and the hex digits',
);
/** Of S3: `arn:aws:s3:::bucket/key`, or an access point and a key. */
const ARN = /^arn:[^:/]+:s3:[^:/]*:[^:/]*:(?!accesspoint\/[^/]*$)[^/\s]+\/\S*$/;
const source = text
  .regex(
    /^($|(https?|tftp|s3|gs):\/\/.|arn:|data:\S*$)/i,
    'is not a URL that Ignition fetches: http, https, tftp, s3, arn, gs or data',
  )
  .refine((value) => !/\s/.test(value), {
    error: 'is not a URL that Ignition fetches: blanks are written %20',
    params: TAKEN_BY_IGNITION,
  })
  .refine(
    (value) => !value.startsWith('arn:') || ARN.test(value),
    'names no object of S3: write arn:aws:s3:::BUCKET/KEY, or arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME/object/KEY',
  )
  .refine(
    (value) => !/^(s3|arn):[^?#]*\?([^#]*&)?versionId=?(&|#|$)/.test(value),
    'has an empty versionId: name a version or leave it out',
  );

const headers = z.array(z.strictObject({ name: text, value: text.nullish() })).nullish();
const verification = z.strictObject({ hash: hash.nullish() }).nullish();
const compression = z.enum(['', 'gzip']).nullish();

const resource = z.strictObject({
  source: source.nullish(),
  compression,
  httpHeaders: headers,
  verification,
});

const contents = z
  .strictObject({ ...resource.shape, inline: text.nullish() })
  .superRefine((value, context) => {
    if (typeof value.inline === 'string' && value.source) {
      context.addIssue({
        code: 'custom',
        message: 'has both inline and source: write one of them',
        path: ['inline'],
      });
    }
  })
  .transform(({ inline, ...value }) =>
    typeof inline === 'string' ? { ...value, source: dataUrl(inline) } : value,
  );

/** RFC 2397, base64: reads the same in every implementation. */
function dataUrl(inline: string): string {
  return `data:;base64,${Buffer.from(inline, 'utf8').toString('base64')}`;
}

const owner = z
  .strictObject({ id: count.nullish(), name: text.nullish() })
  .refine(
    ({ id, name }) => id === undefined || id === null || !name,
    'has both id and name: write one of them',
  )
  .nullish();
const node = { path: absolutePath, overwrite: flag, user: owner, group: owner };

const partition = z.strictObject({
  label: text
    .max(36)
    .regex(/^[^:]*$/, 'is not a label of a partition')
    .nullish(),
  number: count.nullish(),
  sizeMiB: count.nullish(),
  startMiB: count.nullish(),
  typeGuid: text.nullish(),
  guid: text.nullish(),
  wipePartitionEntry: flag,
  shouldExist: flag,
  resize: flag,
});

const clevis = z.strictObject({
  custom: z.strictObject({ pin: text.nullish(), config: text.nullish(), needsNetwork: flag }).nullish(),
  tpm2: flag,
  threshold: count.nullish(),
  tang: z
    .array(
      z.strictObject({
        url: text.regex(/^https?:\/\/\S+$/, 'is not the address of a Tang server: http or https'),
        thumbprint: text.min(1, 'must not be empty'),
        advertisement: text.refine((value) => value === '' || isJson(value), 'is not JSON').nullish(),
      }),
    )
    .nullish(),
});

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

const luks = z
  .strictObject({
    name,
    label: text.nullish(),
    device: absolutePath.nullish(),
    uuid: text.nullish(),
    options: z.array(text).nullish(),
    discard: flag,
    openOptions: z.array(text).nullish(),
    wipeVolume: flag,
    keyFile: resource.nullish(),
    clevis: clevis.nullish(),
    cex: z.strictObject({ enabled: flag }).nullish(),
  })
  .superRefine(({ cex, clevis: binding, keyFile }, context) => {
    if (cex?.enabled !== true) return;
    const others = [binding && 'clevis', keyFile?.source && 'keyFile'].filter(Boolean);
    if (others.length > 0) {
      context.addIssue({
        code: 'custom',
        message: `cannot be used together with ${others.join(' and ')}: write one of them`,
        path: ['cex'],
      });
    }
  });

const storage = z.strictObject({
  disks: z
    .array(
      z.strictObject({ device: absolutePath, wipeTable: flag, partitions: z.array(partition).nullish() }),
    )
    .nullish(),
  raid: z
    .array(
      z.strictObject({
        name: text.min(1),
        level: text.nullish(),
        devices: z.array(absolutePath).nullish(),
        spares: count.nullish(),
        options: z.array(text).nullish(),
      }),
    )
    .nullish(),
  filesystems: z
    .array(
      z.strictObject({
        device: absolutePath,
        path: text
          .refine((value) => value === '' || absolutePath.safeParse(value).success, 'is not an absolute path')
          .nullish(),
        format: z.enum(['ext4', 'btrfs', 'xfs', 'vfat', 'swap', 'none', '']).nullish(),
        label: text.nullish(),
        uuid: text.nullish(),
        options: z.array(text).nullish(),
        mountOptions: z.array(text).nullish(),
        wipeFilesystem: flag,
      }),
    )
    .nullish(),
  luks: z.array(luks).nullish(),
  files: z
    .array(
      z.strictObject({
        ...node,
        mode: mode.nullish(),
        contents: contents.nullish(),
        append: z.array(contents).nullish(),
      }),
    )
    .nullish(),
  directories: z.array(z.strictObject({ ...node, mode: mode.nullish() })).nullish(),
  links: z.array(z.strictObject({ ...node, target: text.min(1), hard: flag })).nullish(),
});

const NO_UNIT = 'is not the name of a systemd unit, as in my.service';
const unitName = text
  .regex(/\.(service|socket|device|mount|automount|swap|target|path|timer|snapshot|slice|scope)$/, NO_UNIT)
  .refine((value) => /^[A-Za-z0-9:_.\\@-]+$/.test(value), { error: NO_UNIT, params: TAKEN_BY_IGNITION });

const NO_DROP_IN = 'is not the name of a drop-in, as in 10-more.conf';

const systemd = z.strictObject({
  units: z
    .array(
      z.strictObject({
        name: unitName,
        enabled: flag,
        mask: flag,
        contents: text.nullish(),
        dropins: z
          .array(
            z.strictObject({
              name: text.regex(/\.conf$/, NO_DROP_IN).refine((value) => /^[^/]{6,}$/.test(value), {
                error: NO_DROP_IN,
                params: TAKEN_BY_IGNITION,
              }),
              contents: text.nullish(),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
});

const passwd = z.strictObject({
  users: z
    .array(
      z.strictObject({
        name,
        passwordHash: text.nullish(),
        sshAuthorizedKeys: z
          .array(
            text.refine((key) => /^[^\n]+$/.test(key), {
              error: 'is not one public key',
              params: TAKEN_BY_IGNITION,
            }),
          )
          .nullish(),
        uid: count.nullish(),
        gecos: text.nullish(),
        homeDir: text
          .refine((value) => absolutePath.safeParse(value).success, {
            error: 'is not an absolute path',
            params: TAKEN_BY_IGNITION,
          })
          .nullish(),
        noCreateHome: flag,
        primaryGroup: text.nullish(),
        groups: z.array(text).nullish(),
        noUserGroup: flag,
        noLogInit: flag,
        shell: text.nullish(),
        system: flag,
        shouldExist: flag,
      }),
    )
    .nullish(),
  groups: z
    .array(
      z.strictObject({
        name,
        gid: count.nullish(),
        passwordHash: text.nullish(),
        system: flag,
        shouldExist: flag,
      }),
    )
    .nullish(),
});

const ignition = z.strictObject({
  version: z.enum(
    ignitionVersions,
    `is not a version that is known here: write one of ${ignitionVersions.join(', ')}`,
  ),
  config: z.strictObject({ merge: z.array(resource).nullish(), replace: resource.nullish() }).nullish(),
  timeouts: z.strictObject({ httpResponseHeaders: count.nullish(), httpTotal: count.nullish() }).nullish(),
  security: z
    .strictObject({
      tls: z.strictObject({ certificateAuthorities: z.array(resource).nullish() }).nullish(),
    })
    .nullish(),
  proxy: z
    .strictObject({
      httpProxy: text.nullish(),
      httpsProxy: text.nullish(),
      noProxy: z.array(text).nullish(),
    })
    .nullish(),
});

export const ignitionSchema = z.strictObject({
  ignition,
  storage: storage.nullish(),
  systemd: systemd.nullish(),
  passwd: passwd.nullish(),
  kernelArguments: z
    .strictObject({ shouldExist: z.array(text).nullish(), shouldNotExist: z.array(text).nullish() })
    .nullish(),
});

export type IgnitionConfig = z.output<typeof ignitionSchema>;
