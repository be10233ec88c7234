import { z } from 'zod';
import { identitySources } from '../host/identity-rule.js';

/** What is done with who cannot prove to be the machine in whose name he asks: nothing, it is noted, or he is refused. */
const proofRules = ['off', 'log', 'required'] as const;
export type ProofRule = (typeof proofRules)[number];

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
    proof: z
      .enum(proofRules)
      .optional()
      .describe(
        'Whether a machine has to prove which one it is before it gets what is a host’s or changes it: by the capability in the URLs of its boot script, or by the network card at its address. `log` notes who cannot and lets him pass. `required` where `dhcp.mode` is `server` and leases are, see `newHosts.requireLease`; else `log`.',
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

/** What the configuration says of `machines.proof`, or what is right where it says nothing. */
export function proofRule(setting: ProofRule | undefined, areLeasesRequired: boolean): ProofRule {
  return setting ?? (areLeasesRequired ? 'required' : 'log');
}

export type MachineSettings = z.output<typeof machinesSection>;
