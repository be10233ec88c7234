import type { FleetView } from '../host/host-store.js';
import { cardsOf } from '../host/cards.js';
import type { Host } from '../host/host.js';
import { isInUse, keepsItsCards } from '../host/lifecycle.js';
import type { Serial } from '../host/serial.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import { Claims } from './claims.js';

/** The fleet in memory. Every index and count follows each change; nothing is ever counted again. */
export class FleetIndex implements FleetView {
  readonly #bySerial: Map<Serial, Host>;
  readonly #byMac: Claims<MacAddress>;
  readonly #byAddress: Claims<Ipv4>;
  readonly #profileCounts: Map<string, number>;
  readonly #hasLeased = (serial: Serial, mac: MacAddress): boolean =>
    this.#bySerial.get(serial)?.cards?.includes(mac) === true;
  readonly #keepsItsCards = (serial: Serial): boolean => {
    const host = this.#bySerial.get(serial);
    return host !== undefined && keepsItsCards(host.state);
  };
  readonly #isInUse = (serial: Serial): boolean => {
    const host = this.#bySerial.get(serial);
    return host !== undefined && isInUse(host.state);
  };

  defaultEtcdClusterToken: string | undefined;
  /** The service that made the token, where imago does not serve discovery itself. */
  etcdDiscovery: string | undefined;

  /** @param other to begin with a copy of */
  constructor(other?: FleetIndex) {
    this.#bySerial = new Map(other ? other.#bySerial : []);
    this.#byMac = new Claims(other ? other.#byMac : undefined);
    this.#byAddress = new Claims(other ? other.#byAddress : undefined);
    this.#profileCounts = new Map(other ? other.#profileCounts : []);
    this.defaultEtcdClusterToken = other?.defaultEtcdClusterToken;
    this.etcdDiscovery = other?.etcdDiscovery;
  }

  get size(): number {
    return this.#bySerial.size;
  }

  host(serial: Serial): Host | undefined {
    return this.#bySerial.get(serial);
  }

  hostByMac(mac: MacAddress): Host | undefined {
    return this.#named(this.#byMac.holder(mac, this.#hasLeased, this.#keepsItsCards));
  }

  hostByAddress(address: Ipv4): Host | undefined {
    return this.#named(this.#byAddress.holder(address, this.#isInUse));
  }

  hosts(): Iterable<Host> {
    return this.#bySerial.values();
  }

  profileCount(profile: string): number {
    return this.#profileCounts.get(profile) ?? 0;
  }

  /** Of what it keeps a host does not lose its place among several that claim it. */
  put(host: Host): void {
    const before = this.#bySerial.get(host.serial);
    this.#follow(before, host);
    this.#bySerial.set(host.serial, host);
    if (before && before.state !== host.state) this.#enterUse(before, host);
  }

  /** Whoever was in use before it with the same key keeps it. */
  #enterUse(before: Host, host: Host): void {
    if (keepsItsCards(host.state) && !keepsItsCards(before.state))
      for (const mac of cardsOf(host)) this.#byMac.renew(mac, host.serial);
    if (!isInUse(host.state) || isInUse(before.state)) return;
    for (const address of addressesOf(host)) this.#byAddress.renew(address, host.serial);
  }

  remove(serial: Serial): void {
    const host = this.#bySerial.get(serial);
    if (!host) return;
    this.#bySerial.delete(serial);
    this.#follow(host, undefined);
  }

  #follow(before: Host | undefined, after: Host | undefined): void {
    move(this.#byMac, cardsOf, before, after);
    move(this.#byAddress, addressesOf, before, after);
    this.#count(before?.profile, -1);
    this.#count(after?.profile, 1);
  }

  #named(serial: Serial | undefined): Host | undefined {
    return serial === undefined ? undefined : this.#bySerial.get(serial);
  }

  #count(profile: string | undefined, step: 1 | -1): void {
    if (profile === undefined) return;
    const count = this.profileCount(profile) + step;
    if (count === 0) this.#profileCounts.delete(profile);
    else this.#profileCounts.set(profile, count);
  }
}

function move<K>(
  claims: Claims<K>,
  keysOf: (host: Host) => readonly K[],
  before: Host | undefined,
  after: Host | undefined,
): void {
  const had = before ? keysOf(before) : [];
  const has = after ? keysOf(after) : [];
  if (before) for (const key of had) if (!has.includes(key)) claims.remove(key, before.serial);
  if (after) for (const key of has) if (!had.includes(key)) claims.add(key, after.serial);
}

function addressesOf({ internalAddress }: Host): readonly Ipv4[] {
  return internalAddress === undefined ? [] : [internalAddress];
}
