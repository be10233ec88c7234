import type { Hardware } from '../api/pending.js';
import type { ApiHost } from '../api/schemas.js';
import { counted } from '../errors.js';
import { cell } from './columns.js';
import { instant } from './times.js';
import { hostColor, paint } from './paint.js';
import { keyValues } from './render-list.js';

type Line = readonly [label: string, value: string | undefined];

/** Mayu’s lines under Mayu’s labels, in its order, then what imago knows besides. */
export function renderStatus(host: ApiHost, { color }: { readonly color: boolean }): string[] {
  const { versions, progress, stuck, lock } = host;
  const lines: Line[] = [
    ['Serial', host.serial],
    ['IP', host.address],
    ['IPMI', host.ipmiAddress],
    ['Provider ID', host.providerId],
    ['Macs', host.macAddresses.join(', ')],
    ['Cabinet', host.cabinet?.toString()],
    ['Machine on Cabinet', host.machineOnCabinet?.toString()],
    ['Hostname', host.hostname],
    ['MachineID', host.machineId],
    ['ConnectedNIC', host.connectedNic],
    ['Profile', host.profile],
    ['State', host.state],
    ['EtcdToken', host.etcdClusterToken],
    ['Metadata', host.metadata.join(', ')],
    ['CoreOS', host.osVersion],
    ['Mayu', versions['mayu']],
    ['Yochu', versions['yochu']],
    ['Docker', versions['docker']],
    ['Etcd', versions['etcd']],
    ['Fleet', versions['fleet']],
    ['Rkt', versions['rkt']],
    ['K8s', versions['k8s']],
    ['LastBoot', instant(host.lastBoot)],
    ['UUID', host.uuid],
    ['Boot MAC', host.bootMac],
    ...ifKnown('Cards', host.cards?.join(', ')),
    ['Overrides', keyValues(host.overrides).join(', ')],
    ...ifKnown('Extra IPs', host.extraAddresses && keyValues(host.extraAddresses).join(', ')),
    ...ifKnown('Diskless', host.diskless === true ? 'yes' : undefined),
    ...ifKnown('Platform', host.platform),
    ...ifKnown('Hardware', host.hardware && renderHardware(host.hardware)),
    ...ifKnown('Profile until', host.isProfileTentative === true ? 'its installer tells more' : undefined),
    [
      'Stuck',
      stuck && `${stuck.reason}: ${stuck.detail} (since ${instant(stuck.since)}, retries: ${stuck.retries})`,
    ],
    ...ifKnown('Locked', lock && `by ${lock.by} since ${instant(lock.since)}: ${lock.reason}`),
    ['Progress', progress && `${progress.phase} ${progress.message} (${instant(progress.time)})`],
  ];
  const width = Math.max(...lines.map(([label]) => label.length)) + 3;
  return lines.map(([label, value]) => {
    const text = cell(value);
    return `${label}:`.padEnd(width) + (color && label === 'State' ? paint(text, hostColor(host)) : text);
  });
}

/** As in `Dell Inc. PowerEdge R740, 64 GB memory, 1 disk (sda 480.1 GB)`, of 10^9 bytes. */
function renderHardware({ manufacturer, product, memoryBytes, disks }: Hardware): string {
  const size = (bytes: number) => `${Math.round(bytes / 1e8) / 10} GB`;
  return [
    [manufacturer, product].filter((text) => text !== undefined).join(' '),
    memoryBytes === undefined ? '' : `${size(memoryBytes)} memory`,
    disks === undefined
      ? ''
      : `${counted(disks.length, 'disk')}${disks.length > 0 ? ` (${disks.map(({ name, bytes }) => `${name} ${size(bytes)}`).join(', ')})` : ''}`,
  ]
    .filter((text) => text !== '')
    .join(', ');
}

/** A line that most machines do not have. */
function ifKnown(label: string, value: string | undefined): Line[] {
  return value === undefined ? [] : [[label, value]];
}
