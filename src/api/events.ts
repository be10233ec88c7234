import { z } from 'zod';
import { State } from './schemas.js';

/** Something that happened to a machine. */
export const Event = z.object({
  id: z
    .string()
    .describe(
      'Of a change its commit, with .SERIAL where that changed several machines; of what is not recorded the id of the change before it, and ~ and a number.',
    ),
  time: z.iso.datetime(),
  kind: z
    .enum(['change', 'progress', 'stuck', 'pending', 'cluster', 'secrets'])
    .describe(
      'A change that was recorded; a report of an installer, which is not; or that a machine does not get through, or does again; or that one that nobody named begins to wait, or is rejected; or news of the cluster as a whole; or that a machine was handed its secrets, or asked for them again.',
    ),
  serial: z
    .string()
    .describe('Empty where it is about the cluster as a whole, or about a record of another kind.'),
  record: z
    .string()
    .optional()
    .describe('Of a change of a record that is no host: its kind and its name, as in groups/web.'),
  code: z
    .string()
    .optional()
    .describe(
      'What it is, for programs: it stays when words change. docs/events.md lists the codes. Left out by daemons of before.',
    ),
  what: z.string().describe('As in the history; of a report its phase and message: for people.'),
  state: State.optional().describe('Of the machine after it; left out when it was retired.'),
  author: z.string().optional(),
});
export type Event = z.output<typeof Event>;

/** `GET /api/v1/events`, oldest first. With `Accept: text/event-stream` they follow one another as they happen. */
export const EventList = z.object({ events: z.array(Event) });
export type EventList = z.output<typeof EventList>;

/** The query of it. */
export const EventQuery = z.strictObject({
  serial: z.string().optional().describe('Only of this machine.'),
  record: z.string().optional().describe('Only of this record, as in groups/web.'),
  since: z
    .string()
    .optional()
    .describe(
      'Only what came after the event of this id: every change, also those before a restart; reports as far as they are remembered. Where more than 10,000 changes came after it the answer is 410, CHANGES_TOO_OLD: list the machines anew and go on from there. All that is remembered when there is no such event. In a stream: Last-Event-ID.',
    ),
});
export type EventQuery = z.output<typeof EventQuery>;
