import { versionedSoftware, type Host } from '../host/host.js';
import { formatIpv4 } from '../net/ipv4.js';
import { mayuVersionField } from './mayu-bodies.js';

/** Go's zero time. */
const NEVER = '0001-01-01T00:00:00Z';

/** The host in the JSON of Mayu 0.11: zero values are left out, but for `ConnectedNIC`, `LastBoot` and `State`. */
export function toMayuHost(host: Host): Readonly<Record<string, unknown>> {
  const mayu = {
    ProviderId: host.providerId,
    Enabled: true,
    Serial: host.serial,
    MacAddresses: host.macAddresses,
    InternalAddr: host.internalAddress === undefined ? undefined : formatIpv4(host.internalAddress),
    Cabinet: host.cabinet,
    MachineOnCabinet: host.machineOnCabinet,
    IPMIAddr: host.ipmiAddress,
    Hostname: host.hostname,
    MachineID: host.machineId,
    FleetMetadata: host.metadata,
    Profile: host.profile,
    EtcdClusterToken: host.etcdClusterToken,
    Overrides: host.overrides,
    CoreOSVersion: host.osVersion,
    ...Object.fromEntries(
      versionedSoftware.map((software) => [mayuVersionField[software], host.versions[software]]),
    ),
  };
  return {
    ...Object.fromEntries(Object.entries(mayu).filter(([, value]) => !isZero(value))),
    ConnectedNIC: host.connectedNic ?? '',
    LastBoot: host.lastBoot?.toISOString() ?? NEVER,
    State: host.state,
  };
}

function isZero(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0) return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
