import { isIP } from 'node:net';
import { ImagoError, InvalidValue } from '../errors.js';
import { tryParseIpv4 } from '../net/ipv4.js';
import { subnetContains, type Subnet } from '../net/subnet.js';

declare const bmcAddress: unique symbol;

/** An IPv4 or IPv6 address or a host name, fit for a program’s argument and a URL. */
export type BmcAddress = string & { readonly [bmcAddress]: true };

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** @throws InvalidValue */
export function parseBmcAddress(text: string): BmcAddress {
  const address = text.trim();
  // 0.0.0.0 is what a BMC without an address reports.
  const isUsable = address !== '0.0.0.0' && (isIP(address) !== 0 || isHostName(address));
  if (isUsable) return address as BmcAddress;
  throw new InvalidValue('the address of a BMC', text, 'write an IP address or a host name');
}

/** All digits and dots is a mistyped address, never a name. */
function isHostName(text: string): boolean {
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text);
}

export class BmcAddressForbidden extends ImagoError {
  readonly code = 'BMC_ADDRESS_FORBIDDEN';

  constructor(address: string) {
    super(
      `the machine reported ${address} as its BMC, which is outside power.networks: add the network there, or give the address in power.hosts`,
      { address },
    );
  }
}

/**
 * Credentials go only where operators want them: an address that a machine reported must lie in one of these networks. Without
 * networks any address is allowed.
 * @throws BmcAddressForbidden
 */
export function assertAllowed(address: BmcAddress, networks: readonly Subnet[]): void {
  if (networks.length === 0) return;
  const ipv4 = tryParseIpv4(address);
  const isAllowed = ipv4 !== undefined && networks.some((network) => subnetContains(network, ipv4));
  if (!isAllowed) throw new BmcAddressForbidden(address);
}
