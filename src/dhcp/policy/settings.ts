import type { AddressRange, Ipv4, Subnet } from '../../net/ipv4.js';
import type { IdentifyBy } from '../lease.js';
import type { MacAddress } from '../../net/mac-address.js';
import type { Architecture } from '../../host/platform.js';
import type { BootSettings, Loader, LoaderTable } from '../../boot/boot-file.js';

/** Which clients an option is for: all that is given must hold. */
export interface OptionCondition {
  /** Of option 60: what it begins with or, with `*` or `?` in it, a pattern of the whole. */
  readonly vendorClass?: string | undefined;
  /** Or a number of option 93. */
  readonly architecture?: Architecture | number | undefined;
  /** In lower case with colons, of any number of whole bytes. */
  readonly macPrefix?: readonly string[] | undefined;
}

/** A further option of a network: its number and its value as it goes on the wire. */
export interface ExtraOption {
  readonly code: number;
  readonly value: Uint8Array;
  /** Without it for all. */
  readonly when?: OptionCondition | undefined;
}

/** One network that clients are on: the server's own, or one behind a relay. */
export interface DhcpSubnet {
  readonly subnet: Subnet;
  /** Addresses for anyone; without it only those with a fixed address are served. */
  readonly pool?: AddressRange;
  /** Of a lease whose client does not ask for less; nobody gets more. */
  readonly leaseSeconds: number;
  readonly routers: readonly Ipv4[];
  readonly dnsServers: readonly Ipv4[];
  readonly ntpServers: readonly Ipv4[];
  readonly domain?: string;
  readonly extraOptions?: readonly ExtraOption[];
}

/** An address, a name or a boot file for one client, by MAC or by client identifier (option 61, whole, in hex). */
export interface Reservation {
  readonly mac?: MacAddress | undefined;
  readonly clientId?: string | undefined;
  readonly address?: Ipv4 | undefined;
  readonly hostname?: string | undefined;
  readonly loader?: Loader | undefined;
}

export interface DhcpSettings {
  readonly mode: 'server' | 'proxy';
  readonly serverAddress: Ipv4;
  /** Whether a client that is not known at all is told that its address is wrong. */
  readonly authoritative: boolean;
  /** Not overlapping. */
  readonly subnets: readonly DhcpSubnet[];
  /** The fixed addresses of hosts, never given to others. */
  readonly hostRange?: AddressRange;
  /** Whether a known host gets its fixed address by DHCP; else only where the pool is exhausted. */
  readonly leaseFixedAddresses: boolean;
  readonly reservations: readonly Reservation[];
  /** Nobody else is answered; undefined for no such list. */
  readonly allow?: readonly MacAddress[];
  readonly deny: readonly MacAddress[];
  readonly identifyBy: IdentifyBy;
  /** How long an offered address is held for its client. */
  readonly offerSeconds: number;
  /** How long an address is left alone after a client found it in use. */
  readonly declineSeconds: number;
  /** Whether an address that another client had is pinged before it is offered again. */
  readonly probe: boolean;
  /** In server mode: whether iPXE is told that there is no IPv6 router, which it would wait for. */
  readonly routerAdvertisement: boolean;
  /** The most live leases behind one port of a relay (option 82); 0 for any number. */
  readonly leasesPerRelayPort: number;
  readonly boot: BootSettings;
}

/** What is known of a machine beyond its packets. */
export interface KnownHost {
  /** Its fixed address, kept for its life. */
  readonly address?: Ipv4;
  readonly hostname?: string;
  /** Loaders over those of the settings: of its profile, its own; later ones win. */
  readonly loaders?: readonly LoaderTable[];
}

export interface KnownHosts {
  byMac(mac: MacAddress): KnownHost | undefined;
}
