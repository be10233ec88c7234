import { firstKnown, type BootClient } from '../../boot/classify-client.js';
import { fitsPattern } from '../../net/fits-pattern.js';
import { broadcastAddress, netmask, type Ipv4, type Subnet } from '../../net/ipv4.js';
import type { MacAddress } from '../../net/mac-address.js';
import { readOption, type DhcpMessage } from '../message.js';
import { encodeOption, encodeRawOption, options } from '../options.js';
import type { DhcpSubnet, OptionCondition } from './settings.js';

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
  /** Set where there are options with a condition: `networkFor` makes of them what one client gets. */
  readonly conditional?: Conditional;
  /** Options 60 and 43 that this client gets by their condition. 60 is not among `options`. */
  readonly vendor?: { readonly class: Uint8Array | undefined; readonly information: Uint8Array | undefined };
}

interface Conditional {
  /** What everyone gets, by code. */
  readonly blocks: ReadonlyMap<number, Uint8Array>;
  readonly options: readonly {
    readonly code: number;
    readonly block: Uint8Array;
    readonly when: OptionCondition;
  }[];
}

const ESSENTIAL: readonly number[] = [options.subnetMask.code, options.routers.code];
const APART: ReadonlySet<number> = new Set([...ESSENTIAL, options.vendorClass.code]);

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
    ...extra.flatMap(({ code, value, when }) =>
      when ? [] : [[code, encodeRawOption(code, value)] as const],
    ),
  ]);
  const conditional = extra.flatMap(({ code, value, when }) =>
    when ? [{ code, block: encodeRawOption(code, value), when }] : [],
  );
  return {
    subnet: settings.subnet,
    leaseSeconds: settings.leaseSeconds,
    ...joined(blocks),
    times: leaseTimes(settings.leaseSeconds),
    ...(conditional.length > 0 && { conditional: { blocks, options: conditional } }),
  };
}

/** With the options whose condition this client meets, each in place of what all get. The network itself where there are none. */
export function networkFor(network: DhcpNetwork, asker: OptionAsker): DhcpNetwork {
  const { conditional } = network;
  if (conditional === undefined) return network;
  const met = conditional.options.filter(({ when }) => holdsFor(when, asker));
  if (met.length === 0) return network;
  const own = new Map(met.map(({ code, block }) => [code, block]));
  return {
    ...network,
    ...joined(new Map([...conditional.blocks, ...own])),
    vendor: {
      class: own.get(options.vendorClass.code),
      information: own.get(options.vendorInformation.code),
    },
  };
}

function joined(blocks: ReadonlyMap<number, Uint8Array>): Pick<DhcpNetwork, 'essentials' | 'options'> {
  return {
    essentials: Buffer.concat(ESSENTIAL.flatMap((code) => blocks.get(code) ?? [])),
    options: Buffer.concat([...blocks].flatMap(([code, block]) => (APART.has(code) ? [] : [block]))),
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

/** What a condition looks at. */
export interface OptionAsker {
  readonly request: DhcpMessage;
  readonly client: BootClient;
  readonly mac: MacAddress | undefined;
}

export function holdsFor(when: OptionCondition, { request, client, mac }: OptionAsker): boolean {
  const { vendorClass, architecture, macPrefix } = when;
  if (macPrefix !== undefined && !macPrefix.some((prefix) => mac?.startsWith(prefix) === true)) return false;
  if (vendorClass !== undefined) {
    const pattern = /[*?]/.test(vendorClass) ? vendorClass : `${vendorClass}*`;
    if (!fitsPattern(readOption(request, options.vendorClass) ?? '', pattern)) return false;
  }
  if (architecture === undefined) return true;
  // U-Boot under a class of its own says it too.
  const codes =
    client.kind === 'plain' ? (readOption(request, options.clientArchitectures) ?? []) : client.codes;
  return typeof architecture === 'number'
    ? codes.includes(architecture)
    : firstKnown(codes)?.architecture === architecture;
}
