import { BOOTREQUEST, readOption, type DhcpMessage } from '../message.js';
import { encodeOption, messageTypes, options, type OptionType } from '../options.js';
import { UNSPECIFIED_IPV4, type Ipv4 } from '../../net/ipv4.js';
import { macToBytes, type MacAddress } from '../../net/mac-address.js';

/** A client of DHCP that is only thought of. */
export interface SimulatedClient {
  readonly mac: MacAddress;
  /** Undefined for an installed system. */
  readonly vendor: 'PXEClient' | 'HTTPClient' | undefined;
  /** Option 93. */
  readonly architecture?: number | undefined;
  readonly userClass?: string | undefined;
  /** iPXE, which shows itself by its own option whatever its user class. */
  readonly isIpxe?: boolean;
  /** The address of the relay that it is behind. */
  readonly relay?: Ipv4 | undefined;
}

type FirmwareClient = Omit<SimulatedClient, 'mac' | 'relay' | 'architecture'> & {
  readonly architecture: number;
};

const BIOS = 0;
const ARM64: ReadonlySet<number> = new Set([11, 19]);
const IPXE = 'iPXE';

/** What machines say of themselves before they have loaded anything, by their firmware. */
export const firmwareClients = {
  bios: { vendor: 'PXEClient', architecture: BIOS },
  uefi: { vendor: 'PXEClient', architecture: 7 },
  'uefi-http': { vendor: 'HTTPClient', architecture: 16 },
  ipxe: { vendor: 'PXEClient', architecture: BIOS, userClass: IPXE, isIpxe: true },
  arm64: { vendor: 'PXEClient', architecture: 11 },
} as const satisfies Readonly<Record<string, FirmwareClient>>;

/** The iPXE that such a machine has loaded. */
export function ipxeOn({ mac, relay, architecture }: SimulatedClient, userClass = IPXE): SimulatedClient {
  return { mac, relay, vendor: 'PXEClient', architecture, userClass, isIpxe: true };
}

/** What iPXE says of where it runs: `${platform}` and `${buildarch}`. */
export function ipxePlatform(architecture: number): {
  readonly platform: 'pcbios' | 'efi';
  readonly arch: 'i386' | 'x86_64' | 'arm64';
} {
  if (architecture === BIOS) return { platform: 'pcbios', arch: 'i386' };
  return { platform: 'efi', arch: ARM64.has(architecture) ? 'arm64' : 'x86_64' };
}

const ETHERNET = 1;
/** What iPXE says of itself: version 1.21.1 (ipxe.org, `dhcp_features`). */
const IPXE_FEATURES = Uint8Array.of(235, 3, 1, 21, 1);

/** As the ROMs of network cards ask for it: with 66 and 67. */
const ASKED_FOR = Uint8Array.from(
  [
    options.subnetMask,
    options.routers,
    options.dnsServers,
    options.hostName,
    options.domainName,
    options.ntpServers,
    options.vendorInformation,
    options.leaseSeconds,
    options.vendorClass,
    options.tftpServerName,
    options.bootFileName,
  ].map(({ code }) => code),
);

/** The DISCOVER that such a client begins with (RFC 2131 §4.4.1). */
export function discoverOf(client: SimulatedClient): DhcpMessage {
  return messageOf(client, new OptionSet().put(options.messageType, messageTypes.discover));
}

/** The REQUEST with which it takes an OFFER (RFC 2131 §4.3.2, SELECTING). */
export function requestOf(client: SimulatedClient, offer: DhcpMessage): DhcpMessage {
  const given = new OptionSet()
    .put(options.messageType, messageTypes.request)
    .put(options.requestedAddress, offer.yiaddr)
    .put(options.serverIdentifier, readOption(offer, options.serverIdentifier) ?? offer.siaddr);
  return messageOf(client, given);
}

function messageOf(client: SimulatedClient, given: OptionSet): DhcpMessage {
  const { architecture, vendor, userClass, relay, mac, isIpxe } = client;
  given.put(options.parameterRequestList, ASKED_FOR);
  if (vendor !== undefined) {
    const code = String(architecture ?? 0).padStart(5, '0');
    given.put(options.vendorClass, `${vendor}:Arch:${code}:UNDI:003016`);
    given.put(options.clientArchitectures, [architecture ?? 0]);
  }
  if (userClass !== undefined) given.put(options.userClass, Buffer.from(userClass, 'latin1'));
  if (isIpxe) given.put(options.ipxe, IPXE_FEATURES);
  return {
    op: BOOTREQUEST,
    htype: ETHERNET,
    hops: relay === undefined ? 0 : 1,
    xid: 0,
    secs: 0,
    flags: 0,
    ciaddr: UNSPECIFIED_IPV4,
    yiaddr: UNSPECIFIED_IPV4,
    siaddr: UNSPECIFIED_IPV4,
    giaddr: relay ?? UNSPECIFIED_IPV4,
    chaddr: macToBytes(mac),
    sname: '',
    file: '',
    options: given.values,
    relay: undefined,
    odd: [],
  };
}

/** Values without the option's code and length, as a decoded message holds them. */
class OptionSet {
  readonly values = new Map<number, Uint8Array>();

  put<T>(type: OptionType<T>, value: T): this {
    this.values.set(type.code, encodeOption(type, value).subarray(2));
    return this;
  }
}
