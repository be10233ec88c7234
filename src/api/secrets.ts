import { z } from 'zod';

/** A secret that templates can ask for, without its value. */
export const NamedSecret = z.object({
  name: z.string(),
  kind: z.enum(['file', 'credential', 'age', 'sops', 'program']).describe('Where its value comes from.'),
  fingerprint: z
    .string()
    .optional()
    .describe(
      'The same for the same value, and of use to nobody who wants to know it; left out where each machine has a value of its own, or none can be had.',
    ),
  fault: z.string().optional().describe('Why its value cannot be had.'),
  profiles: z
    .array(z.string())
    .optional()
    .describe('Whose machines may have it; with hosts left out too, all.'),
  hosts: z.array(z.string()).optional(),
  lastHandedOut: z
    .object({
      serial: z.string(),
      document: z.string().describe('What it was part of: first-stage, installer, ignition or cloud-config.'),
      time: z.iso.datetime(),
    })
    .optional(),
});
export type NamedSecret = z.output<typeof NamedSecret>;

/** `GET /api/v1/secrets` */
export const SecretList = z.object({ secrets: z.array(NamedSecret) });
export type SecretList = z.output<typeof SecretList>;
