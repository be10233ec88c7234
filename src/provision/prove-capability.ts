import type { Host } from '../host/host.js';
import type { MacAddress } from '../net/mac-address.js';
import type { Errand } from './errand.js';
import type { KnownCards } from './known-cards.js';
import { isCard, type BootPlace, type MachineProof, type ProofLack, type SeenCard } from './machine-proof.js';
import type { Asker } from './new-host-gate.js';

/** What a capability proves; `place` is where its boot goes on from now on, if that is to be noted. */
export type CapabilityVerdict =
  | { readonly holds: true; readonly place?: BootPlace }
  | { readonly holds: false; readonly lack: ProofLack };

/**
 * Whether the capability that the asker shows is that of the host, and the asker still the one that it was given to. That is one at the same
 * address as long as nobody else had that in between; at another address that is leased to one of the host's cards; at an address of the
 * host's own. Once, and before anything was done by it, it may go on by another card, if that is nobody's: a machine of several cards.
 */
export function proveCapability(
  host: Host | undefined,
  errand: Pick<Errand, 'serial' | 'kind'>,
  asker: Asker,
  proof: MachineProof,
  cards: KnownCards,
): CapabilityVerdict {
  const { capability, neighbour, epoch } = proof;
  if (capability === undefined) return failed('nothing');
  if (capability === 'unknown' || !host) return failed('ended');
  if (capability.serial !== errand.serial) return failed('other-host');
  if (capability.isOver && errand.kind !== 'up') return failed('over');
  const { address, leasedTo, hasLease } = asker;
  if (address === undefined) return failed('address');

  const mayMove = !capability.isUsed && !capability.hasMoved;
  const isItsOwn = (card: MacAddress) => card === capability.card || cards.isOwn(card);
  const mayBeItsOwn = (card: MacAddress) => isItsOwn(card) || (mayMove && cards.isFree(card));
  const at = (card: MacAddress | undefined): BootPlace => ({ address, epoch, card });

  if (address === capability.address) {
    if (epoch !== capability.epoch) return failed('epoch');
    const lack = lackOfNeighbour(neighbour, mayBeItsOwn);
    if (lack) return failed(lack);
    const moves = isCard(neighbour) && !isItsOwn(neighbour);
    return { holds: true, place: at(moves ? neighbour : capability.card) };
  }
  if (hasLease === true && leasedTo !== undefined) {
    if (!mayBeItsOwn(leasedTo)) return failed('address');
    const lack = lackOfNeighbour(neighbour, (card) => card === leasedTo || isItsOwn(card));
    return lack ? failed(lack) : { holds: true, place: at(leasedTo) };
  }
  if (isAddressOf(host, asker)) {
    const lack = lackOfNeighbour(neighbour, isItsOwn);
    return lack ? failed(lack) : { holds: true };
  }
  if (!cards.areLeased && isCard(neighbour) && mayBeItsOwn(neighbour))
    return { holds: true, place: at(neighbour) };
  return failed('address');
}

/** What there is against the card that is seen; nothing where none can be seen there. */
export function lackOfNeighbour(
  neighbour: SeenCard,
  fits: (card: MacAddress) => boolean,
): ProofLack | undefined {
  if (neighbour === undefined) return 'no-neighbour';
  if (neighbour === 'unsteady') return 'unsteady';
  return isCard(neighbour) && !fits(neighbour) ? 'neighbour' : undefined;
}

/** Whether it asks from an address that the host was given for its life. */
export function isAddressOf(host: Host, { address }: Pick<Asker, 'address'>): boolean {
  if (address === undefined) return false;
  return address === host.internalAddress || Object.values(host.extraAddresses ?? {}).includes(address);
}

function failed(lack: ProofLack): CapabilityVerdict {
  return { holds: false, lack };
}
