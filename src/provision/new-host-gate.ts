import type { NewHostLimits } from '../config/new-hosts-section.js';
import type { Serial } from '../host/serial.js';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import { NewHostRefused } from './errors.js';
import type { MachineProof } from './machine-proof.js';

/** Where a request of a machine comes from. */
export interface Asker {
  /** Undefined where it is not IPv4. */
  readonly address: Ipv4 | undefined;
  /** Whom imago leased the address to, though that lease may be over. */
  readonly leasedTo?: MacAddress | undefined;
  /** Whether a lease of the address is in force: one of a client without a MAC address as well. */
  readonly hasLease?: boolean | undefined;
  /** What it brings for proof; undefined where that is not looked at, as of a machine that is played through. */
  readonly proof?: MachineProof | undefined;
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
  /** When serials came without a lease, oldest first: those of the last minute count. */
  readonly #unleased: number[] = [];

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
    const isLeased = asker.leasedTo !== undefined || asker.hasLease === true;
    const isOurs = isLeased || isHostAddress;
    const from = nameOf(asker);
    if (limits.requireLease && !isLeased) return withoutLease(from);
    const client = clientOf(asker);
    const serials = this.#brought.get(client) ?? new Map<Serial, number>();
    for (const [other, at] of serials) if (!isWithin(HOUR, at, now)) serials.delete(other);
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

  /** In a storm this looks at thousands of serials that count still: only what is over is touched. */
  #forget(now: number): void {
    const over = this.#unleased.findIndex((at) => isWithin(MINUTE, at, now));
    this.#unleased.splice(0, over < 0 ? this.#unleased.length : over);
    for (const [client, serials] of this.#brought) {
      for (const at of serials.values()) if (isWithin(HOUR, at, now)) return;
      this.#brought.delete(client);
    }
  }
}

/** Whom shares are counted for: the network card that has the lease, or else the address. */
export function clientOf(asker: Asker): string {
  return asker.leasedTo ?? nameOf(asker);
}

/** A time to come is over as well: the clock was put back. */
function isWithin(span: number, at: number, now: number): boolean {
  return at <= now && at > now - span;
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
