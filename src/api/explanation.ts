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
});
export type Explanation = z.output<typeof Explanation>;
