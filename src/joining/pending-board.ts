import type { Serial } from '../host/serial.js';
import { joinCode } from './join-code.js';
import { keyOf, seenAgain, type PendingMachine, type Sighting } from './pending-machine.js';

/** A machine that waits asks several times a minute: one that is silent for so long is gone. */
const GONE_AFTER_MS = 60 * 60_000;

export interface Seen {
  /** Undefined where there is no room for it. */
  readonly machine: PendingMachine | undefined;
  readonly isNew: boolean;
  /** Who made room. */
  readonly pushedOut: PendingMachine | undefined;
}

/**
 * Who waits to be accepted. What strangers make up has an end: where it is full, one without a lease makes room, the one that has been
 * waiting for longest first; for one without a lease nobody with a lease does.
 */
export class PendingBoard {
  /** By key; who has been waiting for longest comes first. */
  readonly #waiting = new Map<string, PendingMachine>();
  readonly #codes = new Set<string>();

  /** @param key Of which codes are made. */
  constructor(private readonly key: Uint8Array) {}

  /** @param isTaken Whether somebody who does not wait has the code. */
  saw(sighting: Sighting, most: number, now: Date, isTaken: (code: string) => boolean = () => false): Seen {
    const known = this.of(sighting);
    if (known) {
      const machine = seenAgain(known, sighting, now);
      this.#waiting.set(keyOf(known), machine);
      return { machine, isNew: false, pushedOut: undefined };
    }
    this.forgetGone(now);
    const pushedOut = this.#waiting.size >= most ? this.#makeRoom() : undefined;
    if (this.#waiting.size >= most) return { machine: undefined, isNew: true, pushedOut };
    const name = keyOf(sighting);
    const code = joinCode(this.key, name, (wanted) => this.#codes.has(wanted) || isTaken(wanted));
    const machine = { ...sighting, code, since: now, lastSeen: now };
    this.#waiting.set(name, machine);
    this.#codes.add(code);
    return { machine, isNew: true, pushedOut };
  }

  /** As it waits already. One whose card is not known is the one of that serial at its address. */
  of({ serial, mac, address }: Pick<Sighting, 'serial' | 'mac' | 'address'>): PendingMachine | undefined {
    const known = this.#waiting.get(keyOf({ serial, mac }));
    if (known || mac !== undefined || address === undefined) return known;
    return this.list().find((machine) => machine.serial === serial && machine.address === address);
  }

  list(): readonly PendingMachine[] {
    return [...this.#waiting.values()];
  }

  remove(machine: Pick<Sighting, 'serial' | 'mac'>): void {
    const name = keyOf(machine);
    const known = this.#waiting.get(name);
    if (!known) return;
    this.#waiting.delete(name);
    this.#codes.delete(known.code);
  }

  /** @param isHost Of whom nobody waits any more. */
  forgetGone(now: Date, isHost: (serial: Serial) => boolean = () => false): void {
    for (const machine of this.list()) {
      const isGone = now.getTime() - machine.lastSeen.getTime() >= GONE_AFTER_MS;
      if (isGone || isHost(machine.serial)) this.remove(machine);
    }
  }

  #makeRoom(): PendingMachine | undefined {
    const stranger = this.list().find(({ isLeased }) => !isLeased);
    if (stranger) this.remove(stranger);
    return stranger;
  }
}
