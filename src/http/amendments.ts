import type { HostPatch } from '../api/schemas.js';
import {
  inTurn,
  setCabinet,
  setEtcdClusterToken,
  setHostname,
  setIpmiAddress,
  setMachineOnCabinet,
  setMetadata,
  setOverrides,
  setProfile,
  setProviderId,
  type HostAmendment,
} from '../provision/plan-amendment.js';

/** How a patch changes a host, one change for each field that it names; `null` clears. */
export function amendmentsOf(patch: HostPatch): HostAmendment {
  const all = [
    amend(patch.profile, setProfile),
    amend(patch.metadata, setMetadata),
    amend(patch.hostname, (hostname) => setHostname(hostname ?? '')),
    amend(patch.providerId, (id) => setProviderId(id ?? '')),
    amend(patch.ipmiAddress, (address) => setIpmiAddress(address ?? '')),
    amend(patch.etcdClusterToken, (token) => setEtcdClusterToken(token ?? '')),
    amend(patch.cabinet, (cabinet) => setCabinet(cabinet ?? 0)),
    amend(patch.machineOnCabinet, (machine) => setMachineOnCabinet(machine ?? 0)),
    amend(patch.overrides, setOverrides),
  ];
  return inTurn(all.flat());
}

function amend<T>(value: T | undefined, amendmentOf: (value: T) => HostAmendment): HostAmendment[] {
  return value === undefined ? [] : [amendmentOf(value)];
}
