import type { Serial } from '../host/serial.js';
import type { BootPlace, Capability } from '../provision/machine-proof.js';

/** A capability as it is kept: by the digest of its token, so that whoever reads the file can use none. */
export interface KeptCapability extends Capability {
  /** SHA-256 of the token, in hex. */
  readonly digest: string;
}

/** Whoever asks again so soon, and has used nothing of what he was given, did not get his answer. */
const SAME_BOOT_MS = 15_000;

interface Given {
  readonly token: string;
  /** In milliseconds. */
  readonly at: number;
}

/** What is made for a new boot. */
export interface NewToken {
  readonly token: string;
  readonly digest: string;
}

/** The capabilities in force: of each host that of its last boot script. As many as hosts have booted, and no more. */
export class Capabilities {
  readonly #bySerial = new Map<Serial, KeptCapability>();
  readonly #byDigest = new Map<string, KeptCapability>();
  /** Tokens themselves, for as long as a lost answer may be asked for again; who was given one last comes last. */
  readonly #given = new Map<Serial, Given>();

  get size(): number {
    return this.#bySerial.size;
  }

  all(): Iterable<KeptCapability> {
    return this.#bySerial.values();
  }

  byDigest(digest: string): Capability | undefined {
    return this.#byDigest.get(digest);
  }

  /** The digest of the token of its last boot script. */
  bootOf(serial: Serial): string | undefined {
    return this.#bySerial.get(serial)?.digest;
  }

  /**
   * For a new boot script of the host, at that place; what an earlier boot was given is over. The same script asked for again, for want of an
   * answer, is the same boot.
   * @param now in milliseconds
   * @returns the token, and what is to be kept where that is new.
   */
  give(
    serial: Serial,
    place: BootPlace,
    now: number,
    make: () => NewToken,
  ): { token: string; kept?: KeptCapability } {
    this.#forgetGiven(now);
    const given = this.#given.get(serial);
    const known = this.#bySerial.get(serial);
    if (given && known && !known.isUsed && !known.hasMoved && isSamePlace(known, place))
      return { token: given.token };
    const { token, digest } = make();
    const { address, epoch, card } = place;
    const kept: KeptCapability = {
      digest,
      serial,
      address,
      epoch,
      card,
      isUsed: false,
      hasMoved: false,
      isOver: false,
    };
    this.put(kept);
    this.#given.delete(serial);
    this.#given.set(serial, { token, at: now });
    return { token, kept };
  }

  /** The host did something by it. @returns it, where that changes it. */
  use(serial: Serial, place: BootPlace | undefined): KeptCapability | undefined {
    const known = this.#bySerial.get(serial);
    if (!known) return undefined;
    const { address, epoch, card } = place ?? known;
    if (known.isUsed && isSamePlace(known, { address, epoch, card })) return undefined;
    const hasMoved = known.hasMoved || card !== known.card;
    return this.put({ ...known, address, epoch, card, hasMoved, isUsed: true });
  }

  /** The system is up that the boot brought. @returns it, where that is news. */
  end(serial: Serial): KeptCapability | undefined {
    const known = this.#bySerial.get(serial);
    return known && !known.isOver ? this.put({ ...known, isOver: true }) : undefined;
  }

  /** @returns whether there was one. */
  forget(serial: Serial): boolean {
    const known = this.#bySerial.get(serial);
    if (!known) return false;
    this.#bySerial.delete(serial);
    this.#byDigest.delete(known.digest);
    this.#given.delete(serial);
    return true;
  }

  /** In place of the host's earlier one. */
  put(kept: KeptCapability): KeptCapability {
    const earlier = this.#bySerial.get(kept.serial);
    if (earlier) this.#byDigest.delete(earlier.digest);
    this.#bySerial.set(kept.serial, kept);
    this.#byDigest.set(kept.digest, kept);
    return kept;
  }

  /** A clock that was put back ends them as well. */
  #forgetGiven(now: number): void {
    for (const [serial, { at }] of this.#given) {
      if (at <= now && now - at < SAME_BOOT_MS) return;
      this.#given.delete(serial);
    }
  }
}

function isSamePlace(one: BootPlace, other: BootPlace): boolean {
  return one.address === other.address && one.epoch === other.epoch && one.card === other.card;
}
