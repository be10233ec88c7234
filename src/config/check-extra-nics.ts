import { formatRange, rangesOverlap } from '../net/address-range.js';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';
import { formatSubnet, isHostAddress, subnetContains, type Subnet } from '../net/subnet.js';
import { showValue } from '../errors.js';
import type { Fault, FaultPath } from './fault.js';
import { ipv4At, listAt, rangeAt, subnetAt, valueAt } from './raw-values.js';

/** The further interfaces of hosts: of all, and of the hosts of each profile. */
export function checkExtraNics(raw: unknown): Fault[] {
  const lists: FaultPath[] = [
    ['network', 'extraNics'],
    ...listAt(raw, ['profiles']).map((_, index) => ['profiles', index, 'network', 'extraNics']),
  ];
  return lists.flatMap((list) => checkList(raw, list));
}

function checkList(raw: unknown, list: FaultPath): Fault[] {
  const nics = listAt(raw, list);
  const names = nics.map((_, index) => valueAt(raw, [...list, index, 'name']));
  const repeated = names.flatMap((name, index) =>
    typeof name === 'string' && names.indexOf(name) < index
      ? [
          {
            path: [...list, index, 'name'],
            message: `${showValue(name)} is the name of an earlier one: give each its own`,
          },
        ]
      : [],
  );
  return [...repeated, ...nics.flatMap((_, index) => checkNic(raw, [...list, index]))];
}

function checkNic(raw: unknown, nic: FaultPath): Fault[] {
  const own = subnetAt(raw, [...nic, 'subnet']);
  const main = subnetAt(raw, ['network', 'subnet']);
  const range = rangeAt(raw, [...nic, 'range']);
  if (!own) return [];
  if (main && (subnetContains(main, own.network) || subnetContains(own, main.network))) {
    return [
      {
        path: [...nic, 'subnet'],
        message: `${formatSubnet(own)} overlaps network.subnet ${formatSubnet(main)}: give each interface a network of its own`,
      },
    ];
  }
  const routers = listAt(raw, [...nic, 'routes']).flatMap((_, index) => {
    const path = [...nic, 'routes', index, 'via'];
    const via = ipv4At(raw, path);
    if (via === undefined) return [];
    const isHandedOut = range !== undefined && rangesOverlap(range, { first: via, last: via });
    return isHandedOut
      ? [{ path, message: `${formatIpv4(via)} is in the range of the hosts: move one of them` }]
      : outside(own, via, path);
  });
  if (!range) return routers;
  if (range.first > range.last) {
    const message = `${formatRange(range)} ends before it begins: exchange first and last`;
    return [...routers, { path: [...nic, 'range'], message }];
  }
  const ends = (['first', 'last'] as const).flatMap((end) =>
    outside(own, range[end], [...nic, 'range', end]),
  );
  return [...routers, ...ends];
}

function outside(subnet: Subnet, address: Ipv4, path: FaultPath): Fault[] {
  if (isHostAddress(subnet, address)) return [];
  return [
    {
      path,
      message: `${formatIpv4(address)} is not an address for a host in ${formatSubnet(subnet)}: choose one inside`,
    },
  ];
}
