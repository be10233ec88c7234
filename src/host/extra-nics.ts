import { rangeContains, rangeSize, type AddressRange, type Ipv4 } from '../net/ipv4.js';
import { freeAddress } from './address-assignment.js';
import type { FleetView } from './host-store.js';
import type { Host } from './host.js';

/** A further interface of hosts, as far as giving an address takes it. */
export interface ExtraNic {
  readonly name: string;
  readonly range: AddressRange;
}

/** Those of a profile beside those of all hosts; of two with one name the profile's is meant. */
export function extraNicsFor<N extends ExtraNic>(shared: readonly N[], own: readonly N[]): readonly N[] {
  return [...shared.filter(({ name }) => !own.some((nic) => nic.name === name)), ...own];
}

/**
 * The host's addresses with one in the range of each interface: what it has there stays, what it lacks is the lowest that
 * nobody has. Looks at every host, once, and only where something is lacking. Undefined for a host that needs none.
 * @throws RangeExhausted
 */
export function completeExtraAddresses(
  host: Host,
  nics: readonly ExtraNic[],
  fleet: Pick<FleetView, 'hosts'>,
): Host['extraAddresses'] {
  const known = host.extraAddresses;
  const lacking = nics.filter((nic) => lacksExtraAddress(host, [nic]));
  if (lacking.length === 0) return known;
  const taken = takenAddresses(fleet);
  const given = lacking.map(({ name, range }) => {
    const address = freeAddress(range, (candidate) => taken.has(candidate), range.first, settingOf(name));
    taken.add(address);
    return [name, address] as const;
  });
  return { ...known, ...Object.fromEntries(given) };
}

export function lacksExtraAddress({ extraAddresses }: Host, nics: readonly ExtraNic[]): boolean {
  return nics.some(({ name, range }) => {
    const address = extraAddresses?.[name];
    return address === undefined || !rangeContains(range, address);
  });
}

/** Whether one of the ranges has no address left. Looks at every host once. */
export function isExtraRangeFull(nics: readonly ExtraNic[], fleet: Pick<FleetView, 'hosts'>): boolean {
  if (nics.length === 0) return false;
  const taken = [...takenAddresses(fleet)];
  return nics.some(
    ({ range }) => taken.filter((address) => rangeContains(range, address)).length >= rangeSize(range),
  );
}

function takenAddresses(fleet: Pick<FleetView, 'hosts'>): Set<Ipv4> {
  return new Set([...fleet.hosts()].flatMap(({ extraAddresses }) => Object.values(extraAddresses ?? {})));
}

function settingOf(name: string): string {
  return `the range of extraNics ${name}`;
}
