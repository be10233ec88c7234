import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { CertificateRule } from '../config/operators-section.js';
import { showValue } from '../errors.js';
import { fitsPattern } from '../net/fits-pattern.js';
import { NotAuthenticated } from './errors.js';
import type { Asking, OperatorProof, Proven } from './operator-proof.js';
import { provenName } from './proven-name.js';

/** Of a timer of Node's. Streams that are open for longer begin anew. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** A certificate of the CA in `operators.certificates`: its common name is the operator's, and a rule gives his role. */
export class CertificateProof implements OperatorProof {
  #rules: readonly CertificateRule[] | undefined;
  #over = endless();

  /** @param rules As they stand now; undefined where no certificate proves anything. */
  constructor(
    private readonly rules: () => readonly CertificateRule[] | undefined,
    private readonly clock: () => Date,
  ) {
    this.#rules = rules();
  }

  /** Where the rules have become others, what is watched by certificates ends: who is still let in begins anew. */
  follow(): void {
    const next = this.rules();
    if (isDeepStrictEqual(next, this.#rules)) return;
    this.#rules = next;
    this.#over.abort();
    this.#over = endless();
  }

  /** @throws NotAuthenticated */
  proven({ certificate }: Pick<Asking, 'certificate'>): Proven | undefined {
    const rules = this.rules();
    if (!certificate || !rules) return undefined;
    const { commonName, validTo, fault } = certificate;
    if (fault !== undefined) throw refused(faults[fault] ?? `is not in order (${fault})`);
    // A connection outlives it, and so does a session of TLS that is taken up again.
    const left = validTo.getTime() - this.clock().getTime();
    if (left <= 0) throw refused('has expired');
    if (commonName === undefined) throw refused('has no common name, or several');
    const name = provenName(commonName);
    if (name === undefined)
      throw refused(`has a common name, ${showValue(commonName)}, that no operator can have`);
    const rule = rules.find((each) => fitsPattern(name, each.commonName));
    if (!rule)
      throw refused(
        `has a common name, ${showValue(name)}, that no rule of operators.certificates fits`,
        name,
        'ask an admin for a rule in operators.certificates.roles, or log in with a token: imagoctl login',
      );
    const over = () =>
      AbortSignal.any([this.#over.signal, AbortSignal.timeout(Math.min(left, LONGEST_WAIT_MS))]);
    return { name, role: rule.role, by: 'certificate', expires: validTo, over };
  }
}

/** Each stream that somebody watches listens to it. */
function endless(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

function refused(why: string, who?: string, remedy?: string): NotAuthenticated {
  return new NotAuthenticated(`the client certificate ${why}`, { why: 'wrong-certificate', who, remedy });
}

const ofAnotherCa = 'is not of the CA in operators.certificates.ca';

/** By the names of OpenSSL. */
const faults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'does not hold yet: see that the clocks agree',
  CERT_REVOKED: 'was revoked',
  CRL_HAS_EXPIRED: 'may have been revoked: the list in operators.certificates.crl is out of date',
  UNABLE_TO_GET_CRL: 'may have been revoked: operators.certificates.crl has no list of its CA',
  INVALID_PURPOSE: 'is not for clients (extendedKeyUsage)',
  UNABLE_TO_GET_ISSUER_CERT: ofAnotherCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ofAnotherCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ofAnotherCa,
  DEPTH_ZERO_SELF_SIGNED_CERT: ofAnotherCa,
  SELF_SIGNED_CERT_IN_CHAIN: ofAnotherCa,
};
