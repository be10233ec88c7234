import type { ApiHost } from '../api/schemas.js';
import { cell } from './columns.js';
import { instant } from './times.js';
import { hostColor, paint } from './paint.js';
import { keyValues } from './render-list.js';

/** Mayu’s lines under Mayu’s labels, in its order, then what imago knows besides. */
export function renderStatus(host: ApiHost, { color }: { readonly color: boolean }): string[] {
  const { versions, progress, stuck } = host;
  const lines: [label: string, value: string | undefined][] = [
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
    ...(host.cards ? [['Cards', host.cards.join(', ')] satisfies [string, string]] : []),
    ['Overrides', keyValues(host.overrides).join(', ')],
    ...(host.extraAddresses
      ? [['Extra IPs', keyValues(host.extraAddresses).join(', ')] satisfies [string, string]]
      : []),
    ...(host.diskless === true ? [['Diskless', 'yes'] satisfies [string, string]] : []),
    ...(host.platform ? [['Platform', host.platform] satisfies [string, string]] : []),
    [
      'Stuck',
      stuck && `${stuck.reason}: ${stuck.detail} (since ${instant(stuck.since)}, retries: ${stuck.retries})`,
    ],
    ...(host.lock
      ? [
          ['Locked', `by ${host.lock.by} since ${instant(host.lock.since)}: ${host.lock.reason}`] satisfies [
            string,
            string,
          ],
        ]
      : []),
    ['Progress', progress && `${progress.phase} ${progress.message} (${instant(progress.time)})`],
  ];
  const width = Math.max(...lines.map(([label]) => label.length)) + 3;
  return lines.map(([label, value]) => {
    const text = cell(value);
    return `${label}:`.padEnd(width) + (color && label === 'State' ? paint(text, hostColor(host)) : text);
  });
}
