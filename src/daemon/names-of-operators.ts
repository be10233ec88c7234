import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Config } from '../config/schema.js';
import { formatIpv4, UNSPECIFIED_IPV4 } from '../net/ipv4.js';
import { outerAddressesOfThisComputer } from '../net/own-addresses.js';
import { certificatesIn } from '../tls/chain.js';
import { CertificateLacksNames } from '../tls/errors.js';
import { lacking, serverNames, type ServerNames } from '../tls/server-names.js';

/** By which operators may call this server. */
export function namesOfOperators({ network, listeners }: Config): ServerNames {
  const { address, names } = listeners.admin;
  const addresses =
    address === UNSPECIFIED_IPV4
      ? [formatIpv4(network.serverAddress), ...outerAddressesOfThisComputer()]
      : [formatIpv4(address ?? network.serverAddress)];
  return serverNames(addresses, hostname(), network.domain, names);
}

/** What to warn of before a start: a certificate of theirs that says nothing of that. */
export function certificateWarnings(config: Config): readonly string[] {
  const { tls } = config.listeners.admin;
  if (!tls) return [];
  const [own] = certificatesIn(readFileSync(tls.certificate));
  const names = lacking(own, namesOfOperators(config), { addresses: [], names: [] });
  if (names.length === 0) return [];
  return [`listeners.admin.tls.certificate: ${new CertificateLacksNames(tls.certificate, names).message}`];
}
