import { z } from 'zod';
import { identitySources } from '../host/identity-rule.js';

const pattern = z.string().min(1).max(128);

export const machinesSection = z
  .strictObject({
    identity: z
      .array(
        z
          .strictObject({
            serial: pattern
              .optional()
              .describe('Its serial, as in MXQ*: `*` stands for any text, `?` for one character.'),
            manufacturer: pattern.optional().describe('Its manufacturer, likewise.'),
            product: pattern.optional().describe('Its product, likewise.'),
            by: z
              .enum(identitySources)
              .describe(
                'What names it: its UUID; the network card it boots by; the serial of its board; or the serial of its chassis and its place there.',
              ),
          })
          .refine(
            ({ serial, manufacturer, product }) => (serial ?? manufacturer ?? product) !== undefined,
            'fits every machine: say which are meant, with serial, manufacturer or product',
          ),
      )
      .default([])
      .describe(
        'Machines that share a serial, and what names them instead; the first rule that fits counts.',
      ),
    changes: budget(20, 6).describe(
      'How many changes a host’s machine may cause by what it reports and asks: each is a commit. One client, for all hosts, ten times that.',
    ),
    reports: budget(60, 30).describe(
      'How many reports of progress are taken of a host’s installer. Of one client, for all hosts, ten times that.',
    ),
  })
  .describe('How machines are told apart, and how much they may say.');

function budget(burst: number, perMinute: number) {
  return z
    .strictObject({
      burst: z.int().min(5).default(burst).describe('At once.'),
      perMinute: z.int().min(1).default(perMinute).describe('After that, within a minute.'),
    })
    .prefault({});
}

export type MachineSettings = z.output<typeof machinesSection>;
