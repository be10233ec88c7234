import { hardwareOfQuery } from '../access/identity.js';
import type { WeighedProfile } from '../api/explanation.js';
import { completedHardware, type Hardware } from '../host/hardware.js';
import { newHost, type Host } from '../host/host.js';
import { weighedProfiles } from '../host/profile.js';
import type { Serial } from '../host/serial.js';
import type { PendingMachine } from '../joining/pending-machine.js';
import type { MacAddress } from '../net/mac-address.js';
import { matchedMachine } from '../provision/decide-profile.js';
import type { PreviewPorts } from './services.js';

/** The machine that waits, or was rejected, under that serial or with that card; undefined where none does. */
export function waitingAs(
  serial: Serial | undefined,
  mac: MacAddress | undefined,
  { joining }: Pick<PreviewPorts, 'joining'>,
): PendingMachine | undefined {
  const all = [...joining.pending(), ...joining.rejected()];
  return all.find(
    (machine) =>
      (serial === undefined || machine.serial === serial) && (mac === undefined || machine.mac === mac),
  );
}

/** What the machine is made of as far as it is known, with what it is thought to say itself before that. */
export function hardwareInQuestion(
  labels: readonly string[],
  known: Pick<Host, 'hardware'> | PendingMachine | undefined,
): Hardware | undefined {
  const said = Object.fromEntries(
    labels.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  return completedHardware(known?.hardware, hardwareOfQuery(said), true);
}

/** @param own The profile that the host counts for already. */
export function weighProfiles(
  host: Host,
  own: string | undefined,
  { config, store }: Pick<PreviewPorts, 'config' | 'store'>,
): WeighedProfile[] {
  return weighedProfiles(config().profiles, store, matchedMachine(host), own).map(
    ({ quantity, conditions, ...profile }) => ({
      ...profile,
      ...(quantity !== undefined && { quantity }),
      conditions: conditions.map(({ found, ...condition }) => ({
        ...condition,
        ...(found !== undefined && { found }),
      })),
    }),
  );
}

/** A machine that waits, as a host: profiles are weighed for it. */
export function asHost(host: Host, mac: MacAddress | undefined, hardware: Hardware | undefined): Host {
  return newHost(host.serial, {
    ...host,
    ...(host.bootMac === undefined && mac !== undefined && { bootMac: mac }),
    ...(hardware && { hardware }),
  });
}
