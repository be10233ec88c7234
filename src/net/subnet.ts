import { InvalidValue } from '../errors.js';
import { formatIpv4, toIpv4, tryParseIpv4, type Ipv4 } from './ipv4.js';

/** An IPv4 network, as in `10.75.0.0/24`. */
export interface Subnet {
  readonly network: Ipv4;
  readonly prefixLength: number;
}

/** @throws InvalidValue for anything but a network address and a prefix length from 1 to 30. */
export function parseSubnet(text: string): Subnet {
  const [addressText = '', lengthText = '', ...rest] = text.split('/');
  const address = tryParseIpv4(addressText);
  const prefixLength = /^\d{1,2}$/.test(lengthText) ? Number(lengthText) : Number.NaN;
  if (rest.length > 0 || address === undefined || !(prefixLength >= 1 && prefixLength <= 30)) {
    throw new InvalidValue(
      'a subnet',
      text,
      'write a network and a prefix length from 1 to 30, as in 10.75.0.0/24',
    );
  }
  const network = toIpv4(address & maskOf(prefixLength));
  if (network !== address) {
    throw new InvalidValue(
      'a subnet',
      text,
      `its network address is ${formatIpv4(network)}: write ${formatIpv4(network)}/${prefixLength}`,
    );
  }
  return { network, prefixLength };
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatIpv4(subnet.network)}/${subnet.prefixLength}`;
}

export function netmask(subnet: Subnet): Ipv4 {
  return maskOf(subnet.prefixLength);
}

export function broadcastAddress(subnet: Subnet): Ipv4 {
  return toIpv4(subnet.network | ~maskOf(subnet.prefixLength));
}

export function subnetContains(subnet: Subnet, address: Ipv4): boolean {
  return toIpv4(address & maskOf(subnet.prefixLength)) === subnet.network;
}

/** Whether a host may own the address: inside, and neither the network's own nor the broadcast address. */
export function isHostAddress(subnet: Subnet, address: Ipv4): boolean {
  return (
    subnetContains(subnet, address) && address !== subnet.network && address !== broadcastAddress(subnet)
  );
}

function maskOf(prefixLength: number): Ipv4 {
  return toIpv4(0xffffffff << (32 - prefixLength));
}
