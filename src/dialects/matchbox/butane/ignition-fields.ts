/** What stands at a field of Ignition's configuration. */
export type Field =
  | { readonly kind: 'text' | 'flag' | 'texts' }
  /** `zeroLeftOut`: Go writes no 0 there. */
  | { readonly kind: 'number'; readonly zeroLeftOut?: boolean }
  | { readonly kind: 'table' | 'tables'; readonly fields: Fields };
export type Fields = Readonly<Record<string, Field>>;

const text: Field = { kind: 'text' };
const flag: Field = { kind: 'flag' };
const number: Field = { kind: 'number' };
const texts: Field = { kind: 'texts' };
const table = (fields: Fields): Field => ({ kind: 'table', fields });
const tables = (fields: Fields): Field => ({ kind: 'tables', fields });

/** Of what is fetched, or stands in place. */
export const resourceFields: Fields = {
  compression: text,
  httpHeaders: tables({ name: text, value: text }),
  source: text,
  verification: table({ hash: text }),
};
const resource = table(resourceFields);

const owner = table({ id: number, name: text });
/** Of files, directories and links; before the fields of each kind. */
const node: Fields = { group: owner, overwrite: flag, path: text, user: owner };

const partition: Fields = {
  guid: text,
  label: text,
  number: { kind: 'number', zeroLeftOut: true },
  resize: flag,
  shouldExist: flag,
  sizeMiB: number,
  startMiB: number,
  typeGuid: text,
  wipePartitionEntry: flag,
};

export const filesystemFields: Fields = {
  device: text,
  format: text,
  label: text,
  mountOptions: texts,
  options: texts,
  path: text,
  uuid: text,
  wipeFilesystem: flag,
};

const luks: Fields = {
  cex: table({ enabled: flag }),
  clevis: table({
    custom: table({ config: text, needsNetwork: flag, pin: text }),
    tang: tables({ advertisement: text, thumbprint: text, url: text }),
    threshold: number,
    tpm2: flag,
  }),
  device: text,
  discard: flag,
  keyFile: resource,
  label: text,
  name: text,
  openOptions: texts,
  options: texts,
  uuid: text,
  wipeVolume: flag,
};

const storage: Fields = {
  directories: tables({ ...node, mode: number }),
  disks: tables({ device: text, partitions: tables(partition), wipeTable: flag }),
  files: tables({ ...node, append: tables(resourceFields), contents: resource, mode: number }),
  filesystems: tables(filesystemFields),
  links: tables({ ...node, hard: flag, target: text }),
  luks: tables(luks),
  raid: tables({ devices: texts, level: text, name: text, options: texts, spares: number }),
};

const user: Fields = {
  gecos: text,
  groups: texts,
  homeDir: text,
  name: text,
  noCreateHome: flag,
  noLogInit: flag,
  noUserGroup: flag,
  passwordHash: text,
  primaryGroup: text,
  sshAuthorizedKeys: texts,
  shell: text,
  shouldExist: flag,
  system: flag,
  uid: number,
};

const unit: Fields = {
  contents: text,
  dropins: tables({ contents: text, name: text }),
  enabled: flag,
  mask: flag,
  name: text,
};

/** The fields of all versions, in the order in which Go's encoding/json writes Ignition's own structs. */
export const ignitionFields: Fields = {
  ignition: table({
    config: table({ merge: tables(resourceFields), replace: resource }),
    proxy: table({ httpProxy: text, httpsProxy: text, noProxy: texts }),
    security: table({ tls: table({ certificateAuthorities: tables(resourceFields) }) }),
    timeouts: table({ httpResponseHeaders: number, httpTotal: number }),
    version: text,
  }),
  kernelArguments: table({ shouldExist: texts, shouldNotExist: texts }),
  passwd: table({
    groups: tables({ gid: number, name: text, passwordHash: text, shouldExist: flag, system: flag }),
    users: tables(user),
  }),
  storage: table(storage),
  systemd: table({ units: tables(unit) }),
};
