import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import type { Hardware } from './hardware.js';
import type { HostLock } from './lock.js';
import type { HostState } from './lifecycle.js';
import type { Platform } from './platform.js';
import type { Serial } from './serial.js';

/** A network interface as the machine itself reports it. */
export interface NetworkDevice {
  readonly name: string;
  readonly mac: MacAddress;
}

/** Versions of the software a machine runs, by name (`coreos`, `etcd`, …), as it reports them with `boot_complete`. */
export type SoftwareVersions = Readonly<Partial<Record<VersionedSoftware, string>>>;
export const versionedSoftware = ['mayu', 'docker', 'etcd', 'fleet', 'rkt', 'k8s', 'yochu'] as const;
export type VersionedSoftware = (typeof versionedSoftware)[number];

/** A text, or a list or table as JSON has them. */
export type OverrideValue = string | unknown[] | Record<string, unknown>;

/** All that is known of one machine. A value: a change makes a new one, and the store records it. */
export interface Host {
  readonly serial: Serial;
  readonly state: HostState;
  /** SMBIOS system UUID in lower case. */
  readonly uuid?: string;
  /** The address it first booted from the network with. */
  readonly bootMac?: MacAddress;
  /** Network cards that it held leases by, or that an operator gave it; undefined where that was never looked at. */
  readonly cards?: readonly MacAddress[];
  /** All addresses it reported, in its own order. */
  readonly macAddresses: readonly MacAddress[];
  /** Its fixed address, kept for its life. */
  readonly internalAddress?: Ipv4;
  /** Its fixed addresses on further interfaces, by their names. */
  readonly extraAddresses?: Readonly<Record<string, Ipv4>>;
  /** The name of its profile. */
  readonly profile?: string;
  /** No operator set it, and what its installer tells may give the machine another. */
  readonly isProfileTentative?: boolean;
  /** As it told it itself, last before it was installed. */
  readonly hardware?: Hardware;
  /** `key=value` tags. */
  readonly metadata: readonly string[];
  readonly etcdClusterToken?: string;
  readonly providerId?: string;
  /** As reported or set: an address or a name. */
  readonly ipmiAddress?: string;
  readonly connectedNic?: string;
  readonly cabinet?: number;
  readonly machineOnCabinet?: number;
  readonly hostname?: string;
  readonly machineId?: string;
  /** The version of the operating system image that it is installed with. */
  readonly osVersion?: string;
  /** Its system runs from memory, and comes from the network at each boot. */
  readonly diskless?: boolean;
  /** What it was seen to boot with from the network. */
  readonly platform?: Platform;
  readonly versions: SoftwareVersions;
  /** Values for this host alone, before those of its profile. */
  readonly overrides: Readonly<Record<string, OverrideValue>>;
  readonly lastBoot?: Date;
  /** While it is there, operators change nothing of the host. */
  readonly lock?: HostLock;
}

/** A machine that was just seen for the first time. */
export function newHost(serial: Serial, facts: Partial<Host> = {}): Host {
  return { state: 'unknown', macAddresses: [], metadata: [], versions: {}, overrides: {}, ...facts, serial };
}
