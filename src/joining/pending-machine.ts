import type { Hardware } from '../host/hardware.js';
import type { Serial } from '../host/serial.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';

/** A machine that nobody named asks, as far as anybody knows it. */
export interface Sighting {
  readonly serial: Serial;
  readonly uuid?: string | undefined;
  /** The card that imago leased to, or else the one that it names. */
  readonly mac?: MacAddress | undefined;
  /** Whether imago leased to that card. */
  readonly isLeased: boolean;
  /** Where it asks from; undefined where that is not IPv4. */
  readonly address?: Ipv4 | undefined;
  /** Further cards that it says are its own. */
  readonly otherMacs?: readonly MacAddress[] | undefined;
  readonly hardware?: Hardware | undefined;
}

/** One that waits for an operator. */
export interface PendingMachine extends Sighting {
  /** By which an operator before its console calls it. */
  readonly code: string;
  readonly since: Date;
  readonly lastSeen: Date;
}

/** One that is not to be taken up. */
export interface RejectedMachine extends PendingMachine {
  readonly by: string;
  readonly rejected: Date;
}

/** Two machines that give the same serial are two, as long as their cards tell them apart. */
export function keyOf({ serial, mac }: Pick<Sighting, 'serial' | 'mac'>): string {
  return `${serial} ${mac ?? ''}`;
}

/** What is said now completes what was said before: its first stage tells less than its firmware. */
export function seenAgain<M extends PendingMachine>(machine: M, sighting: Sighting, now: Date): M {
  return {
    ...machine,
    uuid: machine.uuid ?? sighting.uuid,
    address: sighting.address ?? machine.address,
    isLeased: sighting.isLeased || machine.isLeased,
    otherMacs: sighting.otherMacs ?? machine.otherMacs,
    hardware: sighting.hardware ?? machine.hardware,
    lastSeen: now,
  };
}
