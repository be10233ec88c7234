import { z } from 'zod';
import { HistoryEntry, State } from './schemas.js';

/** The past of the fleet: what was changed when and by whom, and how to go back. */

const Instant = z.iso.datetime({ offset: true });

const revision = z.string().regex(/^[\w.-]{4,200}$/, 'is not a commit: write four or more of its hex digits');

const newest = z
  .string()
  .regex(/^\d{1,6}$/, 'is not a number')
  .transform(Number)
  .pipe(z.int().min(1).max(10_000))
  .default(1000);

/** The query of `GET /api/v1/hosts/{serial}/history` and of `…/timeline`. */
export const HistoryQuery = z.strictObject({
  limit: newest.describe('The newest so many changes; a timeline begins with the first of them.'),
});
export type HistoryQuery = z.output<typeof HistoryQuery>;

/** The query of `GET /api/v1/log`. Every condition given has to hold. */
export const LogQuery = z.strictObject({
  since: Instant.optional().describe('Only what was changed then or later, as in 2026-11-21T03:00:00Z.'),
  until: Instant.optional().describe('Only what was changed then or before.'),
  author: z.string().optional().describe('Only what this operator, or the machine of this serial, changed.'),
  state: State.optional().describe('Only changes that left their host in this state.'),
  serial: z.string().optional().describe('Only of this machine.'),
  record: z.string().optional().describe('Only of this record of another kind, as in groups/web.'),
  limit: newest.describe('The newest so many.'),
});
export type LogQuery = z.output<typeof LogQuery>;

/** A change to any machine of the fleet, or to a record of another kind. */
export const LoggedChange = HistoryEntry.extend({
  serial: z.string().describe('Empty where it is a change of a record of another kind.'),
  record: z.string().optional().describe('Of such a record: its kind and its name, as in groups/web.'),
});
export type LoggedChange = z.output<typeof LoggedChange>;

/** `GET /api/v1/log`, newest first. */
export const ChangeLog = z.object({ changes: z.array(LoggedChange) });
export type ChangeLog = z.output<typeof ChangeLog>;

/** A stay in one state. */
export const Stay = z.object({
  state: State,
  since: z.iso.datetime(),
  seconds: z.int().describe('How long it was in that state; until now for the one it is in.'),
});
export type Stay = z.output<typeof Stay>;

/** `GET /api/v1/hosts/{serial}/timeline`, oldest first. */
export const Timeline = z.object({ timeline: z.array(Stay) });
export type Timeline = z.output<typeof Timeline>;

/** The query of `GET /api/v1/hosts/{serial}/diff`. */
export const DiffQuery = z.strictObject({
  from: revision.describe('A commit of its history, or four or more of its first digits.'),
  to: revision.optional().describe('Another one; the host as it is now when left out.'),
});
export type DiffQuery = z.output<typeof DiffQuery>;

/** One field of a host's file, under its name there; left out where it is not set. */
export const FieldChange = z.object({
  field: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});
export type FieldChange = z.output<typeof FieldChange>;

/** `GET /api/v1/hosts/{serial}/diff` */
export const HostDiff = z.object({
  serial: z.string(),
  from: z.string().describe('The full name of the commit.'),
  to: z.string().optional().describe('The same; left out when compared with the host as it is now.'),
  changes: z.array(FieldChange),
});
export type HostDiff = z.output<typeof HostDiff>;

/** `POST /api/v1/hosts/{serial}/rollback` */
export const RollbackCommand = z.strictObject({
  revision: revision.describe('A commit of its history, or four or more of its first digits.'),
  dryRun: z.boolean().default(false).describe('Only say what would be changed.'),
});
export type RollbackCommand = z.output<typeof RollbackCommand>;

/**
 * What the rollback changed, or would change: nothing when all settings are as they were. What the machine reports of
 * itself stays: its state, its hardware, the software that it runs.
 */
export const Rollback = z.object({
  serial: z.string(),
  revision: z.string().describe('The full name of the commit that was gone back to.'),
  changes: z.array(FieldChange),
});
export type Rollback = z.output<typeof Rollback>;
