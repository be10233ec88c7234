import { encodeOption, encodeRawOption, options } from '../dhcp/options.js';
import type { Ipv4 } from '../net/ipv4.js';
import { broadcastAddress, netmask, type Subnet } from '../net/subnet.js';
import type { DhcpSubnet } from './dhcp-settings.js';

/** A network of the settings with its options encoded once. */
export interface DhcpNetwork {
  readonly subnet: Subnet;
  readonly leaseSeconds: number;
  /** Mask and routers. */
  readonly essentials: Uint8Array;
  /** Name servers and so on, the most important first. */
  readonly options: Uint8Array;
  /** Options 51, 58 and 59 for `leaseSeconds`. */
  readonly times: Uint8Array;
}

const ESSENTIAL: readonly number[] = [options.subnetMask.code, options.routers.code];

export function compileNetwork(settings: DhcpSubnet): DhcpNetwork {
  const extra = settings.extraOptions ?? [];
  const blocks = new Map<number, Uint8Array>([
    [options.subnetMask.code, encodeOption(options.subnetMask, netmask(settings.subnet))],
    ...list(options.routers, settings.routers),
    ...list(options.dnsServers, settings.dnsServers),
    ...(settings.domain === undefined
      ? []
      : [[options.domainName.code, encodeOption(options.domainName, settings.domain)] as const]),
    [
      options.broadcastAddress.code,
      encodeOption(options.broadcastAddress, broadcastAddress(settings.subnet)),
    ],
    ...list(options.ntpServers, settings.ntpServers),
    ...extra.map(({ code, value }) => [code, encodeRawOption(code, value)] as const),
  ]);
  return {
    subnet: settings.subnet,
    leaseSeconds: settings.leaseSeconds,
    essentials: Buffer.concat(ESSENTIAL.flatMap((code) => blocks.get(code) ?? [])),
    options: Buffer.concat([...blocks].flatMap(([code, block]) => (ESSENTIAL.includes(code) ? [] : [block]))),
    times: leaseTimes(settings.leaseSeconds),
  };
}

/** Options 51, 58 and 59: T1 at a half, T2 at seven eighths (RFC 2131 §4.4.5). */
export function leaseTimes(seconds: number): Uint8Array {
  return Buffer.concat([
    encodeOption(options.leaseSeconds, seconds),
    encodeOption(options.renewalSeconds, Math.floor(seconds / 2)),
    encodeOption(options.rebindingSeconds, Math.floor((seconds * 7) / 8)),
  ]);
}

type AddressList = typeof options.routers;

function list(type: AddressList, addresses: readonly Ipv4[]): readonly (readonly [number, Uint8Array])[] {
  return addresses.length === 0 ? [] : [[type.code, encodeOption(type, addresses)]];
}
