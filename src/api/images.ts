import { z } from 'zod';

const FileName = z.string().max(63);
const Sha256 = z.string().regex(/^[0-9a-fA-F]{64}$/, 'is not a SHA-256 in hex');
const Sha512 = z.string().regex(/^[0-9a-fA-F]{128}$/, 'is not a SHA-512 in hex');

export const ImageFile = z.object({
  name: z.string(),
  bytes: z.int(),
  sha256: z.string().optional(),
  proof: z
    .enum(['signature', 'digest', 'none'])
    .optional()
    .describe('What proved that it is the right one when it came.'),
  signedBy: z.string().optional().describe('Fingerprint of the key.'),
  url: z.string().optional(),
});
export type ImageFile = z.output<typeof ImageFile>;

export const ImageVersion = z.object({
  version: z.string(),
  source: z.string().optional(),
  files: z.array(ImageFile),
  profiles: z.array(z.string()).describe('Those that use it.'),
  hosts: z.int().describe('How many hosts would boot it.'),
});
export type ImageVersion = z.output<typeof ImageVersion>;

/** How a fetching stands. */
export const ImageFetch = z.object({
  version: z.string(),
  source: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  files: z.array(
    z.object({
      name: z.string(),
      phase: z.enum(['waiting', 'fetching', 'checking', 'done']),
      doneBytes: z.int(),
      totalBytes: z.int().optional(),
      interruption: z.string().optional().describe('Why the connection was last made anew.'),
    }),
  ),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type ImageFetch = z.output<typeof ImageFetch>;

/** `GET /api/v1/images` */
export const ImageList = z.object({
  images: z.array(ImageVersion),
  fetches: z.array(ImageFetch).describe('Under way, and the last one of each version since the start.'),
});
export type ImageList = z.output<typeof ImageList>;

/** `POST /api/v1/images/{version}/fetch` */
export const FetchCommand = z.union([
  z.strictObject({
    source: z.enum(['flatcar', 'fedora-coreos', 'debian']),
    replace: z.boolean().optional(),
  }),
  z.strictObject({
    url: z.string().max(2048),
    name: FileName.describe('Its name in the folder of the version.'),
    sha256: Sha256.optional(),
    sha512: Sha512.optional(),
    unproven: z.boolean().optional().describe('Take it although nothing proves that it is the right one.'),
    replace: z.boolean().optional(),
  }),
]);
export type FetchCommand = z.output<typeof FetchCommand>;

/** `POST /api/v1/images/{version}/verification`: every byte is read. */
export const ImageVerdict = z.object({
  version: z.string(),
  isWhole: z.boolean().describe('Nothing is wrong or missing.'),
  files: z.array(
    z.object({ name: z.string(), condition: z.enum(['whole', 'wrong', 'missing', 'unlisted']) }),
  ),
});
export type ImageVerdict = z.output<typeof ImageVerdict>;

/** The query of `DELETE /api/v1/images/{version}` */
export const RemovalQuery = z.strictObject({
  force: z.enum(['true', 'false']).optional().describe('Also when profiles or hosts use it.'),
});

/** `POST /api/v1/images/{version}/uploads/{name}`: a piece of a file, as application/octet-stream. */
export const PieceQuery = z.strictObject({
  offset: z.coerce.number().int().min(0).describe('How many bytes came before; 0 begins anew.'),
});
export const PieceTaken = z.object({ received: z.int().describe('How many bytes there are now.') });
export type PieceTaken = z.output<typeof PieceTaken>;

/** `POST /api/v1/images/{version}/uploads/{name}/completion` */
export const UploadCompletion = z.strictObject({ sha256: Sha256, replace: z.boolean().optional() });
export type UploadCompletion = z.output<typeof UploadCompletion>;
