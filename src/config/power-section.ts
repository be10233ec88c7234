import { z } from 'zod';
import { bmcAddress, plainName, port, serial, subnet } from './values.js';

/** How imago reaches the machines' management controllers (BMCs). Passwords stand elsewhere; here only where. */

/**
 * What holds where neither the host, nor its profile, nor the section itself says anything. Not defaults of the schema: in a
 * profile they would hide what the section says.
 */
export const powerDefaults = {
  timeoutSeconds: 75,
  ipmi: {
    port: 623,
    cipherSuites: [17, 3],
    privilege: 'administrator',
    retrySeconds: 3,
    packetTries: 2,
  },
  redfish: {
    port: { https: 443, http: 80 },
    scheme: 'https',
    authentication: 'session',
    verify: true,
    answerSeconds: 20,
  },
} as const;

const { ipmi, redfish } = powerDefaults;

const absolutePath = z.string().regex(/^\/[^\0]+$/, 'is not an absolute path: begin it with /');

/** Where a password stands: never in the configuration itself. */
export const secretSource = z
  .union(
    [
      z.strictObject({ file: absolutePath.describe('Only its owner may read it (mode 0600).') }),
      z.strictObject({
        variable: z
          .string()
          .regex(
            /^[A-Za-z_][A-Za-z0-9_]*$/,
            'is not the name of a variable: write it as in IMAGO_BMC_PASSWORD',
          )
          .describe('An environment variable of the daemon.'),
      }),
      z.strictObject({
        credential: z
          .string()
          .regex(
            /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
            'is not the name of a credential: use letters, digits, dots, hyphens and underscores',
          )
          .describe('A credential that systemd passes: LoadCredential= of the unit.'),
      }),
    ],
    'is no place of a secret: write { file: /path }, { variable: NAME } or { credential: name }',
  )
  .describe('Where the password stands: never here.');

const fingerprint = z
  .string()
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 fingerprint: 64 hex digits, colons or not'));

const settings = {
  driver: z.enum(['ipmi', 'redfish', 'none']).describe('ipmi needs the program ipmitool.'),
  user: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, 'is not a user name: write up to 64 printable characters without blanks')
    .describe('The user of the BMC.'),
  password: secretSource,
  ipmi: z.strictObject({
    port: port.optional().describe(`UDP; ${ipmi.port} unless given.`),
    cipherSuite: z
      .int()
      .min(1)
      .max(17)
      .optional()
      .describe(
        `This one alone. ${ipmi.cipherSuites[0]} unless given, and ${ipmi.cipherSuites[1]} for a BMC that refuses ${ipmi.cipherSuites[0]} or has something weaker.`,
      ),
    retrySeconds: z
      .int()
      .min(1)
      .max(30)
      .optional()
      .describe(
        `When a packet without an answer is sent again; ${ipmi.retrySeconds} unless given. More than the BMC takes to answer.`,
      ),
    packetTries: z
      .int()
      .min(1)
      .max(10)
      .optional()
      .describe(`How often a packet is sent at most; ${ipmi.packetTries} unless given.`),
    privilege: z
      .enum(['user', 'operator', 'administrator'])
      .optional()
      .describe(`Of the session; ${ipmi.privilege} unless given.`),
  }),
  redfish: z.strictObject({
    port: port.optional().describe(`TCP; ${redfish.port.https} unless given, ${redfish.port.http} for http.`),
    scheme: z
      .enum(['https', 'http'])
      .optional()
      .describe(`${redfish.scheme} unless given; http only for tests.`),
    authentication: z
      .enum(['session', 'basic'])
      .optional()
      .describe(`${redfish.authentication} unless given.`),
    answerSeconds: z
      .int()
      .min(1)
      .max(300)
      .optional()
      .describe(`How long one answer may take to come whole; ${redfish.answerSeconds} unless given.`),
    system: z.string().max(128).optional().describe('The Id of the system, where a BMC has several.'),
    tls: z
      .strictObject({
        verify: z
          .boolean()
          .optional()
          .describe(`${redfish.verify} unless given. false trusts anybody: for tests.`),
        fingerprint: fingerprint
          .optional()
          .describe('SHA-256 of the BMC’s certificate; it alone decides then.'),
        caFile: absolutePath.optional().describe('PEM file of the authority that signed the certificates.'),
      })
      .optional(),
  }),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(300)
    .describe(
      `The most that one command may take; ${powerDefaults.timeoutSeconds} unless given. A dead IPMI BMC takes 14 with the settings above, a dead Redfish BMC ${redfish.answerSeconds}.`,
    ),
};

const overriding = z.strictObject(settings).partial();

export const powerSection = z
  .strictObject({
    ...overriding.shape,
    driver: settings.driver.default('none'),
    atOnce: z.int().min(1).max(256).default(8).describe('How many BMCs are spoken to at the same time.'),
    tries: z
      .int()
      .min(1)
      .max(10)
      .default(2)
      .describe('How often a command is tried that does no harm when repeated.'),
    networks: z
      .array(subnet)
      .default([])
      .describe(
        'A BMC whose address stands in a machine’s record, which the machine may have reported itself, is used only in these. Empty: at private addresses and in the networks that imago provisions.',
      ),
    profiles: z
      .record(plainName, overriding)
      .default({})
      .describe('By profile, over the above: any of driver, user, password, ipmi, redfish, timeoutSeconds.'),
    hosts: z
      .record(
        z.string(),
        overriding.extend({
          address: bmcAddress.optional().describe('Of its BMC, in place of what the machine reported.'),
        }),
      )
      .default({})
      .transform((hosts, context) => bySerial(hosts, context))
      .describe('By serial, over all: the same, and `address`.'),
  })
  .describe('How the machines’ management controllers (BMCs) are reached. See docs/power.md.');

export type PowerConfig = z.output<typeof powerSection>;

/** Serials as they are stored: what is written here may be in upper case. */
function bySerial<T>(
  hosts: Readonly<Record<string, T>>,
  context: z.core.$RefinementCtx,
): ReadonlyMap<string, T> {
  const entries = Object.entries(hosts).flatMap(([key, value]): [string, T][] => {
    const parsed = serial.safeParse(key);
    if (parsed.success) return [[parsed.data, value]];
    context.issues.push({
      code: 'custom',
      path: [key],
      message: parsed.error.issues[0]?.message ?? 'is not a serial',
      input: key,
    });
    return [];
  });
  return new Map(entries);
}
