import type { HostPatch } from '../api/schemas.js';
import { InvalidValue } from '../errors.js';
import { parseMac } from '../net/mac-address.js';
import {
  inTurn,
  setCabinet,
  setCards,
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

/** How a patch changes a host, one change for each field that it names; `null` clears. @throws InvalidValue */
export function amendmentsOf(patch: HostPatch): HostAmendment {
  const all = [
    amend(patch, 'profile', setProfile),
    amend(patch, 'metadata', setMetadata),
    amend(patch, 'hostname', (hostname) => setHostname(hostname ?? '')),
    amend(patch, 'providerId', (id) => setProviderId(id ?? '')),
    amend(patch, 'ipmiAddress', (address) => setIpmiAddress(address ?? '')),
    amend(patch, 'etcdClusterToken', (token) => setEtcdClusterToken(token ?? '')),
    amend(patch, 'cabinet', (cabinet) => setCabinet(cabinet ?? 0)),
    amend(patch, 'machineOnCabinet', (machine) => setMachineOnCabinet(machine ?? 0)),
    amend(patch, 'cards', (cards) => setCards((cards ?? []).map(parseMac))),
    amend(patch, 'overrides', setOverrides),
  ];
  return inTurn(all.flat());
}

/** @throws InvalidValue that names the field */
function amend<K extends keyof HostPatch>(
  patch: HostPatch,
  field: K,
  amendmentOf: (value: Exclude<HostPatch[K], undefined>) => HostAmendment,
): HostAmendment[] {
  const value = patch[field];
  if (value === undefined) return [];
  try {
    return [amendmentOf(value as Exclude<HostPatch[K], undefined>)];
  } catch (error) {
    throw error instanceof InvalidValue ? error.inField(field) : error;
  }
}
