import { InvalidValue } from '../errors.js';
import type { FleetView } from '../host/host-store.js';
import type { Host } from '../host/host.js';
import { parseSerial, type Serial } from '../host/serial.js';
import { UnknownHost } from '../provision/errors.js';

/** The host that a path names; a text that cannot be a serial names none. */
export function findHost(fleet: Pick<FleetView, 'host'>, raw: string): Host | undefined {
  try {
    return fleet.host(parseSerial(raw));
  } catch (error) {
    if (error instanceof InvalidValue) return undefined;
    throw error;
  }
}

/** The serial of a host that is, or that was. @throws UnknownHost for a text that cannot be one. */
export function serialNamed(raw: string): Serial {
  try {
    return parseSerial(raw);
  } catch (error) {
    if (error instanceof InvalidValue) throw new UnknownHost(raw);
    throw error;
  }
}

/** @throws UnknownHost */
export function hostNamed(fleet: Pick<FleetView, 'host'>, raw: string): Host {
  const host = findHost(fleet, raw);
  if (!host) throw new UnknownHost(raw);
  return host;
}
