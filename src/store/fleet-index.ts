import type { FleetView } from '../host/host-store.js';
import type { Host } from '../host/host.js';
import type { Serial } from '../host/serial.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';

/** The fleet in memory. Every index and count follows each change; nothing is ever counted again. */
export class FleetIndex implements FleetView {
  readonly #bySerial = new Map<Serial, Host>();
  readonly #byMac = new Map<MacAddress, Serial>();
  readonly #byAddress = new Map<Ipv4, Serial>();
  readonly #byUuid = new Map<string, Serial>();
  readonly #profileCounts = new Map<string, number>();

  defaultEtcdClusterToken: string | undefined;

  get size(): number {
    return this.#bySerial.size;
  }

  host(serial: Serial): Host | undefined {
    return this.#bySerial.get(serial);
  }

  hostByMac(mac: MacAddress): Host | undefined {
    return this.#named(this.#byMac.get(mac));
  }

  hostByAddress(address: Ipv4): Host | undefined {
    return this.#named(this.#byAddress.get(address));
  }

  hostByUuid(uuid: string): Host | undefined {
    return this.#named(this.#byUuid.get(uuid));
  }

  hosts(): Iterable<Host> {
    return this.#bySerial.values();
  }

  profileCount(profile: string): number {
    return this.#profileCounts.get(profile) ?? 0;
  }

  put(host: Host): void {
    this.remove(host.serial, host);
    this.#bySerial.set(host.serial, host);
    for (const mac of macsOf(host)) this.#byMac.set(mac, host.serial);
    if (host.internalAddress !== undefined) this.#byAddress.set(host.internalAddress, host.serial);
    if (host.uuid !== undefined) this.#byUuid.set(host.uuid, host.serial);
    this.#count(host.profile, 1);
  }

  /** @param successor keeps its place in the order of the hosts. */
  remove(serial: Serial, successor?: Host): void {
    const host = this.#bySerial.get(serial);
    if (!host) return;
    if (!successor) this.#bySerial.delete(serial);
    for (const mac of macsOf(host)) forget(this.#byMac, mac, serial);
    if (host.internalAddress !== undefined) forget(this.#byAddress, host.internalAddress, serial);
    if (host.uuid !== undefined) forget(this.#byUuid, host.uuid, serial);
    this.#count(host.profile, -1);
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

function macsOf(host: Host): readonly MacAddress[] {
  return host.bootMac === undefined ? host.macAddresses : [host.bootMac, ...host.macAddresses];
}

/** Two machines can claim the same key; only its present holder may take it away. */
function forget<K>(index: Map<K, Serial>, key: K, serial: Serial): void {
  if (index.get(key) === serial) index.delete(key);
}
