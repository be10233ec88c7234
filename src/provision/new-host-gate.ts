import type { NewHostLimits } from '../config/new-hosts-section.js';
import type { Serial } from '../host/serial.js';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import { NewHostRefused } from './new-host-refused.js';

/** Where a request of a machine comes from. */
export interface Asker {
  /** Undefined where it is not IPv4. */
  readonly address: Ipv4 | undefined;
  /** Whom imago leased the address to. */
  readonly leasedTo?: MacAddress | undefined;
  /** The server itself: nobody on the network can ask from there. */
  readonly isServer: boolean;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * How many machines that nobody knows become hosts. A machine asks under one serial, as often as it likes; who brings many is
 * held up. What is kept is bounded by what was let in.
 */
export class NewHostGate {
  /** Who brought which serials, and when in milliseconds; who brought one last comes last. */
  readonly #brought = new Map<string, Map<Serial, number>>();
  /** When serials came without a lease, within the last minute. */
  #unleased: number[] = [];

  /**
   * Lets the serial in, which then counts, or says why not. One that was let in within the hour is so again.
   * @param isHostAddress Whether the asking address is that of a host.
   */
  enter(
    serial: Serial,
    asker: Asker,
    isHostAddress: boolean,
    limits: NewHostLimits,
    now: number,
  ): NewHostRefused | undefined {
    if (asker.isServer) return undefined;
    this.#forget(now);
    const isOurs = asker.leasedTo !== undefined || isHostAddress;
    const from = nameOf(asker);
    if (limits.requireLease && !isOurs) return withoutLease(from);
    const client = asker.leasedTo ?? from;
    const serials = this.#brought.get(client) ?? new Map<Serial, number>();
    for (const [other, at] of serials) if (at <= now - HOUR) serials.delete(other);
    if (serials.has(serial)) return undefined;
    if (isOver(serials.size, limits.perAddressPerHour)) return tooManyOfOne(from, limits.perAddressPerHour);
    if (!isOurs) {
      if (isOver(this.#unleased.length, limits.perMinute)) return tooManyOfAll(from, limits.perMinute);
      this.#unleased.push(now);
    }
    this.#brought.delete(client);
    this.#brought.set(client, serials.set(serial, now));
    return undefined;
  }

  #forget(now: number): void {
    this.#unleased = this.#unleased.filter((at) => at > now - MINUTE);
    for (const [client, serials] of this.#brought) {
      if ([...serials.values()].some((at) => at > now - HOUR)) return;
      this.#brought.delete(client);
    }
  }
}

function isOver(count: number, limit: number): boolean {
  return limit > 0 && count >= limit;
}

function nameOf({ address }: Asker): string {
  return address === undefined ? 'elsewhere' : formatIpv4(address);
}

function withoutLease(from: string): NewHostRefused {
  return new NewHostRefused(
    'lease',
    `newHosts.requireLease takes up no new machine from ${from}, which imago did not lease: boot it by DHCP, or add it with imagoctl`,
    { from },
  );
}

function tooManyOfOne(from: string, limit: number): NewHostRefused {
  return new NewHostRefused(
    'address',
    `as many new machines came from ${from} within an hour as newHosts.perAddressPerHour allows (${limit}): a further one waits; raise it, or add the machine with imagoctl`,
    { from, limit },
  );
}

function tooManyOfAll(from: string, limit: number): NewHostRefused {
  return new NewHostRefused(
    'minute',
    `as many new machines came within a minute without a lease of imago as newHosts.perMinute allows (${limit}): a further one waits; raise it if they are yours`,
    { from, limit },
  );
}
