import { z } from 'zod';
import { plainName, serial } from './values.js';

/** Secrets that templates write into what one machine fetches. Their values stand elsewhere; here only where. */

const absolutePath = z.string().regex(/^\/[^\0]+$/, 'is not an absolute path: begin it with /');
const timeoutSeconds = z.int().min(1).max(120);

const sources = {
  file: absolutePath
    .optional()
    .describe('Only its owner, or its group too, may read it (mode 0600 or 0640).'),
  credential: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
      'is not the name of a credential: use letters, digits, dots, hyphens and underscores',
    )
    .optional()
    .describe('A credential that systemd passes: LoadCredential= of the unit.'),
  age: z
    .strictObject({
      file: absolutePath.describe('Encrypted by `age`, armored or not.'),
      identity: absolutePath.describe('The file of `age-keygen`, for the owner only (mode 0600 or 0640).'),
    })
    .optional()
    .describe('A file that is encrypted with age.'),
  sops: z
    .strictObject({
      file: absolutePath.describe('Encrypted by `sops`.'),
      key: z
        .string()
        .regex(
          /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/,
          'is not the way to a value: write the keys with dots between them, as in database.password',
        )
        .optional()
        .describe('The value in it, as in `database.password`; the whole file unless given.'),
      identity: absolutePath
        .optional()
        .describe(
          'The age key that it is decrypted with; otherwise as the environment of the daemon tells sops.',
        ),
    })
    .optional()
    .describe('A file that is encrypted with sops. Needs the program `sops`.'),
  program: z
    .array(z.string().regex(/^[^\0]*$/, 'holds a NUL character'))
    .min(1)
    .refine(
      ([program]) => program?.startsWith('/'),
      'must begin with an absolute path, as in [/usr/local/bin/mint]',
    )
    .optional()
    .describe(
      'A program that prints the value for one machine, and its arguments; no shell. In its environment: IMAGO_SECRET, IMAGO_SERIAL, IMAGO_PROFILE, IMAGO_HOSTNAME, IMAGO_ADDRESS.',
    ),
};

export const secretSources = Object.keys(sources) as readonly SecretKind[];
export type SecretKind = keyof typeof sources;

const namedSecret = z
  .strictObject({
    ...sources,
    encoding: z
      .enum(['text', 'base64'])
      .default('text')
      .describe('base64: templates get the bytes so, whatever they are. text: they are UTF-8.'),
    profiles: z
      .array(plainName)
      .optional()
      .describe('Only machines of these, and those in `hosts`. All machines where neither is given.'),
    hosts: z.array(serial).optional().describe('Only these machines, and those of `profiles`.'),
    everyBoot: z
      .boolean()
      .default(false)
      .describe('A diskless machine that runs gets it at each boot, not only within the window.'),
    timeoutSeconds: timeoutSeconds.default(20).describe('Of `program` and `sops`: then it is ended.'),
  })
  .superRefine((secret, context) => {
    const given = secretSources.filter((kind) => secret[kind] !== undefined);
    if (given.length === 1) return;
    context.addIssue({
      code: 'custom',
      message:
        given.length === 0
          ? `says not where it stands: give one of ${secretSources.join(', ')}`
          : `stands in ${given.join(' and ')}: give one of them only`,
    });
  });

export const secretsSection = z
  .strictObject({
    windowHours: z
      .number()
      .positive()
      .max(24 * 365)
      .default(6)
      .describe('Machines are given secrets for so long after they became configured.'),
    programsAtOnce: z
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe('How many of the programs that mint or decrypt run at the same time.'),
    named: z
      .record(plainName, namedSecret)
      .default({})
      .describe("By name, as templates call them: secret('NAME')."),
  })
  .describe('Secrets for one machine only. See docs/secrets.md.');

export type SecretsConfig = z.output<typeof secretsSection>;
export type NamedSecret = SecretsConfig['named'][string];
