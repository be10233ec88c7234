import { X509Certificate } from 'node:crypto';

const SERVERS = '1.3.6.1.5.5.7.3.1';
const ANY = '2.5.29.37.0';
const END = '-----END CERTIFICATE-----';

type Chain = readonly [X509Certificate, ...X509Certificate[]];

/** Those of a file, of which the first is its owner's. @throws what OpenSSL says of the text; of one without any, that it has none */
export function certificatesIn(pem: Buffer | string): Chain {
  const parts = String(pem).split(END).slice(0, -1);
  const [first, ...others] = parts.map((part) => new X509Certificate(part + END));
  if (!first) throw new TypeError('it holds no certificate as PEM');
  return [first, ...others];
}

/** Whether clients take it for a server's (RFC 5280 §4.2.1.12): one that says nothing is for all. */
export function isForServers([own]: Chain): boolean {
  // Node calls so what the extended key usage has; it is undefined of a certificate that has none.
  const purposes = own.keyUsage as readonly string[] | undefined;
  return purposes === undefined || purposes.some((purpose) => purpose === SERVERS || purpose === ANY);
}

/**
 * What a server has to be given to show no more than its file holds. OpenSSL adds, to a certificate that stands alone, those that
 * signed it out of the CAs of callers; Node has no switch for that. Its own once more is a chain, and clients pass over it.
 */
export function ownChain(pem: Buffer, [own, ...others]: Chain, callers: Buffer | undefined): Buffer | string {
  if (others.length > 0 || callers === undefined || own.checkIssued(own)) return pem;
  const isAdded = certificatesIn(callers).some((ca) => own.checkIssued(ca));
  return isAdded ? `${String(own)}${String(own)}` : pem;
}

/** By which a client that trusts nobody yet holds on to who shows that chain, as `imagoctl login` does: its CA if it is there, else its own. */
export function heldOnTo(chain: Chain): X509Certificate {
  const last = chain.at(-1) ?? chain[0];
  return last.ca && last.checkIssued(last) ? last : chain[0];
}
