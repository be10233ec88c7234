import { z } from 'zod';
import { secretSource } from './power-section.js';
import { plainName } from './values.js';

/** When a machine counts as stuck, and who is told what happens. */

const installSeconds = z
  .int()
  .min(1)
  .max(7 * 86400)
  .describe('A machine that installs itself for longer is stuck.');

/** What can be told of a machine. */
export const hookOccasions = [
  'configured',
  'installing',
  'installed',
  'running',
  'pending',
  'created',
  'retired',
  'stuck',
  'recovered',
  'retried',
] as const;

const on = z
  .array(z.enum(hookOccasions))
  .default([...hookOccasions])
  .describe('Of what: of the state a machine came to, or of what became of it. Everything unless given.');

export const eventsSection = z
  .strictObject({
    stuck: z
      .strictObject({
        installSeconds: installSeconds.default(3600),
        profiles: z
          .record(plainName, z.strictObject({ installSeconds }))
          .default({})
          .describe('By profile, `installSeconds` of its machines.'),
        bootLoop: z
          .strictObject({
            boots: z.int().min(2).max(100).default(5).describe('So many boots from the network …'),
            seconds: z
              .int()
              .min(1)
              .max(86400)
              .default(1200)
              .describe('… within so many seconds are a loop, when its own system never reports.'),
          })
          .prefault({}),
        retry: z
          .strictObject({
            budget: z
              .int()
              .min(0)
              .max(10)
              .default(0)
              .describe(
                'How often a stuck installation is begun again by power, until the machine runs or an operator starts it over.',
              ),
            pauseSeconds: z.int().min(1).max(86400).default(60).describe('Between two of these.'),
          })
          .prefault({}),
      })
      .prefault({})
      .describe('When a machine counts as stuck. See docs/events.md.'),
    webhooks: z
      .array(
        z.strictObject({
          url: z.url({ protocol: /^https?$/, error: 'is not a URL that begins with http:// or https://' }),
          secret: secretSource.describe('Where the key stands that each call is signed with: never here.'),
          on,
          tries: z
            .int()
            .min(1)
            .max(20)
            .default(6)
            .describe('Until a call is given up; pauses grow from 1 s.'),
          timeoutSeconds: z.int().min(1).max(120).default(10).describe('For one try.'),
        }),
      )
      .default([])
      .describe('Addresses that are called when something happens to a machine.'),
    hooks: z
      .array(
        z.strictObject({
          command: z
            .array(z.string())
            .min(1)
            .refine(
              ([program]) => program?.startsWith('/'),
              'must begin with an absolute path, as in [/usr/local/bin/notify]',
            )
            .describe('A program and its arguments; no shell.'),
          on,
          timeoutSeconds: z.int().min(1).max(3600).default(60).describe('Then it is ended.'),
        }),
      )
      .default([])
      .describe('Programs that are run when something happens to a machine.'),
  })
  .describe('What is made of what happens to machines. See docs/events.md.');

export type EventsConfig = z.output<typeof eventsSection>;
export type HookOccasion = (typeof hookOccasions)[number];
