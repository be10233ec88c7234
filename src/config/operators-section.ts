import { z } from 'zod';
import { operatorRoles } from '../api/role.js';
import { secretSource } from './power-section.js';

const role = z.enum(operatorRoles).describe('What they may.');

/** Of a name, a claim or its value: one line of what can be read. */
const word = z
  .string()
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u, 'is not one line of up to 256 characters that can be read');

const pem = z.string().min(1);

const certificates = z
  .strictObject({
    ca: pem.describe(
      'A file in PEM: the CA whose certificates prove who asks, and of nobody else’s. A replaced file holds from the next connection on, and for those that are open.',
    ),
    crl: pem
      .optional()
      .describe(
        'A file in PEM: what that CA has revoked. Once it is out of date (`nextUpdate`) no certificate proves anything. It is taken up as `ca` is.',
      ),
    roles: z
      .array(
        z.strictObject({
          commonName: word.describe('A pattern: `*` is any text, `?` one character, in either case.'),
          role,
        }),
      )
      .min(1)
      .max(256)
      .describe('Of the common name; the first that fits. One that none fits is refused.'),
  })
  .describe('Certificates of operators, shown over TLS. The common name is the author of what they change.');

const oidc = z
  .strictObject({
    issuer: z
      .url()
      .refine(
        isIssuer,
        'is no issuer: write it as the provider does, https://… without ? and # (http:// only for one on this server)',
      )
      .describe('The provider, by its own name: `<issuer>/.well-known/openid-configuration` tells the rest.'),
    clientId: word.describe('As the provider knows imago.'),
    clientSecret: secretSource
      .optional()
      .describe('Where the client’s secret stands: never here. Without it imago is a public client.'),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/, 'is not a scope, as in profile'))
      .max(32)
      .refine((scopes) => scopes.includes('openid'), 'has to have openid among it')
      .default(['openid', 'profile', 'email'])
      .describe('What is asked for.'),
    name: word
      .optional()
      .describe(
        'The claim that names an operator: nobody else may be able to take that name at the provider. Without it `preferred_username`, or else `email`, where the provider has not called it unverified.',
      ),
    roles: z
      .array(
        z.strictObject({
          claim: word.describe(
            'A claim of the ID token, as in groups; dots lead into it, as in realm_access.roles.',
          ),
          value: word.describe('That text, or one of those in the list that it is.'),
          role,
        }),
      )
      .min(1)
      .max(256)
      .describe('The first that fits. Who has none of them is refused.'),
  })
  .describe(
    'Logins by OpenID Connect: `https://…/login/oidc` in a browser (register `https://<name of this server>:4443/login/oidc/callback` at the provider), `imagoctl login --oidc` in a terminal.',
  );

export const operatorsSection = z
  .strictObject({
    certificates: certificates.optional(),
    oidc: oidc.optional(),
    sessionHours: z
      .number()
      .min(0.1)
      .max(24 * 31)
      .default(12)
      .describe(
        'How long a login in a browser holds, and a token that `imagoctl login --oidc` brings; never longer than what opened it.',
      ),
  })
  .describe('How operators prove who they are, beside tokens. See docs/security.md.');

export type OperatorsConfig = z.output<typeof operatorsSection>;
export type OidcConfig = NonNullable<OperatorsConfig['oidc']>;
export type CertificateRule = NonNullable<OperatorsConfig['certificates']>['roles'][number];
export type ClaimRule = OidcConfig['roles'][number];

/** What the provider says is as trustworthy as the way to it: only this server itself is reached without TLS. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash, username, password } = new URL(text);
  if (search + hash + username + password !== '' || /[?#]/.test(text)) return false;
  return (
    protocol === 'https:' ||
    (protocol === 'http:' && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname))
  );
}
