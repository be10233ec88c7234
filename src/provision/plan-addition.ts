import type { FleetView } from '../host/host-store.js';
import type { Hardware } from '../host/hardware.js';
import type { HostPlan } from './host-steps.js';
import type { Serial } from '../host/serial.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import { checkAddress } from './check-address.js';
import { HostExists, MacHeld } from './errors.js';
import { planArrival } from './plan-arrival.js';
import { type PredefinedSettings, profileNamed, type ProvisioningSettings } from './provisioning-settings.js';

/** A machine as an operator describes it before it ever boots. */
export interface Addition extends Omit<PredefinedSettings, 'serial'> {
  readonly serial: Serial;
  readonly mac?: MacAddress | undefined;
  /** What the machine said of itself while it waited. */
  readonly uuid?: string | undefined;
  readonly hardware?: Hardware | undefined;
}

/**
 * The machine becomes a host as if it had arrived, with what the operator wants of it before what the configuration says.
 * @throws HostExists, AddressTaken, MacHeld, InvalidValue, RangeExhausted, EtcdTokenAwaited
 */
export function planAddition(
  fleet: FleetView,
  { mac, uuid, hardware, ...wanted }: Addition,
  settings: ProvisioningSettings,
  searchFrom?: Ipv4,
): HostPlan {
  const { serial, profile, address } = wanted;
  if (fleet.host(serial)) throw new HostExists(serial);
  if (profile !== undefined) profileNamed(profile, settings);
  if (address !== undefined) checkAddress(fleet, serial, address, settings);
  const holder = mac === undefined ? undefined : fleet.hostByMac(mac);
  if (mac !== undefined && holder) throw new MacHeld(mac, serial, holder.serial);
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const predefined = new Map(settings.predefined).set(serial, {
    ...settings.predefined.get(serial),
    ...given,
    serial,
  });
  const cards = mac !== undefined && (settings.leases ?? 'none') !== 'none' ? [mac] : undefined;
  const plan = planArrival(
    fleet,
    { serial, uuid, mac, hardware, cards },
    { ...settings, predefined },
    searchFrom,
  );
  if (plan.shortage) throw plan.shortage;
  return plan;
}
