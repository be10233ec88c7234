import type { Host } from '../host/host.js';
import type { Platform } from '../host/platform.js';
import type { Serial } from '../host/serial.js';
import type { ReachLimit } from '../limits.js';
import type { MacAddress } from '../net/mac-address.js';

/** `seen-platforms` of docs/limits.md. */
const MOST_SEEN = 20_000;

interface Sight {
  readonly platform: Platform;
  readonly order: number;
}

/**
 * What machines were last seen to boot with. Kept in memory until it is recorded along with another change of the machine: a
 * commit of its own for each boot would let whoever claims to be a machine write history without end.
 */
export class SeenPlatforms {
  /** The last seen stands last. */
  readonly #seen = new Map<Serial | MacAddress, Sight>();
  #order = 0;

  constructor(
    private readonly reach: ReachLimit,
    private readonly most = MOST_SEEN,
  ) {}

  /** @param who The serial, where the machine told it; the card's address where only DHCP saw it. */
  saw(who: Serial | MacAddress | undefined, platform: Platform | undefined): void {
    if (who === undefined || platform === undefined) return;
    this.#seen.delete(who);
    this.#seen.set(who, { platform, order: (this.#order += 1) });
    if (this.#seen.size <= this.most) return;
    this.reach('seen-platforms', { machines: this.most });
    for (const oldest of this.#seen.keys()) {
      this.#seen.delete(oldest);
      break;
    }
  }

  /** What the card was last seen to boot with, since the start of the daemon. */
  ofCard(mac: MacAddress): Platform | undefined {
    return this.#seen.get(mac)?.platform;
  }

  /** What the host was last seen to boot with, since the start of the daemon or before. */
  of({ serial, bootMac, macAddresses, platform }: Host): Platform | undefined {
    let last = this.#seen.get(serial);
    if (bootMac !== undefined) last = later(last, this.#seen.get(bootMac));
    for (const mac of macAddresses) last = later(last, this.#seen.get(mac));
    return last?.platform ?? platform;
  }
}

function later(one: Sight | undefined, other: Sight | undefined): Sight | undefined {
  return other === undefined || (one !== undefined && one.order > other.order) ? one : other;
}
