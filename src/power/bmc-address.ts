import { isIP, SocketAddress } from 'node:net';
import { ImagoError, InvalidValue } from '../errors.js';
import { subnetContains, tryParseIpv4, type Subnet } from '../net/ipv4.js';
import { isLocalAddress, isPrivateAddress } from '../net/address-kinds.js';

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
  throw new InvalidValue(
    'the address of a BMC',
    text,
    'write an IP address or a host name, as in 10.76.0.17 or bmc-17.example.net',
  );
}

/**
 * What a machine may claim as the address of its BMC: an IP address that another machine can have on a network. Names are for
 * operators: whoever answers for one decides where credentials go.
 * @param own All of this server.
 * @throws InvalidValue
 */
export function parseReportedBmcAddress(text: string, own: readonly string[]): BmcAddress {
  const address = text.trim();
  if (isIP(address) !== 0 && !isLocalAddress(address) && !isOneOf(own, address)) return address as BmcAddress;
  throw new InvalidValue(
    'an address that a BMC can have',
    text,
    'a machine reports the IP address of its BMC; where that is no use, set power.hosts or imagoctl set SERIAL ipmiaddr',
  );
}

/** All digits and dots is a mistyped address, never a name. */
function isHostName(text: string): boolean {
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text);
}

/** Where the BMCs of machines may be whose record tells their address. */
export interface BmcNetworks {
  /** `power.networks`: if there are any, only these. */
  readonly allowed: readonly Subnet[];
  /** The networks that imago provisions. */
  readonly provisioned: readonly Subnet[];
  /** The addresses of this server. */
  readonly own: readonly string[];
}

export class BmcAddressForbidden extends ImagoError {
  readonly code = 'BMC_ADDRESS_FORBIDDEN';

  constructor(address: string, where: string) {
    super(
      `the machine's record names ${address} as its BMC, which is ${where}: add the network to power.networks, or give the address in power.hosts`,
      { address },
    );
  }
}

/**
 * Credentials go only where operators want them: the address in a machine's record, which it may have reported itself, must
 * lie in `power.networks`. With none of these it must be private, or in a network that imago provisions; a name can only
 * be an operator's.
 * @throws BmcAddressForbidden
 */
export function assertAllowed(address: BmcAddress, { allowed, provisioned, own }: BmcNetworks): void {
  const ipv4 = tryParseIpv4(address);
  if (isOneOf(own, address)) throw new BmcAddressForbidden(address, 'this server itself');
  const isIn = (networks: readonly Subnet[]) =>
    ipv4 !== undefined && networks.some((network) => subnetContains(network, ipv4));
  if (allowed.length > 0) {
    if (!isIn(allowed)) throw new BmcAddressForbidden(address, 'outside power.networks');
    return;
  }
  if (isLocalAddress(address)) {
    throw new BmcAddressForbidden(
      address,
      'no place of a BMC: loopback, a link, or where a cloud tells secrets',
    );
  }
  if (isIP(address) === 0 || isIn(provisioned) || isPrivateAddress(address)) return;
  throw new BmcAddressForbidden(
    address,
    'neither private nor in a network that imago provisions, and power.networks is not set',
  );
}

/** IPv6 has many ways to write one address. */
function isOneOf(addresses: readonly string[], address: string): boolean {
  const wanted = canonical(address);
  return addresses.some((one) => canonical(one) === wanted);
}

function canonical(address: string): string {
  const [bare = ''] = address.split('%');
  return isIP(bare) === 6 ? new SocketAddress({ address: bare, family: 'ipv6' }).address : address;
}
