import { ImagoError } from '../errors.js';
import type { Serial } from '../host/serial.js';
import { formatIpv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import type { Asker } from './new-host-gate.js';

/** Somebody asks in the name of a host and is, by its network card, another machine. Nothing is recorded. */
export class CardRefused extends ImagoError {
  readonly code = 'CARD_REFUSED';

  /** Of the lease that the asker has. */
  readonly card: MacAddress | undefined;
  readonly from: string;
  /** Whose card it is. */
  readonly holder: Serial | undefined;

  private constructor(
    readonly serial: Serial,
    asker: Asker,
    reason: string,
    facts: { readonly holder?: Serial; readonly cards?: string; readonly claimed?: string } = {},
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
