import { InvalidValue } from '../errors.js';
import type { FleetView, HostChange } from '../host/host-store.js';
import { requireUnlocked } from '../host/lock.js';
import type { MacAddress } from '../net/mac-address.js';
import type { Host, OverrideValue } from '../host/host.js';
import { changeWords, wordsWith } from '../host/change-words.js';
import { DEEPEST_OVERRIDE, isNestedDeeper } from '../host/nesting.js';
import { parseBmcAddress } from '../power/bmc-address.js';
import { fitText } from './fit-text.js';
import { MacHeld } from './mac-held.js';
import { HostSteps, type HostPatch } from './host-steps.js';
import { profileNamed } from './profile-named.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

/** What an operator wants changed of a host, as the steps to record. */
export type HostAmendment = (
  host: Host,
  settings: ProvisioningSettings,
  fleet: Pick<FleetView, 'hostByMac'>,
) => readonly HostChange[];

/** One after the other, each with a commit of its own. */
export function inTurn(amendments: readonly HostAmendment[]): HostAmendment {
  return (host, settings, fleet) => {
    let latest = host;
    return amendments.flatMap((amend) => {
      const changes = amend(latest, settings, fleet);
      latest = changes.at(-1)?.host ?? latest;
      return changes;
    });
  };
}

/** The tags of the old profile go with it; those that the host has of its own stay. It is installed as the new one says, once it is installed again. */
export function setProfile(name: string): HostAmendment {
  return (host, settings) => {
    const next = profileNamed(name, settings);
    const before = settings.profiles.find((profile) => profile.name === host.profile);
    const own = host.metadata.filter((tag) => !before?.tags.includes(tag));
    const isTokenOfProfile = before?.etcdToken !== undefined && host.etcdClusterToken === before.etcdToken;
    const amended = new HostSteps(host);
    amended.take(changeWords.profile, {
      profile: next.name,
      metadata: [...new Set([...own, ...next.tags])],
    });
    amended.take(changeWords['etcd-token'], {
      etcdClusterToken:
        isTokenOfProfile || host.etcdClusterToken === undefined
          ? (next.etcdToken ?? host.etcdClusterToken)
          : host.etcdClusterToken,
    });
    return amended.changes;
  };
}

/** The host leaves the fleet; a machine of its serial that boots later is a new one. */
export function retire(host: Host): readonly HostChange[] {
  return [{ host, what: changeWords.retired, retired: true }];
}

/** @throws HostLocked when it is locked already */
export function lock(by: string, reason: string, since: Date): (host: Host) => readonly HostChange[] {
  const why = fitText('a reason', reason);
  return (host) => {
    requireUnlocked(host);
    return steps(host, wordsWith('locked', why), { lock: { by, reason: why, since } });
  };
}

export function unlock(host: Host): readonly HostChange[] {
  return steps(host, changeWords.unlocked, { lock: undefined });
}

const OVERRIDE_NAME = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/**
 * The network cards that the machine is known by from now on, also after its board was replaced; with none the first that asks
 * in its name by a lease of imago is its card. What the old ones reported of themselves goes with them.
 * @throws MacHeld
 */
export function setCards(macs: readonly MacAddress[]): HostAmendment {
  const cards = [...new Set(macs)];
  return (host, { leases = 'none' }, fleet) => {
    for (const mac of cards) {
      const holder = fleet.hostByMac(mac);
      if (holder && holder.serial !== host.serial) throw new MacHeld(mac, host.serial, holder.serial);
    }
    return steps(host, changeWords.cards, {
      cards: cards.length > 0 || leases !== 'none' ? cards : undefined,
      bootMac: cards[0],
      macAddresses: host.macAddresses.filter((mac) => cards.includes(mac)),
    });
  };
}

export function setMetadata(tags: readonly string[]): HostAmendment {
  const metadata = tags.map((tag) => fitText('a tag', tag)).filter((tag) => tag !== '');
  return amendment(changeWords.metadata, { metadata });
}

export function setProviderId(id: string): HostAmendment {
  return amendment(changeWords['provider-id'], { providerId: fitText('a provider id', id) || undefined });
}

/** An operator may give any address that power commands can use, or none. @throws InvalidValue */
export function setIpmiAddress(address: string): HostAmendment {
  return amendment(changeWords['bmc-address'], {
    ipmiAddress: address.trim() === '' ? undefined : parseBmcAddress(address),
  });
}

/** Cabinets count from 1: 0 takes the host out of its cabinet. */
export function setCabinet(cabinet: number): HostAmendment {
  return amendment(changeWords.cabinet, { cabinet: cabinet === 0 ? undefined : cabinet });
}

export function setMachineOnCabinet(machine: number): HostAmendment {
  return amendment(changeWords.position, {
    machineOnCabinet: machine === 0 ? undefined : machine,
  });
}

export function setHostname(hostname: string): HostAmendment {
  return amendment(changeWords.hostname, { hostname: hostname || undefined });
}

export function setEtcdClusterToken(token: string): HostAmendment {
  return amendment(changeWords['etcd-token'], {
    etcdClusterToken: fitText('an etcd cluster token', token) || undefined,
  });
}

/** Adds to the overrides that the host has; `null` takes one away. */
export function setOverrides(overrides: Readonly<Record<string, OverrideValue | null>>): HostAmendment {
  const names = Object.keys(overrides);
  for (const name of names) {
    if (!OVERRIDE_NAME.test(name)) {
      throw new InvalidValue(
        'the name of an override',
        name,
        'it begins with a letter and holds letters, digits, dots, hyphens and underscores, 64 at most; __proto__ is none',
      );
    }
  }
  const wanted = Object.entries(overrides).map(
    ([name, value]) =>
      [name, typeof value === 'string' ? fitText('an override', value) : fitTable(value)] as const,
  );
  return (host) => {
    const merged = new Map<string, OverrideValue | null>([...Object.entries(host.overrides), ...wanted]);
    const kept = [...merged].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
    return steps(host, wordsWith('overrides', names.join(', ')), {
      overrides: Object.fromEntries(kept),
    });
  };
}

/** Characters of JSON; such a value is in each version of the host's file. */
const LONGEST_TABLE = 16_384;

function fitTable<T>(value: T): T {
  if (isNestedDeeper(value, DEEPEST_OVERRIDE))
    throw new InvalidValue('an override', 'a list or table', `it has ${DEEPEST_OVERRIDE} levels at most`);
  const json = JSON.stringify(value);
  if (json.length <= LONGEST_TABLE) return value;
  throw new InvalidValue(
    'an override',
    json,
    `a list or table has ${LONGEST_TABLE} characters of JSON at most`,
  );
}

function amendment(what: string, patch: HostPatch): HostAmendment {
  return (host) => steps(host, what, patch);
}

function steps(host: Host, what: string, patch: HostPatch): readonly HostChange[] {
  const amended = new HostSteps(host);
  amended.take(what, patch);
  return amended.changes;
}
