import type { ApiHost } from '../api/schemas.js';
import type { Hardware } from '../host/hardware.js';
import { versionedSoftware, type Host } from '../host/host.js';
import { formatIpv4 } from '../net/ipv4.js';
import type { StuckHost } from '../provision/stuck-watch.js';
import type { Progress } from '../provision/progress-board.js';

export function toApiHost(host: Host, progress: Progress | undefined, stuck: StuckHost | undefined): ApiHost {
  return {
    serial: host.serial,
    state: host.state,
    ...(host.internalAddress !== undefined && { address: formatIpv4(host.internalAddress) }),
    ...(host.extraAddresses && {
      extraAddresses: Object.fromEntries(
        Object.entries(host.extraAddresses).map(([name, address]) => [name, formatIpv4(address)]),
      ),
    }),
    ...(host.diskless && { diskless: true }),
    ...(host.platform && { platform: host.platform }),
    ...(host.profile !== undefined && { profile: host.profile }),
    ...(host.isProfileTentative && { isProfileTentative: true }),
    ...(host.hardware && { hardware: apiHardware(host.hardware) }),
    ...(host.cards && { cards: [...host.cards] }),
    macAddresses: [...host.macAddresses],
    ...(host.bootMac !== undefined && { bootMac: host.bootMac }),
    ...(host.uuid !== undefined && { uuid: host.uuid }),
    ...(host.ipmiAddress !== undefined && { ipmiAddress: host.ipmiAddress }),
    ...(host.providerId !== undefined && { providerId: host.providerId }),
    ...(host.etcdClusterToken !== undefined && { etcdClusterToken: host.etcdClusterToken }),
    metadata: [...host.metadata],
    ...(host.osVersion !== undefined && { osVersion: host.osVersion }),
    ...(host.lastBoot !== undefined && { lastBoot: host.lastBoot.toISOString() }),
    ...(host.connectedNic !== undefined && { connectedNic: host.connectedNic }),
    ...(host.hostname !== undefined && { hostname: host.hostname }),
    ...(host.machineId !== undefined && { machineId: host.machineId }),
    ...(host.cabinet !== undefined && { cabinet: host.cabinet }),
    ...(host.machineOnCabinet !== undefined && { machineOnCabinet: host.machineOnCabinet }),
    overrides: { ...host.overrides },
    versions: Object.fromEntries(
      versionedSoftware.flatMap((software) => {
        const version = host.versions[software];
        return version === undefined ? [] : [[software, version]];
      }),
    ),
    ...(progress && {
      progress: { phase: progress.phase, message: progress.message, time: progress.time.toISOString() },
    }),
    ...(host.lock && { lock: { ...host.lock, since: host.lock.since.toISOString() } }),
    ...(stuck && { stuck: { ...stuck, since: new Date(stuck.since).toISOString() } }),
  };
}

export function apiHardware({ manufacturer, product, memoryBytes, disks }: Hardware) {
  return {
    ...(manufacturer !== undefined && { manufacturer }),
    ...(product !== undefined && { product }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(disks && { disks: disks.map(({ name, bytes }) => ({ name, bytes })) }),
  };
}
