import type { Ipv4 } from '../net/ipv4.js';
import { isOneMachines, type MacAddress } from '../net/mac-address.js';
import type { DhcpMessage } from './message.js';
import { options } from './options.js';

/**
 * offered: held for a client that was offered it · bound: the client has it · released: given back early ·
 * declined: in use by a stranger, kept away from everyone for a while.
 */
export type LeaseState = 'offered' | 'bound' | 'released' | 'declined';

/** One address and who has it. Past `expiresAt` anyone may get it, but its last holder is asked first. */
export interface Lease {
  readonly address: Ipv4;
  readonly key: ClientKey;
  readonly state: LeaseState;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly mac: MacAddress | undefined;
  /** What the client calls itself, cleaned; empty when it did not say. */
  readonly hostname: string;
  /** Giaddr and option 82's ids, see RelayAgent; empty for a client on the server's own network. */
  readonly relayPort: string;
  /** Until when an iPXE behind this lease is taken for the one that was handed out; 0 for not. Not kept over a restart. */
  readonly chainedUntil: number;
  /** How many addresses the client has found in use one after the other. Not kept over a restart. */
  readonly declines: number;
  /** Moves each time that the address gets another holder, also one after the end of the last one's lease; 0 for not counted. */
  readonly epoch?: number | undefined;
}

export function isLive(lease: Lease, now: number): boolean {
  return lease.expiresAt > now && lease.state !== 'released';
}

/** Which iPXE was given another one, in which exchange. */
export interface Chain {
  /** Of the message that was answered so: the same exchange again is the same iPXE. */
  readonly xid: number;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export type LeaseGrant = Omit<Lease, 'state' | 'epoch'>;

/** What a decision wants done to the lease table. Times are milliseconds since 1970. */
export type LeaseEffect =
  | { readonly kind: 'offer'; readonly grant: LeaseGrant }
  | {
      readonly kind: 'bind';
      readonly grant: LeaseGrant;
      /** The client may be answered before this is durable: nobody else could get the address even if it were lost. */
      readonly atOnce?: boolean;
    }
  /** An offer that the client did not take. */
  | { readonly kind: 'withdraw'; readonly address: Ipv4; readonly at: number }
  | { readonly kind: 'release'; readonly address: Ipv4; readonly at: number }
  /** `byClient`: it was its client that found the address in use. */
  | {
      readonly kind: 'decline';
      readonly address: Ipv4;
      readonly until: number;
      readonly byClient: boolean;
    }
  /** A client without a lease here was given our iPXE for its own. */
  | { readonly kind: 'chain'; readonly key: ClientKey; readonly chain: Chain };

/** What a lease is bound to: hex text, prefixed with `id-` (client identifier) or `hw-` (hardware type and address). */
export type ClientKey = string;

/**
 * What a client with both is known by. mac: the hardware address · clientId: its option 61, where that has the DUID form of
 * RFC 4361; other forms change between the firmware, the boot loader and the system of one machine.
 */
export type IdentifyBy = 'mac' | 'clientId';

const ID = 'id-';
const HARDWARE = 'hw-';

/** RFC 4361 §6.1: type, IAID, and a DUID of at least its type and one byte more. */
const DUID_FORM = 0xff;
const LEAST_DUID_FORM = 8;

const ETHERNET = 1;
const ETHERNET_LENGTH = 6;

/**
 * The key under which a client's lease is kept. One machine sends many identifiers (each boot of a live system another),
 * and machines installed from one image send the same: its hardware address is what it keeps. A client without one
 * (InfiniBand, RFC 4390) is known by its identifier. Undefined where there is neither.
 */
export function clientKey(message: DhcpMessage, identifyBy: IdentifyBy): ClientKey | undefined {
  const identifier = message.options.get(options.clientIdentifier.code);
  const hasHardwareAddress = isOwnAddress(message);
  if (identifier !== undefined) {
    const isTrusted = identifyBy === 'clientId' && isDuidForm(identifier);
    if (isTrusted || !hasHardwareAddress) return `${ID}${hex(identifier)}`;
  }
  if (!hasHardwareAddress) return undefined;
  return `${HARDWARE}${message.htype.toString(16).padStart(2, '0')}${hex(message.chaddr)}`;
}

/** The key of a client whose lease was bound to its identifier as long as identifiers were trusted. */
export function keyByMac(key: ClientKey, mac: MacAddress | undefined): ClientKey {
  if (mac === undefined || !key.startsWith(ID) || !isOneMachines(mac)) return key;
  return `${HARDWARE}0${ETHERNET}${mac.replaceAll(':', '')}`;
}

/** Whether a client has an Ethernet address of its own. */
export function hasOwnMac(message: DhcpMessage): boolean {
  return message.htype === ETHERNET && message.chaddr.length === ETHERNET_LENGTH && isOwnAddress(message);
}

/** All zeros, all ones and group addresses are nobody's: two clients that send them are not one. */
function isOwnAddress({ htype, chaddr }: DhcpMessage): boolean {
  const [first] = chaddr;
  if (first === undefined) return false;
  if (htype === ETHERNET && (first & 1) === 1) return false;
  return first === 0 || first === 0xff ? chaddr.some((byte) => byte !== first) : true;
}

function isDuidForm(identifier: Uint8Array): boolean {
  return identifier[0] === DUID_FORM && identifier.length >= LEAST_DUID_FORM;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/**
 * Leases as they are taken up again: under the keys that clients are known by now, and so that the last one of each client
 * comes last. Journals of versions that trusted client identifiers hold several of one machine.
 */
export function adoptedLeases(leases: Iterable<Lease>, identifyBy: IdentifyBy): Lease[] {
  return Array.from(leases, (lease) =>
    identifyBy === 'mac' ? { ...lease, key: keyByMac(lease.key, lease.mac) } : { ...lease },
  ).sort((a, b) => lastUse(a) - lastUse(b));
}

/** A declined address is kept from everyone for a while: its client has another one by now. */
function lastUse({ state, expiresAt }: Lease): number {
  return state === 'declined' ? 0 : expiresAt;
}

const SECOND = 1000;

/** How many leases are in force, to the second, without looking at each of them. */
export class LiveCount {
  /** Of those that end in one second. */
  readonly #endingIn = new Map<number, number>();
  #total = 0;
  /** Seconds before this one have been taken off. */
  #from = 0;

  /** A lease as it is from now on; `removed` has to follow before it changes. */
  added(lease: Lease): void {
    if (isLive(lease, 0)) this.#change(lease, 1);
  }

  removed(lease: Lease): void {
    if (isLive(lease, 0)) this.#change(lease, -1);
  }

  clear(): void {
    this.#endingIn.clear();
    this.#total = 0;
  }

  /** @param now milliseconds since 1970. A clock that was set back finds those that had ended before gone. */
  at(now: number): number {
    const second = Math.floor(now / SECOND);
    if (second <= this.#from) return this.#total;
    this.#from = second;
    for (const [end, count] of this.#endingIn) {
      if (end >= second) continue;
      this.#total -= count;
      this.#endingIn.delete(end);
    }
    return this.#total;
  }

  #change({ expiresAt }: Lease, by: number): void {
    const second = Math.floor(expiresAt / SECOND);
    if (second < this.#from) return;
    this.#endingIn.set(second, (this.#endingIn.get(second) ?? 0) + by);
    this.#total += by;
  }
}
