import { ImagoError } from '../errors.js';
import type { Serial } from '../host/serial.js';
import { formatIpv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import { isCard, type ProofLack } from './machine-proof.js';
import type { Asker } from './new-host-gate.js';

interface Facts {
  readonly holder?: Serial;
  readonly cards?: string;
  readonly claimed?: string;
  /** The card that is seen at the asking address. */
  readonly seen?: MacAddress;
  readonly lack?: ProofLack;
}

/** Somebody asks in the name of a host and is, by its network card, another machine. Nothing is recorded. */
export class CardRefused extends ImagoError {
  readonly code: string = 'CARD_REFUSED';

  /** Of the lease that the asker has. */
  readonly card: MacAddress | undefined;
  readonly from: string;
  /** Whose card it is. */
  readonly holder: Serial | undefined;

  protected constructor(
    readonly serial: Serial,
    asker: Asker,
    reason: string,
    facts: Facts = {},
  ) {
    super(`${describe(asker, facts.claimed)} calls itself ${serial}: refused, ${reason}`, {
      serial,
      from: addressOf(asker),
      ...(asker.leasedTo !== undefined && { card: asker.leasedTo }),
      ...facts,
    });
    this.card = asker.leasedTo;
    this.from = addressOf(asker);
    this.holder = facts.holder;
  }

  /** Its card is another host's. */
  static ofAnother(serial: Serial, asker: Asker, holder: Serial): CardRefused {
    return new CardRefused(
      serial,
      asker,
      `for its network card belongs to ${holder}; retire ${holder} if it is the same machine under a new name, or if the card was moved`,
      { holder },
    );
  }

  /** The host has cards, and this is none of them. */
  static stranger(serial: Serial, asker: Asker, cards: readonly MacAddress[]): CardRefused {
    return new CardRefused(
      serial,
      asker,
      `for its network cards are ${cards.join(', ')}; ${remedy(serial)}`,
      {
        cards: cards.join(', '),
      },
    );
  }

  /** Imago leases nothing here: another machine than the one that is being installed, by what it says itself. */
  static second(
    serial: Serial,
    asker: Asker,
    claimed: readonly MacAddress[],
    cards: readonly MacAddress[],
  ): CardRefused {
    return new CardRefused(
      serial,
      asker,
      `for a machine with ${cards.join(', ')} is being installed under that name; ${remedy(serial)}`,
      { claimed: claimed.join(', '), cards: cards.join(', ') },
    );
  }

  static withoutLease(serial: Serial, asker: Asker): CardRefused {
    return new CardRefused(
      serial,
      asker,
      'for imago leased it no address; boot it by DHCP, or turn newHosts.requireLease off',
    );
  }
}

/** Nothing proves that somebody is the host in whose name he asks, see `machines.proof`. */
export class ProofMissing extends CardRefused {
  override readonly code: string = 'PROOF_MISSING';

  protected constructor(
    serial: Serial,
    asker: Asker,
    readonly lack: ProofLack,
  ) {
    const neighbour = asker.proof?.neighbour;
    super(serial, asker, reasons[lack](serial, asker), {
      lack,
      ...(isCard(neighbour) && { seen: neighbour }),
    });
  }

  static of(serial: Serial, asker: Asker, lack: ProofLack): ProofMissing {
    return lack === 'no-neighbour' || lack === 'unsteady'
      ? new CardUnseen(serial, asker, lack)
      : new ProofMissing(serial, asker, lack);
  }
}

/** What the kernel does not know yet it knows a moment later. */
class CardUnseen extends ProofMissing {
  override readonly code = 'CARD_UNSEEN';
}

/** Why it is no proof, and what helps. */
const reasons: Readonly<Record<ProofLack, (serial: Serial, asker: Asker) => string>> = {
  nothing: () =>
    'for nothing proves it: its URL carries no capability, imago did not lease its address, and its network card cannot be seen from here; see machines.proof',
  neighbour: (serial, { proof }) =>
    `for the network card that answers there is ${String(proof?.neighbour)}, which is none of its own; if it is, as that of a bridge: imagoctl set ${serial} cards; else somebody took its address`,
  'no-neighbour': () => 'for the kernel does not know yet whose network card has that address; ask again',
  unsteady: () =>
    'for its address went from one network card to another while it asked: ask again; where that happens often, somebody forges ARP',
  ended: () => 'for its URL is of a boot that is over, or was never given; boot it again',
  'other-host': () => 'for its URL was given to another host',
  address: () => 'for its URL was given to a machine at another address; boot it again',
  epoch: () => 'for somebody else had its address since its URL was given; boot it again',
  over: (serial) =>
    `for the system that its URL brought is up; to install it again: imagoctl set ${serial} state configured`,
};

function remedy(serial: Serial): string {
  return `if a card or board was replaced: imagoctl set ${serial} cards none; if several machines have this serial: machines.identity tells them apart`;
}

function describe(asker: Asker, claimed: string | undefined): string {
  const card = asker.leasedTo ?? claimed;
  return `a machine at ${addressOf(asker)}${card === undefined ? '' : ` with network card ${card}`}`;
}

function addressOf({ address }: Asker): string {
  return address === undefined ? 'elsewhere' : formatIpv4(address);
}
