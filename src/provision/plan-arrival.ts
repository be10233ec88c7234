import { freeAddress, RangeExhausted } from '../host/address-assignment.js';
import { completeExtraAddresses, extraNicsFor } from '../host/extra-nics.js';
import { newHost, type Host } from '../host/host.js';
import type { FleetView } from '../host/host-store.js';
import { isInUse, keepsItsCards, nextState } from '../host/lifecycle.js';
import type { ChosenProfile } from '../host/profile.js';
import { changeWords } from '../host/change-words.js';
import { completedHardware, type Hardware } from '../host/hardware.js';
import type { Serial } from '../host/serial.js';
import type { ImagoError } from '../errors.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import { chooseProfile, decideAgain } from './decide-profile.js';
import { AddressPromisedTwice, EtcdTokenAwaited, MacHeld, SerialShared } from './errors.js';
import { HostSteps, type HostPlan } from './host-steps.js';
import type {
  PredefinedSettings,
  ProvisioningProfile,
  ProvisioningSettings,
} from './provisioning-settings.js';

/** More than a machine has: another one for each request would let its record grow without end. */
const MOST_MACS = 64;

/** What a machine that asks for its boot script says of itself. */
export interface Arrival {
  readonly serial: Serial;
  readonly uuid?: string | undefined;
  readonly mac?: MacAddress | undefined;
  /** Further network cards that it says are its own. */
  readonly otherMacs?: readonly MacAddress[] | undefined;
  /** What its firmware tells of what it is made of; undefined where that was not asked. */
  readonly hardware?: Hardware | undefined;
  /** The cards that the host has by its leases then, see `admitAsker`; undefined where that is not looked at. */
  readonly cards?: readonly MacAddress[] | undefined;
}

/**
 * A machine that was never seen becomes a host with a profile and a fixed address, or none at all. One whose address could not
 * be given before is tried again; of one that already has its place only facts are completed while it is not in use.
 * @param searchFrom Where to start looking for a free address; the lowest of the range by default.
 */
export function planArrival(
  fleet: FleetView,
  arrival: Arrival,
  settings: ProvisioningSettings,
  searchFrom?: Ipv4,
): HostPlan {
  const { facts, warnings } = believable(fleet, arrival);
  const known = fleet.host(arrival.serial);
  const steps = known
    ? new HostSteps(known)
    : new HostSteps(newHost(arrival.serial, factsOfNew(facts)), changeWords.created);
  if (known) completeFacts(steps, facts);
  if (known?.uuid !== undefined && arrival.uuid !== undefined && known.uuid !== arrival.uuid) {
    warnings.push(new SerialShared(arrival.serial, known.uuid, arrival.uuid));
  }
  if (facts.hardware) decideAgain(steps, facts.hardware, 'firmware', fleet, settings);
  if (steps.host.state !== 'unknown') return steps.plan(warnings);

  warnings.push(...takePredefined(steps, fleet, settings));
  const shortage = takePlace(steps, fleet, settings, searchFrom);
  if (shortage && !known) return { host: newHost(arrival.serial), changes: [], shortage, warnings };
  return steps.plan(warnings, shortage);
}

/** Its addresses and its profile, as far as they can be had. */
function takePlace(
  steps: HostSteps,
  fleet: FleetView,
  settings: ProvisioningSettings,
  searchFrom: Ipv4 | undefined,
): RangeExhausted | EtcdTokenAwaited | undefined {
  if (steps.host.internalAddress === undefined) {
    const address = unusedAddress(fleet, settings, searchFrom);
    if (address instanceof RangeExhausted) return address;
    steps.take(changeWords.address, { internalAddress: address });
  }
  const { profile, isTentative } = profileOf(steps.host, fleet, settings);
  const shortage = takeExtraAddresses(steps, profile, fleet, settings);
  if (shortage) return shortage;
  const { discovery } = settings;
  const token =
    steps.host.etcdClusterToken ??
    profile?.etcdToken ??
    (discovery ? discovery.token : fleet.defaultEtcdClusterToken);
  if (discovery && token === undefined) return new EtcdTokenAwaited(discovery.service);
  takeProfile(steps, profile, isTentative, token);
  return undefined;
}

function believable(
  fleet: FleetView,
  { serial, uuid, mac, otherMacs = [], hardware, cards }: Arrival,
): { facts: BootFacts; warnings: ImagoError[] } {
  const { believed, warnings } = believableMacs(fleet, serial, [...(mac ? [mac] : []), ...otherMacs]);
  const bootMac = mac !== undefined && believed.includes(mac) ? mac : cards?.at(-1);
  const macs = bootMac ? union([bootMac], believed) : [];
  return { facts: { uuid, macs, hardware, cards }, warnings: [...warnings] };
}

/** A network card that another machine held a lease by, or that is installed or being installed, is not taken from it on a word. */
export function believableMacs(
  fleet: FleetView,
  serial: Serial,
  macs: readonly MacAddress[],
): { readonly believed: readonly MacAddress[]; readonly warnings: readonly MacHeld[] } {
  const warnings = macs.flatMap((mac) => {
    const holder = fleet.hostByMac(mac);
    if (holder === undefined || holder.serial === serial) return [];
    return holder.cards !== undefined || keepsItsCards(holder.state)
      ? [new MacHeld(mac, serial, holder.serial)]
      : [];
  });
  const held = new Set(warnings.map(({ mac }) => mac));
  return { believed: macs.filter((mac) => !held.has(mac)), warnings };
}

interface BootFacts {
  readonly uuid: string | undefined;
  /** First the one that it booted with. */
  readonly macs: readonly MacAddress[];
  readonly hardware: Hardware | undefined;
  readonly cards: readonly MacAddress[] | undefined;
}

function factsOfNew({ uuid, macs: [bootMac, ...others], hardware, cards }: BootFacts): Partial<Host> {
  const known = completedHardware(undefined, hardware);
  return {
    ...(uuid !== undefined && { uuid }),
    ...(bootMac !== undefined && { bootMac }),
    ...(others.length > 0 && { macAddresses: others.slice(0, MOST_MACS) }),
    ...(known && { hardware: known }),
    ...(cards && { cards }),
  };
}

function completeFacts(steps: HostSteps, { uuid, macs, hardware, cards }: BootFacts): void {
  const { host } = steps;
  const bootMac = host.bootMac ?? macs[0];
  const news = macs.filter((mac) => mac !== bootMac && !host.macAddresses.includes(mac));
  steps.take(changeWords['cards-seen'], {
    cards: cards ?? host.cards,
    ...(!isInUse(host.state) && {
      uuid: host.uuid ?? uuid,
      bootMac,
      hardware: completedHardware(host.hardware, hardware),
      macAddresses: [
        ...host.macAddresses,
        ...news.slice(0, Math.max(0, MOST_MACS - host.macAddresses.length)),
      ],
    }),
  });
}

function takePredefined(steps: HostSteps, fleet: FleetView, settings: ProvisioningSettings): ImagoError[] {
  const predefined = settings.predefined.get(steps.host.serial);
  if (!predefined) return [];
  const { address, ...rest } = predefined;
  const holder = address === undefined ? undefined : fleet.hostByAddress(address);
  const isFree = holder === undefined || holder.serial === steps.host.serial;
  steps.take(changeWords.predefined, {
    ...completing(steps.host, rest),
    internalAddress: steps.host.internalAddress ?? (isFree ? address : undefined),
  });
  return isFree || address === undefined
    ? []
    : [new AddressPromisedTwice(address, steps.host.serial, holder.serial)];
}

/** What an operator set on the host itself comes before what he wrote in the configuration. */
function completing(host: Host, predefined: Omit<PredefinedSettings, 'address'>) {
  return {
    profile: host.profile ?? predefined.profile,
    hostname: host.hostname ?? predefined.hostname,
    metadata: union(host.metadata, predefined.metadata ?? []),
    providerId: host.providerId ?? predefined.providerId,
    ipmiAddress: host.ipmiAddress ?? predefined.ipmiAddress,
    cabinet: host.cabinet ?? predefined.cabinet,
    machineOnCabinet: host.machineOnCabinet ?? predefined.machineOnCabinet,
    overrides: { ...predefined.overrides, ...host.overrides },
  };
}

function unusedAddress(
  fleet: FleetView,
  { hostRange, promised }: ProvisioningSettings,
  searchFrom: Ipv4 | undefined,
): Ipv4 | RangeExhausted {
  try {
    return freeAddress(
      hostRange,
      (address) => fleet.hostByAddress(address) !== undefined || promised.has(address),
      searchFrom,
    );
  } catch (error) {
    if (error instanceof RangeExhausted) return error;
    throw error;
  }
}

/** The shortage, if there is one: then nothing is taken. */
export function takeExtraAddresses(
  steps: HostSteps,
  profile: ProvisioningProfile | undefined,
  fleet: FleetView,
  { extraNics }: ProvisioningSettings,
): RangeExhausted | undefined {
  const nics = extraNicsFor(extraNics ?? [], profile?.network?.extraNics ?? []);
  try {
    steps.take(changeWords['extra-addresses'], {
      extraAddresses: completeExtraAddresses(steps.host, nics, fleet),
    });
    return undefined;
  } catch (error) {
    if (error instanceof RangeExhausted) return error;
    throw error;
  }
}

function takeProfile(
  steps: HostSteps,
  profile: ProvisioningProfile | undefined,
  isTentative: boolean,
  token: string | undefined,
): void {
  steps.take(changeWords.profile, {
    profile: profile?.name,
    isProfileTentative: isTentative || undefined,
    metadata: union(steps.host.metadata, profile?.tags ?? []),
    state: nextState(steps.host.state, 'configure'),
  });
  steps.take(changeWords['default-etcd-token'], {
    etcdClusterToken: token,
  });
}

function profileOf(
  host: Host,
  fleet: FleetView,
  settings: ProvisioningSettings,
): ChosenProfile<ProvisioningProfile> {
  const profile = settings.profiles.find(({ name }) => name === host.profile);
  if (profile) return { profile, isTentative: false };
  return chooseProfile(host, fleet, settings, host.hardware ? 'firmware' : 'nothing');
}

function union<T extends string>(some: readonly T[], more: readonly T[]): readonly T[] {
  return [...new Set([...some, ...more])];
}
