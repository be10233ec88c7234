import type { SimulationCommand } from '../../api/simulation.js';
import { firmwareClients, ipxePlatform, type SimulatedClient } from '../../dhcp/policy/simulated-client.js';
import { cardsOf } from '../../host/cards.js';
import type { Host } from '../../host/host.js';
import type { FleetView } from '../../host/host-store.js';
import { identify } from '../../host/host-identity.js';
import type { Serial } from '../../host/serial.js';
import { parseIpv4, type Ipv4 } from '../../net/ipv4.js';
import { parseMac, tryParseMac, type MacAddress } from '../../net/mac-address.js';
import { findHost } from '../../access/find-host.js';

/** A machine that is only thought of. */
export interface SimulatedMachine {
  readonly serial: Serial;
  readonly mac: MacAddress;
  readonly isMacMadeUp: boolean;
  /** That it says, or that is known of it. */
  readonly uuid: string | undefined;
  /** The host that it is, if it is one. */
  readonly known: Host | undefined;
  /** What its firmware says in DHCP. */
  readonly firmware: SimulatedClient;
  readonly relay: Ipv4 | undefined;
  /** iPXE's `${platform}`. */
  readonly platform: 'pcbios' | 'efi';
  /** iPXE's `${buildarch}`. */
  readonly arch: 'i386' | 'x86_64' | 'arm64';
}

/** Locally administered: no network card has it. */
const NOBODYS_MAC = parseMac('02:00:00:00:00:01');

/**
 * Named as its boot would name it: by its serial, else by the host that has its MAC address, else by that address.
 * @throws InvalidValue
 */
export function simulatedMachine(command: SimulationCommand, fleet: FleetView): SimulatedMachine {
  const { serial: name, mac: byMac } = withMacApart(command, fleet);
  const asked = byMac === undefined ? undefined : parseMac(byMac);
  const holder = asked === undefined ? undefined : fleet.hostByMac(asked);
  const named = name === undefined ? holder : findHost(fleet, name);
  const itsMac = asked ?? (named && cardsOf(named)[0]);
  const mac = itsMac ?? NOBODYS_MAC;
  const { serial } = identify({ serial: name ?? named?.serial, uuid: command.uuid ?? named?.uuid, mac });
  const known = fleet.host(serial);
  const relay = command.relay === undefined ? undefined : parseIpv4(command.relay);
  const firmware: Omit<SimulatedClient, 'mac'> & { readonly architecture: number } =
    firmwareClients[command.firmware];
  const architecture = command.architecture ?? firmware.architecture;
  const userClass = command.userClass ?? firmware.userClass;
  return {
    serial,
    mac,
    isMacMadeUp: itsMac === undefined,
    uuid: command.uuid ?? known?.uuid,
    known,
    firmware: { ...firmware, mac, architecture, userClass, relay },
    relay,
    ...ipxePlatform(architecture),
  };
}

/** Who looks at a network card has its address and no serial. A host that is known by such a word stays what it is. */
function withMacApart(
  { serial, mac }: SimulationCommand,
  fleet: FleetView,
): Pick<SimulationCommand, 'serial' | 'mac'> {
  const isMac = serial !== undefined && mac === undefined && tryParseMac(serial) !== undefined;
  return isMac && !findHost(fleet, serial) ? { mac: serial } : { serial, mac };
}
