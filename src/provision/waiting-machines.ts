import type { Logger } from 'pino';
import type { ImagoError } from '../errors.js';
import { RangeExhausted } from '../host/address-assignment.js';
import { cardsOf } from '../host/cards.js';
import { newHost, type Host } from '../host/host.js';
import type { FleetView } from '../host/host-store.js';
import type { ReachLimit } from '../limits.js';
import { LimitedLog } from '../net/limited-log.js';
import { NotAccepted, type JoiningReason } from '../joining/errors.js';
import { Alarms, type Alarm } from './alarms.js';
import { CardRefused, ProofMissing } from './card-refused.js';
import { EtcdTokenAwaited, NewHostRefused, type RefusalReason } from './errors.js';
import { countFreeAddresses, waitForExtraAddress } from './free-addresses.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

/** Why a machine is not given its place now. */
export type Obstacle = RangeExhausted | NewHostRefused | CardRefused | EtcdTokenAwaited | NotAccepted;

export function reasonOf(
  obstacle: Obstacle,
): RefusalReason | JoiningReason | 'range' | 'card' | 'proof' | 'etcd-token' {
  if (obstacle instanceof EtcdTokenAwaited) return 'etcd-token';
  if (obstacle instanceof ProofMissing) return 'proof';
  if (obstacle instanceof CardRefused) return 'card';
  if (obstacle instanceof NewHostRefused || obstacle instanceof NotAccepted) return obstacle.reason;
  return 'range';
}

export interface WaitingMachinesParts {
  readonly fleet: FleetView;
  readonly settings: () => ProvisioningSettings;
  readonly reach: ReachLimit;
  readonly clock: () => Date;
  readonly logger: Logger;
}

/** A machine that waits asks several times a minute. Of one that is not recorded nothing else tells that it has gone. */
const GONE_AFTER_MS = 5 * 60_000;
/** One request under a wrong name is enough to be looked at: it is shown for a day. */
const SHOWN_MS = 24 * 3600_000;
/** Alarms of machines under wrong names; beyond it the one that asked longest ago goes. */
const MOST_CARD_ALARMS = 100;

interface Asked {
  readonly obstacle: Exclude<Obstacle, NotAccepted>;
  readonly at: number;
}

/** Raises the alarm when machines have to wait for their place, and takes it back when none does any more. */
export class WaitingMachines {
  readonly #alarms = new Alarms();
  /** By the keys of the alarms; who asked last comes last. */
  readonly #asked = new Map<string, Asked>();
  readonly #log: LimitedLog<'warn' | 'error'>;

  constructor(private readonly parts: WaitingMachinesParts) {
    this.#log = new LimitedLog(parts.logger, () => parts.clock().getTime());
  }

  /** A machine was told to wait. Logged when it is news; of one that goes through many names, once in ten seconds. */
  turnedAway(obstacle: Exclude<Obstacle, NotAccepted>): void {
    const now = this.parts.clock();
    const key = keyOf(obstacle);
    if (!this.#askedLately(key)) this.#alarms.clear(key);
    this.#asked.delete(key);
    this.#asked.set(key, { obstacle, at: now.getTime() });
    if (!this.#alarms.raise(obstacle, now, key)) return;
    if (obstacle instanceof CardRefused) this.#dropOldest();
    const level = obstacle instanceof NewHostRefused ? 'warn' : 'error';
    const asker = obstacle instanceof CardRefused ? (obstacle.card ?? obstacle.from) : '';
    this.#log.write(level, `${obstacle.code} ${asker}`, factsOf(obstacle), obstacle.message);
  }

  alarms(): readonly Alarm[] {
    this.clearWhatIsOver();
    return this.#alarms.list();
  }

  clearWhatIsOver(): void {
    const { fleet, settings, logger } = this.parts;
    for (const [key, { obstacle }] of this.#asked) {
      if (!this.#alarms.has(key) || !this.#isOver(key, obstacle)) continue;
      this.#alarms.clear(key);
      if (obstacle instanceof CardRefused) this.#asked.delete(key);
      const { code } = obstacle;
      logger.info({ code, free: countFreeAddresses(fleet, settings()) }, 'no machine has to wait any more');
    }
  }

  #isOver(key: string, obstacle: Exclude<Obstacle, NotAccepted>): boolean {
    if (obstacle instanceof RangeExhausted) return !this.#isShort(key);
    if (!this.#askedLately(key)) return true;
    if (obstacle instanceof EtcdTokenAwaited) return isTokenThere(this.parts.settings());
    return obstacle instanceof CardRefused && isSettled(obstacle, this.parts.fleet);
  }

  #isShort(key: string): boolean {
    const { fleet, settings } = this.parts;
    const asked = this.#askedLately(key);
    if (waitForExtraAddress(fleet, settings(), asked)) return true;
    return countFreeAddresses(fleet, settings()) === 0 && (asked || [...fleet.hosts()].some(waitsForAddress));
  }

  #askedLately(key: string): boolean {
    const asked = this.#asked.get(key);
    if (asked === undefined) return false;
    const shown = asked.obstacle instanceof CardRefused ? SHOWN_MS : GONE_AFTER_MS;
    return this.parts.clock().getTime() - asked.at < shown;
  }

  #dropOldest(): void {
    const ofCards = [...this.#asked].filter(([, { obstacle }]) => obstacle instanceof CardRefused);
    for (const [key, { obstacle }] of ofCards.slice(0, Math.max(0, ofCards.length - MOST_CARD_ALARMS))) {
      this.parts.reach('card-alarms', obstacle.facts);
      this.#asked.delete(key);
      this.#alarms.clear(key);
    }
  }
}

/** Machines under wrong names are told one by one: each pair is another matter. */
function keyOf(obstacle: Exclude<Obstacle, NotAccepted>): string {
  if (!(obstacle instanceof CardRefused)) return obstacle.code;
  const { serial, card, from } = obstacle;
  return `${obstacle.code} ${serial} ${card ?? from}`;
}

/** An operator put it right: the host or the other holder is gone, or the card is the host's by now, or it has none any more. */
function isSettled(refused: CardRefused, fleet: FleetView): boolean {
  const { serial, card, holder } = refused;
  if (refused instanceof ProofMissing) return fleet.host(serial) === undefined;
  if (card === undefined) return false;
  if (holder !== undefined) return fleet.hostByMac(card)?.serial !== holder;
  const cards = cardsOf(fleet.host(serial) ?? newHost(serial));
  return cards.length === 0 || cards.includes(card);
}

function isTokenThere({ discovery }: ProvisioningSettings): boolean {
  return discovery === undefined || discovery.token !== undefined;
}

function waitsForAddress({ state, internalAddress }: Host): boolean {
  return state === 'unknown' && internalAddress === undefined;
}

export function factsOf({ code, facts }: ImagoError) {
  return { code, ...facts };
}
