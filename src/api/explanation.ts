import { z } from 'zod';
import { Firmware, firmwareMeaning } from './firmware.js';
import { machineWords } from './machine-words.js';
import { State } from './schemas.js';

/** What a machine boots, in a word. */
export const PlanKind = z
  .enum(['kernel', 'script', 'own-disk', 'network-disk', 'wait'])
  .describe('Of the step that says what it boots: of what kind that is.');

/** What firmware the machine is thought to have, and what it says of itself. */
export const ExplainQuery = z.strictObject({
  firmware: Firmware.default('bios').describe(firmwareMeaning),
  ...machineWords,
});
export type ExplainQuery = z.output<typeof ExplainQuery>;

/** What a profile says to a machine. */
export const WeighedProfile = z.object({
  name: z.string(),
  verdict: z
    .enum(['takes', 'full', 'fails', 'unknown', 'later'])
    .describe(
      'takes: a new machine like this gets it. full: others have it. fails: it is for other machines. unknown: that hangs on what this one has not said. later: it would take it if none before did.',
    ),
  hosts: z.int().describe('Other hosts that have it.'),
  quantity: z.int().optional(),
  conditions: z.array(
    z.object({
      field: z.string().describe('As in the configuration, in profiles[].match.'),
      wanted: z.string(),
      found: z.string().optional().describe('Left out where the machine has not said it.'),
      verdict: z.enum(['holds', 'fails', 'unknown']),
    }),
  ),
});
export type WeighedProfile = z.output<typeof WeighedProfile>;

/** `GET /api/v1/explain/{name}`, by serial or MAC address: what the machine would get if it booted now, and why. Nothing is recorded by it. */
export const Explanation = z.object({
  name: z.string(),
  serial: z.string().optional().describe('Of its host, if it is one.'),
  state: State.optional(),
  steps: z.array(
    z.object({
      step: z
        .string()
        .describe('identity, cards, place, dhcp, loader, source, script, image or configuration.'),
      answer: z.string().describe('What it gets.'),
      rule: z.string().describe('Why.'),
      plan: PlanKind.optional(),
    }),
  ),
  profiles: z
    .array(WeighedProfile)
    .optional()
    .describe(
      'What each profile says to the machine as it is known now, in the order in which they are asked. Left out where another source decides, or where it is known by its card alone.',
    ),
});
export type Explanation = z.output<typeof Explanation>;
