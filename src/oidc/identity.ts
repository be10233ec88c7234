import type { OperatorRole } from '../api/role.js';
import { NotAuthenticated } from '../access/errors.js';
import { provenName } from '../access/proven-name.js';
import type { ClaimRule, OidcConfig } from '../config/operators-section.js';
import { showValue } from '../errors.js';

/** What a provider has vouched for. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who has logged in. */
export interface Identity {
  readonly name: string;
  readonly role: OperatorRole;
  readonly rule: ClaimRule;
}

/** @throws NotAuthenticated that says what is missing */
export function identityOf(
  claims: Claims,
  { name: named, roles }: Pick<OidcConfig, 'name' | 'roles'>,
): Identity {
  const [claim, value] = nameIn(claims, named);
  const name = provenName(value);
  if (name === undefined)
    throw refused(`${claim} is ${showValue(value)}, which is no name that an operator can have`);
  const rule = roles.find((each) => isIn(valueOf(claims, each.claim), each.value));
  if (!rule) throw refused(`no rule of operators.oidc.roles gives ${name} a role`, name);
  return { name, role: rule.role, rule };
}

/** The claim, and what it says. */
function nameIn(claims: Claims, named: string | undefined): readonly [string, string] {
  const candidates = named === undefined ? ['preferred_username', 'email'] : [named];
  for (const claim of candidates) {
    const value = valueOf(claims, claim);
    if (typeof value !== 'string' || value === '') continue;
    if (claim === 'email' && claims['email_verified'] === false)
      throw refused(`the provider has not verified ${showValue(value)}, the address of who logs in`);
    return [claim, value];
  }
  throw refused(
    `the provider does not say ${candidates.join(' or ')} of who logs in: see operators.oidc.name and scopes`,
  );
}

/** Of the claim of that name; or of what dots lead to, as in `realm_access.roles`. */
function valueOf(claims: Claims, claim: string): unknown {
  if (Object.hasOwn(claims, claim)) return claims[claim];
  return claim
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (Reflect.get(value, key) as unknown)
          : undefined,
      claims,
    );
}

function isIn(value: unknown, wanted: string): boolean {
  return value === wanted || (Array.isArray(value) && value.includes(wanted));
}

function refused(reason: string, who?: string): NotAuthenticated {
  return new NotAuthenticated(`nobody is logged in: ${reason}`, { why: 'wrong-login', who });
}
