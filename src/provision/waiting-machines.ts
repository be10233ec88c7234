import type { Logger } from 'pino';
import type { ImagoError } from '../errors.js';
import { RangeExhausted } from '../host/address-assignment.js';
import type { Host } from '../host/host.js';
import type { FleetView } from '../host/host-store.js';
import { Alarms, type Alarm } from './alarms.js';
import { countFreeAddresses, waitForExtraAddress } from './free-addresses.js';
import { NewHostRefused, type RefusalReason } from './new-host-refused.js';
import type { ProvisioningSettings } from './provisioning-settings.js';

/** Why a machine is not given its place now. */
export type Obstacle = RangeExhausted | NewHostRefused;

export function reasonOf(obstacle: Obstacle): RefusalReason | 'range' {
  return obstacle instanceof NewHostRefused ? obstacle.reason : 'range';
}

export interface WaitingMachinesParts {
  readonly fleet: FleetView;
  readonly settings: () => ProvisioningSettings;
  readonly clock: () => Date;
  readonly logger: Logger;
}

/** A machine that waits asks several times a minute. Of one that is not recorded nothing else tells that it has gone. */
const GONE_AFTER_MS = 5 * 60_000;

/** Raises the alarm when machines have to wait for their place, and takes it back when none does any more. */
export class WaitingMachines {
  readonly #alarms = new Alarms();
  readonly #askedAt = new Map<string, number>();

  constructor(private readonly parts: WaitingMachinesParts) {}

  /** A machine was told to wait. Logged when it is news. */
  turnedAway(obstacle: Obstacle): void {
    const { clock, logger } = this.parts;
    const now = clock();
    if (!this.#askedLately(obstacle.code)) this.#alarms.clear(obstacle.code);
    this.#askedAt.set(obstacle.code, now.getTime());
    if (!this.#alarms.raise(obstacle, now)) return;
    const level = obstacle instanceof RangeExhausted ? 'error' : 'warn';
    logger[level](factsOf(obstacle), obstacle.message);
  }

  alarms(): readonly Alarm[] {
    this.clearWhatIsOver();
    return this.#alarms.list();
  }

  clearWhatIsOver(): void {
    for (const { code } of this.#alarms.list()) {
      const { fleet, settings, logger } = this.parts;
      const isOver = code === 'RANGE_EXHAUSTED' ? !this.#isShort(code) : !this.#askedLately(code);
      if (!isOver) continue;
      this.#alarms.clear(code);
      logger.info({ code, free: countFreeAddresses(fleet, settings()) }, 'no machine has to wait any more');
    }
  }

  #isShort(code: string): boolean {
    const { fleet, settings } = this.parts;
    const asked = this.#askedLately(code);
    if (waitForExtraAddress(fleet, settings(), asked)) return true;
    return countFreeAddresses(fleet, settings()) === 0 && (asked || [...fleet.hosts()].some(waitsForAddress));
  }

  #askedLately(code: string): boolean {
    const at = this.#askedAt.get(code);
    return at !== undefined && this.parts.clock().getTime() - at < GONE_AFTER_MS;
  }
}

function waitsForAddress({ state, internalAddress }: Host): boolean {
  return state === 'unknown' && internalAddress === undefined;
}

export function factsOf({ code, facts }: ImagoError) {
  return { code, ...facts };
}
