import { z } from 'zod';

/** Where a version came from; stands in its folder, for people and for `imagoctl images list`. */
export const ORIGIN_FILE = 'ORIGIN.json';
export const SUMS_FILE = 'SHA256SUMS';

const FileOrigin = z.object({
  url: z.string().optional(),
  size: z.int(),
  sha256: z.string(),
  /** What proved that it is the right one: a signature, a digest that was known before, or nothing. */
  proof: z.enum(['signature', 'digest', 'none']),
  /** Fingerprint of the key that signed. */
  signedBy: z.string().optional(),
  time: z.iso.datetime(),
});
export type FileOrigin = z.output<typeof FileOrigin>;

export const ImageOrigin = z.object({ source: z.string(), files: z.record(z.string(), FileOrigin) });
export type ImageOrigin = z.output<typeof ImageOrigin>;

/** As `sha256sum` writes it, sorted, so that it is the same whenever it is made. */
export function formatSha256Sums(digests: ReadonlyMap<string, string>): string {
  return [...digests]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, digest]) => `${digest}  ${name}\n`)
    .join('');
}
