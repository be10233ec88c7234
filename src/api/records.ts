import { z } from 'zod';
import { FieldChange } from './past.js';

/** Records of other kinds than hosts: what dialects keep in the store. */

/** `GET /api/v1/records` */
export const KindList = z.object({
  kinds: z.array(
    z.object({
      kind: z.string(),
      count: z.int().describe('How many records there are.'),
      isRaw: z.boolean().describe('Whether a record is a file of any bytes; else it is JSON.'),
    }),
  ),
});
export type KindList = z.output<typeof KindList>;

/** The query of `GET /api/v1/records/{kind}`. */
export const RecordQuery = z.strictObject({
  after: z.string().optional().describe('Only what comes after this name: the last one of the page before.'),
  limit: z
    .string()
    .regex(/^\d{1,5}$/, 'is not a number')
    .transform(Number)
    .pipe(z.int().min(1).max(10_000))
    .default(1000)
    .describe('So many at most.'),
});
export type RecordQuery = z.output<typeof RecordQuery>;

/** `GET /api/v1/records/{kind}`, by name. */
export const RecordList = z.object({
  records: z.array(
    z.object({ name: z.string(), revision: z.string().describe('The full name of its last commit.') }),
  ),
  total: z.int().describe('How many there are of the kind.'),
});
export type RecordList = z.output<typeof RecordList>;

/** `PUT /api/v1/records/{kind}/{name}` */
export const RecordPut = z.object({
  kind: z.string(),
  name: z.string(),
  revision: z.string().describe('The full name of the commit; of the last one where nothing changed.'),
  changed: z.boolean(),
});
export type RecordPut = z.output<typeof RecordPut>;

/** `GET /api/v1/records/{kind}/{name}/diff` */
export const RecordDiff = z.object({
  kind: z.string(),
  name: z.string(),
  from: z.string().describe('The full name of the commit.'),
  to: z.string().optional().describe('The same; left out when compared with the record as it is now.'),
  changes: z
    .array(FieldChange)
    .describe(
      'Fields of the file; of a file that is no JSON the lines from the first to the last that differ.',
    ),
});
export type RecordDiff = z.output<typeof RecordDiff>;

/** `POST /api/v1/records/{kind}/{name}/rollback`: what it changed, or would change. */
export const RecordRollback = z.object({
  kind: z.string(),
  name: z.string(),
  revision: z.string().describe('The full name of the commit that was gone back to.'),
  changes: z.array(FieldChange),
});
export type RecordRollback = z.output<typeof RecordRollback>;
