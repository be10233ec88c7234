import type { ParsedUrlQuery } from 'node:querystring';
import type { BootAsker } from '../boot/boot-source.js';
import type { Config } from '../config/schema.js';
import { cardsOf } from '../host/cards.js';
import type { ClaimedIdentity } from '../host/host-identity.js';
import type { FleetView } from '../host/host-store.js';
import type { Host } from '../host/host.js';
import type { Serial } from '../host/serial.js';
import type { MacAddress } from '../net/mac-address.js';
import type { Asker } from '../provision/new-host-gate.js';

const MOST_LABELS = 64;

/** The machine that asks by this query. */
export function askerOfQuery(
  { uuid, serial, mac }: ClaimedIdentity,
  { leasedTo }: Pick<Asker, 'leasedTo'>,
  query: ParsedUrlQuery,
): BootAsker {
  const labels = Object.entries(query)
    .slice(0, MOST_LABELS)
    .map(([key, value]) => [key, (Array.isArray(value) ? value[0] : value) ?? '']);
  return { mac: leasedTo ?? mac, uuid, serial, labels: Object.fromEntries(labels) as BootAsker['labels'] };
}

/** What an operator has a machine say, beside what is known of it. */
export interface MachineWords {
  readonly uuid?: string | undefined;
  /** Each as `KEY=VALUE`. */
  readonly label?: readonly string[];
}

/** A machine as it would ask of which only so much is known. */
export function askerOfMachine(
  serial: string | undefined,
  mac: MacAddress | undefined,
  host: Host | undefined,
  { uuid = host?.uuid, label = [] }: MachineWords = {},
): BootAsker {
  const card = mac ?? (host && cardsOf(host)[0]);
  const known = { mac: card, uuid, serial };
  const labels = Object.entries(known).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const said = label.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
  return { ...known, labels: Object.fromEntries([...labels, ...said]) as BootAsker['labels'] };
}

/** Whether imago has it as a host, or its configuration names it. */
export function isHost(
  serial: Serial,
  fleet: Pick<FleetView, 'host'>,
  { hosts }: Pick<Config, 'hosts'>,
): boolean {
  return fleet.host(serial) !== undefined || hosts.some((host) => host.serial === serial);
}
