import type { X509Certificate } from 'node:crypto';
import { shorten } from '../errors.js';
import { tryParseIpv4 } from '../net/ipv4.js';

/** By what a server is called, as its certificate has it (RFC 5280 §4.2.1.6): no name twice, in order of the alphabet. */
export interface ServerNames {
  readonly addresses: readonly string[];
  /** In lower case. */
  readonly names: readonly string[];
}

/** A server has at most so many of each; the first hold. */
const MOST = 100;
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*$/;

/**
 * What operators may call this server.
 * @param addresses of IPv4, where it is listened at.
 * @param hostname The system's; one that is no name of DNS is left out.
 */
export function serverNames(
  addresses: readonly string[],
  hostname: string,
  domain: string | undefined,
  further: readonly string[],
): ServerNames {
  const own = hostname.toLowerCase();
  const names = ['localhost', own, ...(domain === undefined ? [] : [`${own}.${domain}`]), ...further];
  return {
    addresses: sorted(['127.0.0.1', ...addresses.filter((address) => tryParseIpv4(address) !== undefined)]),
    names: sorted(names.map((name) => name.toLowerCase()).filter((name) => DNS_NAME.test(name))),
  };
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].slice(0, MOST).sort();
}

/** Whether a certificate of those names still does. An address that is gone may come back: it stays until there is another reason. */
export function covers(held: ServerNames, wanted: ServerNames): boolean {
  const [addresses, names] = [new Set(held.addresses), new Set(held.names)];
  return (
    wanted.addresses.every((address) => addresses.has(address)) &&
    wanted.names.length === names.size &&
    wanted.names.every((name) => names.has(name))
  );
}

/**
 * Out of a certificate as Node tells it, as in `DNS:localhost, IP Address:127.0.0.1`.
 * @param subjectAltName undefined where it has none
 */
export function namesIn(subjectAltName: string | undefined): ServerNames {
  const entries = (subjectAltName ?? '').split(', ');
  const after = (prefix: string) =>
    entries.filter((entry) => entry.startsWith(prefix)).map((entry) => entry.slice(prefix.length));
  return { addresses: after('IP Address:').sort(), names: after('DNS:').sort() };
}

/**
 * What clients called a server by, and its certificate does not say now, as in `IP Address:10.0.0.1`. One is enough of the names that a
 * server goes by: a certificate of names need not have its addresses.
 * @param before what the one had that it follows
 */
export function lacking(
  certificate: X509Certificate,
  goesBy: ServerNames,
  before: ServerNames,
): readonly string[] {
  const of = ({ addresses, names }: ServerNames) => [
    ...addresses
      .filter((address) => certificate.checkIP(address) === undefined)
      .map((address) => `IP Address:${address}`),
    ...names
      .filter((name) => certificate.checkHost(name, { subject: 'never' }) === undefined)
      .map((name) => `DNS:${name}`),
  ];
  const fromAfar = {
    addresses: goesBy.addresses.filter((address) => address !== '127.0.0.1'),
    names: goesBy.names.filter((name) => name !== 'localhost'),
  };
  const own = of(fromAfar);
  const isKnown = own.length < fromAfar.addresses.length + fromAfar.names.length;
  return sorted([...(isKnown ? [] : own), ...of(before)]);
}

/** RFC 5280, ub-common-name. */
const LONGEST_COMMON_NAME = 64;

export function commonName(text: string): string {
  return shorten(text, LONGEST_COMMON_NAME);
}
