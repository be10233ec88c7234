import type { Serial } from '../host/serial.js';
import type { BootPlace, Capability } from '../provision/machine-proof.js';
import type { CapabilityNotes } from '../provision/provisioner.js';

/** What machines prove by that they are those to which imago gave it. */
export interface CapabilityBook extends CapabilityNotes {
  /** Whose it is now; undefined where it is nobody’s any more. */
  find(token: string): Capability | undefined;
  /** Names the last boot of the host, as its boot script began it. Nobody can ask for anything by it. */
  bootOf(serial: Serial): string | undefined;
  /** For the boot script of a host; 32 hex digits. An earlier boot’s is over with it. Resolves when a crash does not lose it. */
  give(serial: Serial, place: BootPlace): Promise<string>;
}
