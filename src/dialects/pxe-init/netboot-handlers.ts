import { findHost } from '../../access/find-host.js';
import { InvalidValue } from '../../errors.js';
import type { NetbootMachine as ShownMachine } from '../../api/netboot.js';
import { cardsOf } from '../../host/cards.js';
import type { FleetView } from '../../host/host-store.js';
import { BadRequest } from '../../http/http-errors.js';
import type { NetbootHandlers } from '../../http/netboot-handlers.js';
import { tryParseMac, type MacAddress } from '../../net/mac-address.js';
import { NetbootImageUnknown, NetbootMachineUnknown } from './errors.js';
import type { NetbootMachine } from './netboot-book.js';
import type { RecordBook } from './record-book.js';

type Fleet = Pick<FleetView, 'host' | 'hostByMac'>;

/** What operators call: images, and whose machines boot them. */
export function netbootHandlers(book: RecordBook, fleet: Fleet): NetbootHandlers {
  const shown = ({ mac, image }: NetbootMachine): ShownMachine => {
    const serial = fleet.hostByMac(mac)?.serial;
    return { mac, image, ...(serial !== undefined && { serial }) };
  };
  return {
    async listNetbootImages() {
      const machines = new Map<string, string[]>();
      for (const { mac, image } of await book.machines()) {
        if (image === null) continue;
        const tied = machines.get(image);
        if (tied) tied.push(mac);
        else machines.set(image, [mac]);
      }
      const images = await book.images();
      return {
        images: images.map((image) => ({
          ...image,
          arguments: [...image.arguments],
          machines: machines.get(image.name) ?? [],
        })),
      };
    },
    async putNetbootImage(call) {
      const { name } = call.params;
      const image = { name, ...(await call.body()) };
      await book.register(image, call.caller);
      const machines = (await book.machines()).filter((machine) => machine.image === name);
      return { ...image, machines: machines.map(({ mac }) => mac) };
    },
    async removeNetbootImage(call) {
      const { name } = call.params;
      const isForced = call.query().force === 'true';
      if (!(await book.unregister(name, call.caller, isForced))) throw new NetbootImageUnknown(name);
    },
    async listNetbootMachines() {
      return { machines: (await book.machines()).map(shown) };
    },
    async tieNetbootMachine(call) {
      const { image } = await call.body();
      const machines = cardsNamed(call.params.machine, fleet).map((mac) => ({ mac, image }));
      for (const machine of machines) await book.tie(machine, call.caller);
      return { machines: machines.map(shown) };
    },
    async untieNetbootMachine(call) {
      const { machine } = call.params;
      let count = 0;
      for (const mac of cardsNamed(machine, fleet)) if (await book.untie(mac, call.caller)) count += 1;
      if (count === 0) throw new NetbootMachineUnknown(machine);
    },
  };
}

/** The network card that is named, or those of the host. @throws InvalidValue, BadRequest */
function cardsNamed(name: string, fleet: Fleet): readonly MacAddress[] {
  const host = findHost(fleet, name);
  if (!host) {
    const mac = tryParseMac(name);
    if (mac !== undefined) return [mac];
    throw new InvalidValue(
      'the serial of a host, nor a MAC address',
      name,
      'imagoctl list shows the hosts; an address is written as in 52:54:00:00:00:01',
    );
  }
  const cards = cardsOf(host);
  if (cards.length === 0)
    throw new BadRequest(`no network card of ${host.serial} is known yet: name one by its MAC address`);
  return cards;
}
