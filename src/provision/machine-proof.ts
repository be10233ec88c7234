import type { Serial } from '../host/serial.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';

/**
 * Where the kernel sends what is for the asking address: to that card; to hardware without a MAC address (`other`); over a router
 * (`off-link`), where the card cannot be seen; first to one card and then to another since the asker connected (`unsteady`). Undefined where
 * it does not know now.
 */
export type SeenCard = MacAddress | 'other' | 'off-link' | 'unsteady' | undefined;

const noCards: ReadonlySet<SeenCard> = new Set<SeenCard>([undefined, 'other', 'off-link', 'unsteady']);

/** Whether a card was seen. */
export function isCard(neighbour: SeenCard): neighbour is MacAddress {
  return !noCards.has(neighbour);
}

/** From where a machine goes on with a boot. */
export interface BootPlace {
  readonly address: Ipv4;
  /** Of the address, see `Lease`: another number means that somebody else had it in between. */
  readonly epoch: number;
  /** By which card it was seen there; undefined where that could not be told. */
  readonly card: MacAddress | undefined;
}

/** What the boot script of a machine gave it to prove by that it is still that machine, in that boot. A value: a change makes a new one. */
export interface Capability extends BootPlace {
  readonly serial: Serial;
  /** Something was asked for or reported by it. */
  readonly isUsed: boolean;
  /** It went on by another card than the one that fetched the script: once. */
  readonly hasMoved: boolean;
  /** The system that it brought is up: it is good for saying so again, and for nothing else. */
  readonly isOver: boolean;
}

/** What a machine brings for proof, beside its lease. As it is now: what others do meanwhile is seen. */
export interface MachineProof {
  readonly neighbour: SeenCard;
  /** Of its address. */
  readonly epoch: number;
  /** Undefined where its URL carries none; `unknown` where nobody has it any more. */
  readonly capability: Capability | 'unknown' | undefined;
}

/** Why something is no proof; a label in the metrics. */
export const proofLacks = [
  'nothing',
  'neighbour',
  'no-neighbour',
  'unsteady',
  'ended',
  'other-host',
  'address',
  'epoch',
  'over',
] as const;
export type ProofLack = (typeof proofLacks)[number];
