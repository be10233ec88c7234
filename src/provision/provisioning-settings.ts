import { InvalidValue } from '../errors.js';
import { proofRule, type ProofRule } from '../config/machines-section.js';
import { requiresLease } from '../config/new-hosts-section.js';
import type { ProfileVersion } from '../host/os-version.js';
import type { ExtraNic } from '../host/extra-nics.js';
import type { ProfileMode } from '../host/profile-mode.js';
import type { ProfileQuota } from '../host/profile.js';
import type { Serial } from '../host/serial.js';
import type { AddressRange, Ipv4 } from '../net/ipv4.js';

export interface ProvisioningProfile extends ProfileQuota, ProfileVersion {
  readonly tags: readonly string[];
  readonly etcdToken?: string | undefined;
  readonly mode?: ProfileMode | undefined;
  readonly network?: { readonly extraNics: readonly ExtraNic[] } | undefined;
}

/** What an operator wrote of a machine before it was ever seen. */
export interface PredefinedSettings {
  readonly serial: Serial;
  readonly profile?: string | undefined;
  readonly address?: Ipv4 | undefined;
  readonly hostname?: string | undefined;
  readonly metadata?: readonly string[] | undefined;
  readonly providerId?: string | undefined;
  readonly ipmiAddress?: string | undefined;
  readonly cabinet?: number | undefined;
  readonly machineOnCabinet?: number | undefined;
  readonly overrides?: Readonly<Record<string, string>> | undefined;
}

/**
 * Whether the lease of an asker tells which machine it is: imago leases `none`, or a lease is `required`; `given`: who has none
 * is believed of a host that never had a card.
 */
export type LeaseRule = 'none' | 'given' | 'required';

/** A discovery service beside imago: who makes tokens, and the one that the cluster has of him, once it has. */
export interface OtherDiscovery {
  readonly service: string;
  readonly token: string | undefined;
}

/** All of the configuration that planning the life of a machine takes. */
export interface ProvisioningSettings {
  readonly hostRange: AddressRange;
  /** Further interfaces of every host. */
  readonly extraNics?: readonly ExtraNic[] | undefined;
  readonly profiles: readonly ProvisioningProfile[];
  readonly defaultOsVersion?: string | undefined;
  readonly discovery?: OtherDiscovery | undefined;
  readonly predefined: ReadonlyMap<Serial, PredefinedSettings>;
  /** Addresses that are promised to one machine, seen or not. */
  readonly promised: ReadonlyMap<Ipv4, Serial>;
  /** `none` by default. */
  readonly leases?: LeaseRule | undefined;
  /** `off` by default. */
  readonly proof?: ProofRule | undefined;
}

/** The part of the configuration that these settings are made of. */
export interface ProvisioningConfig {
  readonly network: { readonly hostRange: AddressRange; readonly extraNics?: readonly ExtraNic[] };
  readonly profiles: readonly ProvisioningProfile[];
  readonly defaultOsVersion?: string | undefined;
  readonly hosts: readonly PredefinedSettings[];
  readonly dhcp?: { readonly mode: 'server' | 'proxy' | 'off' };
  readonly newHosts?: { readonly requireLease?: boolean | undefined };
  readonly machines?: { readonly proof?: ProofRule | undefined };
}

export function provisioningSettings(config: ProvisioningConfig): ProvisioningSettings {
  const { network, profiles, defaultOsVersion, hosts, dhcp, newHosts, machines } = config;
  const leases = leaseRule(dhcp?.mode, newHosts?.requireLease);
  return {
    leases,
    proof: proofRule(machines?.proof, leases === 'required'),
    hostRange: network.hostRange,
    extraNics: network.extraNics,
    profiles,
    defaultOsVersion,
    predefined: new Map(hosts.map((host) => [host.serial, host])),
    promised: new Map(
      hosts.flatMap(({ address, serial }) => (address === undefined ? [] : [[address, serial] as const])),
    ),
  };
}

function leaseRule(
  mode: 'server' | 'proxy' | 'off' | undefined,
  requireLease: boolean | undefined,
): LeaseRule {
  if (mode !== 'server') return 'none';
  return requiresLease(mode, requireLease) ? 'required' : 'given';
}

/** @throws InvalidValue that names those there are. */
export function profileNamed(name: string, { profiles }: ProvisioningSettings): ProvisioningProfile {
  const profile = profiles.find((each) => each.name === name);
  if (profile) return profile;
  const names = profiles.map((each) => each.name).join(', ');
  throw new InvalidValue('the name of a profile', name, `use one of ${names}`);
}
