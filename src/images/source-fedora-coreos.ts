import { basename } from 'node:path/posix';
import { z } from 'zod';
import { jsonIn } from '../json.js';
import type { ImagesConfig } from '../config/images-section.js';
import { FetchFailed, ImageCorrupt, NoKeys } from './errors.js';
import type { PlannedFile, Source } from './fetch-plan.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/i);
const artifact = z.object({ location: z.string(), sha256 });

/** As much of a build's release.json as is needed. */
const Release = z.object({
  architectures: z.object({
    x86_64: z.object({
      media: z.object({
        metal: z.object({
          artifacts: z.object({
            pxe: z.object({ kernel: artifact, initramfs: artifact, rootfs: artifact }),
            'raw.xz': z.object({ disk: artifact }),
          }),
        }),
      }),
    }),
  }),
});

/** The files of one build; their addresses are taken below the configured one, which may be a mirror. */
export function fedoraCoreos({ fedoraCoreos: { url, keys }, requireSignature }: ImagesConfig): Source {
  if (keys.length === 0 && requireSignature) throw new NoKeys('Fedora CoreOS', 'images.fedoraCoreos.keys');
  return async (version, { client, signal }) => {
    const build = `${url}/builds/${version}`;
    const at = `${build}/release.json`;
    const text = await client.small(at, signal);
    if (!text) throw new FetchFailed(at, `there is no version ${version} in this stream`);
    const { pxe, 'raw.xz': raw } = releaseIn(text, at).architectures.x86_64.media.metal.artifacts;
    const file = (name: string, { location, sha256 }: z.output<typeof artifact>): PlannedFile => {
      const address = `${build}/x86_64/${encodeURIComponent(basename(location))}`;
      return {
        name,
        url: address,
        digests: { sha256: sha256.toLowerCase() },
        ...(keys.length > 0 && { signature: { url: `${address}.sig`, keys } }),
      };
    };
    return {
      version,
      source: 'fedora-coreos',
      files: [
        file('vmlinuz', pxe.kernel),
        file('initrd.cpio.gz', pxe.initramfs),
        file('rootfs.img', pxe.rootfs),
        file('install_image.raw.xz', raw.disk),
      ],
    };
  };
}

function releaseIn(text: Buffer, at: string): z.output<typeof Release> {
  const parsed = Release.safeParse(jsonIn(text.toString('utf8')));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new ImageCorrupt(at, `it does not describe a release for bare metal (${where})`);
}
