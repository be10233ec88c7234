import { createHash } from 'node:crypto';
import type { ImagesConfig } from '../config/images-section.js';
import { parseSha256Sums } from './digests.js';
import { FetchFailed, ImageCorrupt, NoKeys, SignatureBad } from './errors.js';
import type { PlannedFile, PlanningTools, Source } from './fetch-plan.js';
import { checkClearSigned } from './fetch-signature.js';

const INSTALLER = 'main/installer-amd64/current/images';
const NETBOOT = 'netboot/debian-installer/amd64';

/**
 * Kernel and initial ramdisk of Debian's installer, for a suite as in `bookworm`. One signed text, InRelease, vouches for all:
 * it names the digest of SHA256SUMS, and that names theirs. A disk image is not part of it.
 */
export function debian({ debian: { url, keys }, requireSignature }: ImagesConfig): Source {
  if (keys.length === 0 && requireSignature) throw new NoKeys('Debian', 'images.debian.keys');
  return async (suite, tools) => {
    const at = `${url}/dists/${suite}/InRelease`;
    const inRelease = await needed(at, tools);
    const release =
      keys.length > 0
        ? await checkClearSigned({ what: at, keys }, inRelease)
        : { text: inRelease.toString('utf8'), by: undefined };
    assertSuite(release.text, suite, at);

    const sumsAt = `${url}/dists/${suite}/${INSTALLER}/SHA256SUMS`;
    const sums = await needed(sumsAt, tools);
    const promised = releaseDigest(release.text, `${INSTALLER}/SHA256SUMS`);
    const actual = createHash('sha256').update(sums).digest('hex');
    if (promised !== actual) {
      throw new ImageCorrupt(sumsAt, `its SHA-256 is ${actual}, and InRelease names ${promised ?? 'none'}`);
    }
    const listed = parseSha256Sums(sums.toString('utf8'));
    const file = (name: string, theirs: string): PlannedFile => {
      const sha256 = listed.get(`${NETBOOT}/${theirs}`);
      if (sha256 === undefined) throw new ImageCorrupt(sumsAt, `it does not name ${NETBOOT}/${theirs}`);
      const address = `${url}/dists/${suite}/${INSTALLER}/${NETBOOT}/${theirs}`;
      return { name, url: address, digests: { sha256 }, digestsSignedBy: release.by };
    };
    return {
      version: suite,
      source: 'debian',
      files: [file('vmlinuz', 'linux'), file('initrd.cpio.gz', 'initrd.gz')],
    };
  };
}

async function needed(url: string, { client, signal }: PlanningTools): Promise<Buffer> {
  const bytes = await client.small(url, signal);
  if (!bytes) throw new FetchFailed(url, 'there is none');
  return bytes;
}

/** Another suite's signed text in its place would be another, perhaps a very old, system. */
function assertSuite(release: string, suite: string, at: string): void {
  const names = ['Suite', 'Codename'].map((field) => new RegExp(`^${field}: (\\S+)`, 'm').exec(release)?.[1]);
  if (!names.includes(suite)) throw new SignatureBad(at, `it is for ${names.filter(Boolean).join(', ')}`);
}

/** The section `SHA256:` of a Release file: digest, size, name on indented lines. */
function releaseDigest(release: string, name: string): string | undefined {
  const [, section] = /^SHA256:\n((?: .*\n?)*)/m.exec(release) ?? [];
  const lines = section?.split('\n').map((line) => line.trim().split(/\s+/)) ?? [];
  return lines.find(([, , file]) => file === name)?.[0]?.toLowerCase();
}
