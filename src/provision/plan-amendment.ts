import { InvalidValue } from '../errors.js';
import { changeWords, wordsWith } from '../host/change-words.js';
import type { FleetView } from '../host/host-store.js';
import { parseMac, type MacAddress } from '../net/mac-address.js';
import type { Host, OverrideValue } from '../host/host.js';
import { DEEPEST_OVERRIDE, isNestedDeeper } from '../host/nesting.js';
import { parseBmcAddress } from '../power/bmc-address.js';
import { fitText } from './fit-text.js';
import { MacHeld } from './errors.js';
import { HostSteps, type HostPatch, type HostPlan } from './host-steps.js';

import {
  profileNamed,
  type ProvisioningProfile,
  type ProvisioningSettings,
} from './provisioning-settings.js';

/** What an operator sets of a host; an empty text, zero or null takes the value away. */
export interface HostSettings {
  /** The tags of the old profile go with it. The host is installed as the new one says, once it is installed again. */
  readonly profile?: string | undefined;
  readonly metadata?: readonly string[] | undefined;
  readonly hostname?: string | null | undefined;
  readonly providerId?: string | null | undefined;
  /** Any address that power commands can use. */
  readonly ipmiAddress?: string | null | undefined;
  readonly etcdClusterToken?: string | null | undefined;
  /** Counts from 1. */
  readonly cabinet?: number | null | undefined;
  readonly machineOnCabinet?: number | null | undefined;
  /**
   * The network cards that the machine is known by from now on, also after its board was replaced; with none the first that asks
   * in its name by a lease of imago is its card. What the old ones reported of themselves goes with them.
   */
  readonly cards?: readonly MacAddress[] | null | undefined;
  /** Added to those that the host has; null takes one away. */
  readonly overrides?: Readonly<Record<string, OverrideValue | null>> | undefined;
}

/** The same as somebody writes them. */
export type WrittenSettings = Omit<HostSettings, 'cards'> & {
  readonly cards?: readonly string[] | null | undefined;
};

interface Field<T> {
  /** The value as it is to be recorded. @throws InvalidValue */
  readonly fit?: (value: T) => T;
  readonly take: (
    steps: HostSteps,
    value: T,
    settings: ProvisioningSettings,
    fleet: Pick<FleetView, 'hostByMac'>,
  ) => void;
}

/** In the order in which they are recorded, each with a change of its own. */
const fields: { readonly [F in keyof HostSettings]-?: Field<Exclude<HostSettings[F], undefined>> } = {
  profile: { take: takeProfile },
  metadata: {
    fit: (tags) => tags.map((tag) => fitText('a tag', tag)).filter((tag) => tag !== ''),
    take: (steps, metadata) => steps.take(changeWords.metadata, { metadata }),
  },
  hostname: {
    take: (steps, hostname) => steps.take(changeWords.hostname, { hostname: hostname || undefined }),
  },
  providerId: {
    fit: (id) => fitText('a provider id', id ?? ''),
    take: (steps, id) => steps.take(changeWords['provider-id'], { providerId: id || undefined }),
  },
  ipmiAddress: {
    fit: (address) => (address === null || address.trim() === '' ? '' : parseBmcAddress(address)),
    take: (steps, address) => steps.take(changeWords['bmc-address'], { ipmiAddress: address || undefined }),
  },
  etcdClusterToken: {
    fit: (token) => fitText('an etcd cluster token', token ?? ''),
    take: (steps, token) => steps.take(changeWords['etcd-token'], { etcdClusterToken: token || undefined }),
  },
  cabinet: {
    take: (steps, cabinet) => steps.take(changeWords.cabinet, { cabinet: cabinet || undefined }),
  },
  machineOnCabinet: {
    take: (steps, machine) => steps.take(changeWords.position, { machineOnCabinet: machine || undefined }),
  },
  cards: { fit: (macs) => macs?.map(parseMac) ?? [], take: takeCards },
  overrides: { fit: fitOverrides, take: takeOverrides },
};
const names = Object.keys(fields) as (keyof HostSettings)[];

function fieldOf(name: keyof HostSettings): Field<unknown> {
  return fields[name] as Field<unknown>;
}

/** The settings as they are to be recorded. @param named Whether a fault names its field. @throws InvalidValue */
export function fitSettings(wanted: WrittenSettings, named = false): HostSettings {
  const fitted = names.map((name) => {
    const value = wanted[name];
    try {
      return [name, value === undefined ? undefined : (fieldOf(name).fit?.(value) ?? value)] as const;
    } catch (error) {
      throw named && error instanceof InvalidValue ? error.inField(name) : error;
    }
  });
  return Object.fromEntries(fitted);
}

/** One change for each setting that is another one then. @param wanted as `fitSettings` makes it. @throws InvalidValue, MacHeld */
export function planSettings(
  fleet: Pick<FleetView, 'hostByMac'>,
  host: Host,
  wanted: HostSettings,
  settings: ProvisioningSettings,
): HostPlan {
  const steps = new HostSteps(host);
  for (const name of names) {
    const value = wanted[name];
    if (value !== undefined) fieldOf(name).take(steps, value, settings, fleet);
  }
  return steps.plan();
}

function takeProfile(steps: HostSteps, name: string, settings: ProvisioningSettings): void {
  withProfile(steps, profileNamed(name, settings), settings, { isProfileTentative: undefined });
}

/** The host with another profile: the tags and the token of the old one go with it. */
export function withProfile(
  steps: HostSteps,
  next: ProvisioningProfile,
  settings: ProvisioningSettings,
  more: Pick<HostPatch, 'isProfileTentative'>,
): void {
  const { host } = steps;
  const before = settings.profiles.find((profile) => profile.name === host.profile);
  const own = host.metadata.filter((tag) => !before?.tags.includes(tag));
  const isTokenOfProfile = before?.etcdToken !== undefined && host.etcdClusterToken === before.etcdToken;
  steps.take(changeWords.profile, {
    profile: next.name,
    metadata: [...new Set([...own, ...next.tags])],
    ...more,
  });
  steps.take(changeWords['etcd-token'], {
    etcdClusterToken:
      isTokenOfProfile || host.etcdClusterToken === undefined
        ? (next.etcdToken ?? host.etcdClusterToken)
        : host.etcdClusterToken,
  });
}

function takeCards(
  steps: HostSteps,
  macs: readonly MacAddress[] | null,
  { leases = 'none' }: ProvisioningSettings,
  fleet: Pick<FleetView, 'hostByMac'>,
): void {
  const { host } = steps;
  const cards = [...new Set(macs)];
  for (const mac of cards) {
    const holder = fleet.hostByMac(mac);
    if (holder && holder.serial !== host.serial) throw new MacHeld(mac, host.serial, holder.serial);
  }
  steps.take(changeWords.cards, {
    cards: cards.length > 0 || leases !== 'none' ? cards : undefined,
    bootMac: cards[0],
    macAddresses: host.macAddresses.filter((mac) => cards.includes(mac)),
  });
}

type Overrides = Readonly<Record<string, OverrideValue | null>>;

const OVERRIDE_NAME = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

function fitOverrides(overrides: Overrides): Overrides {
  for (const name of Object.keys(overrides)) {
    if (!OVERRIDE_NAME.test(name)) {
      throw new InvalidValue(
        'the name of an override',
        name,
        'it begins with a letter and holds letters, digits, dots, hyphens and underscores, 64 at most; __proto__ is none',
      );
    }
  }
  return Object.fromEntries(
    Object.entries(overrides).map(([name, value]) => [
      name,
      typeof value === 'string' ? fitText('an override', value) : fitTable(value),
    ]),
  );
}

function takeOverrides(steps: HostSteps, wanted: Overrides): void {
  const merged = Object.entries({ ...steps.host.overrides, ...wanted });
  const kept = merged.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  steps.take(wordsWith('overrides', Object.keys(wanted).join(', ')), {
    overrides: Object.fromEntries(kept),
  });
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
