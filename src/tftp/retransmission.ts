/** A packet is sent this often to a client that does not answer, the first time included; then the client is gone. */
export const MAX_SENDS = 5;

/**
 * The same for a client that has confirmed something: it is there, and no stranger's address. Where one packet in ten is lost each way,
 * five sends in a row are in vain once in 4,000 blocks, which is one transfer in a few dozen; after them come pauses, see Transfer.
 */
export const MAX_SENDS_TO_KNOWN = 10;

/** Milliseconds before a packet is sent again while nothing is known of the client: firmware may be slow. */
const PATIENT_MS = 1000;

/** Milliseconds; the floor once the path has been seen to lose packets. */
const LOSSY_MS = 100;

/** How often the wait is doubled, at most, for a client that says by repeating itself that it still waits. */
const MAX_EXPIRIES_OF_WAITING = 2;

/** Milliseconds; doubling stops here, so that 5 sends outlast a client that repeats itself every 5 seconds. */
const LONGEST_MS = 4000;

/**
 * How long to wait for an answer (RFC 6298's estimate, with a floor that learns). A client which has lost nothing yet
 * gets a full second: a busy firmware is not flooded. Once a packet that was sent again brought the transfer forward,
 * the path is known to lose packets and the measured round trip decides. A repeated ACK then tells that the packet had
 * arrived after all, and the patience is back. Any other repeated ACK tells that the client itself has waited in vain:
 * it is there and wants the packet, so little is gained by waiting longer each time. Busybox gives up after 12 repetitions.
 *
 * With RFC 2349's `timeout` the client's own number takes the place of the patient second and is not doubled.
 */
export class RetransmissionTimer {
  readonly #patientMs: number;
  readonly #longestMs: number;
  #smoothed: number | undefined;
  #deviation = 0;
  #expiries = 0;
  #lossy = false;

  constructor(timeoutSeconds: number | undefined) {
    this.#patientMs = timeoutSeconds === undefined ? PATIENT_MS : timeoutSeconds * 1000;
    this.#longestMs = timeoutSeconds === undefined ? LONGEST_MS : this.#patientMs;
  }

  /** Milliseconds from the latest send until the next one. */
  get waitMs(): number {
    const floor = this.#lossy ? Math.min(LOSSY_MS, this.#patientMs) : this.#patientMs;
    const measured = this.#smoothed === undefined ? floor : this.#smoothed + 4 * this.#deviation;
    return Math.min(Math.max(floor, measured) * 2 ** this.#expiries, this.#longestMs);
  }

  /** Milliseconds of a typical round trip, once there was one. */
  get roundTripMs(): number | undefined {
    return this.#smoothed;
  }

  /** A packet that was sent once was answered after so many milliseconds (Karn: never one that was sent again). */
  measured(roundTripMs: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = roundTripMs;
      this.#deviation = roundTripMs / 2;
      return;
    }
    this.#deviation += (Math.abs(this.#smoothed - roundTripMs) - this.#deviation) / 4;
    this.#smoothed += (roundTripMs - this.#smoothed) / 8;
  }

  expired(): void {
    this.#expiries += 1;
  }

  /** The transfer went forward; if that took a second send, then the path loses packets. */
  progressed(): void {
    if (this.#expiries > 0) this.#lossy = true;
    this.#expiries = 0;
  }

  /** The client repeated itself although nothing was sent to it twice: what it waits for is lost, or late. */
  clientMissesData(): void {
    this.#lossy = true;
    this.#expiries = Math.min(this.#expiries, MAX_EXPIRIES_OF_WAITING);
  }

  /** What was sent again had arrived the first time. */
  wasTooEager(): void {
    this.#lossy = false;
  }
}
