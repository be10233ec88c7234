import type { ImagesConfig } from '../config/images-section.js';
import { isPromised, parseDigestsFile } from './digests.js';
import { FetchFailed, ImageCorrupt, NoKeys } from './errors.js';
import type { PlannedFile, PlanningTools, Source } from './fetch-plan.js';

/** What Flatcar calls the files that a machine boots and is installed with. */
const files = {
  vmlinuz: 'flatcar_production_pxe.vmlinuz',
  'initrd.cpio.gz': 'flatcar_production_pxe_image.cpio.gz',
  'install_image.bin.bz2': 'flatcar_production_image.bin.bz2',
} as const;

/** https://www.flatcar.org/docs/latest/setup/security/verify-images/ : each file is signed beside it. `current` is the newest. */
export function flatcar({ flatcar: { url, keys }, requireSignature }: ImagesConfig): Source {
  if (keys.length === 0 && requireSignature) throw new NoKeys('Flatcar', 'images.flatcar.keys');
  return async (wanted, tools) => {
    const version = wanted === 'current' ? await newest(url, tools) : wanted;
    const base = `${url}/${version}`;
    const planned = Object.entries(files).map(async ([name, theirs]): Promise<PlannedFile> => {
      const file = { name, url: `${base}/${theirs}` };
      if (keys.length > 0) return { ...file, digests: {}, signature: { url: `${file.url}.sig`, keys } };
      const listed = await tools.client.small(`${file.url}.DIGESTS`, tools.signal);
      const digests = listed ? parseDigestsFile(listed.toString('utf8'), theirs) : {};
      if (listed && !isPromised(digests)) {
        throw new ImageCorrupt(`${file.url}.DIGESTS`, `it does not name ${theirs}`);
      }
      return { ...file, digests };
    });
    return { version, source: 'flatcar', files: await Promise.all(planned) };
  };
}

async function newest(url: string, { client, signal }: PlanningTools): Promise<string> {
  const at = `${url}/current/version.txt`;
  const text = await client.small(at, signal);
  const [, version] = /^FLATCAR_VERSION=([0-9]+(?:\.[0-9]+)*)\s*$/m.exec(text?.toString('utf8') ?? '') ?? [];
  if (version === undefined) throw new FetchFailed(at, 'it does not name a version');
  return version;
}
