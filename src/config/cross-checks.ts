import { formatRange, rangeContains, rangesOverlap } from '../net/address-range.js';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';
import { formatSubnet, isHostAddress, type Subnet } from '../net/subnet.js';
import { DEFAULT_PROFILE } from '../host/profile.js';
import { cleanText, showValue } from '../errors.js';
import { checkDhcp } from './check-dhcp.js';
import { checkExtraNics } from './check-extra-nics.js';
import type { Fault, FaultPath } from './fault.js';
import { nearest } from './nearest.js';
import { ipv4At, listAt, rangeAt, subnetAt, valueAt } from './raw-values.js';

/**
 * What no single setting can tell: whether addresses lie in their subnet, whether names that are referred to exist.
 * Works on the raw document and passes over what the schema already complains of, so that all faults show at once.
 */
export function crossCheck(raw: unknown): Fault[] {
  return [
    ...checkNetwork(raw),
    ...checkProfiles(raw),
    ...checkHosts(raw),
    ...checkDhcp(raw),
    ...checkExtraNics(raw),
    ...checkNamesOfProfiles(raw),
    ...checkNewHosts(raw),
    ...checkUpstreams(raw),
  ];
}

function checkNetwork(raw: unknown): Fault[] {
  const faults: Fault[] = [];
  const subnet = subnetAt(raw, ['network', 'subnet']);
  const server = ipv4At(raw, ['network', 'serverAddress']);
  const ranges = (['bootstrapRange', 'hostRange'] as const).map((name) => ({
    name,
    range: rangeAt(raw, ['network', name]),
  }));

  for (const path of [
    ['network', 'serverAddress'],
    ['network', 'router'],
  ]) {
    const address = ipv4At(raw, path);
    if (subnet && address !== undefined) faults.push(...outside(subnet, address, path));
  }
  for (const { name, range } of ranges) {
    const path = ['network', name];
    if (!range) continue;
    if (range.first > range.last) {
      faults.push({
        path,
        message: `begins at ${formatIpv4(range.first)}, after its end ${formatIpv4(range.last)}: exchange first and last`,
      });
      continue;
    }
    if (subnet) {
      faults.push(
        ...outside(subnet, range.first, [...path, 'first']),
        ...outside(subnet, range.last, [...path, 'last']),
      );
    }
    if (server !== undefined && rangeContains(range, server)) {
      faults.push({
        path,
        message: `${formatRange(range)} holds the server’s own address ${formatIpv4(server)}: move one of them`,
      });
    }
  }
  const [bootstrap, host] = ranges.map(({ range }) => range);
  if (bootstrap && host && rangesOverlap(bootstrap, host)) {
    faults.push({
      path: ['network', 'hostRange'],
      message: `${formatRange(host)} overlaps bootstrapRange ${formatRange(bootstrap)}: fixed and dynamic addresses must not meet`,
    });
  }
  return faults;
}

function checkProfiles(raw: unknown): Fault[] {
  const names = namesOfProfiles(raw);
  const faults: Fault[] = repeated(names).map(({ name, index }) => ({
    path: ['profiles', index, 'name'],
    message: `${showValue(name)} is the name of an earlier profile: give each its own`,
  }));
  faults.push(...checkVersions(raw));
  if (names.length > 0 && !names.includes(DEFAULT_PROFILE)) {
    return [
      ...faults,
      {
        path: ['profiles'],
        message: `none is named '${DEFAULT_PROFILE}': new machines get it when all others are full`,
      },
    ];
  }
  return faults;
}

function checkVersions(raw: unknown): Fault[] {
  if (valueAt(raw, ['defaultOsVersion']) !== undefined) return [];
  return listAt(raw, ['profiles']).flatMap((profile, index) => {
    const path = ['profiles', index, 'osVersion'];
    const message =
      'is missing: write the folder in paths.images, as in 3815.2.0, or set defaultOsVersion for all profiles';
    const isThere = typeof profile !== 'object' || valueAt(raw, path) !== undefined;
    return isThere ? [] : [{ path, message }];
  });
}

function checkHosts(raw: unknown): Fault[] {
  const faults: Fault[] = [];
  const profiles = namesOfProfiles(raw);
  const range = rangeAt(raw, ['network', 'hostRange']);
  const hosts = listAt(raw, ['hosts']);
  for (const index of hosts.keys()) {
    const profile = valueAt(raw, ['hosts', index, 'profile']);
    if (typeof profile === 'string' && !profiles.includes(profile)) {
      faults.push({
        path: ['hosts', index, 'profile'],
        message: noProfile(profile, profiles),
      });
    }
    const address = ipv4At(raw, ['hosts', index, 'address']);
    if (address !== undefined && range && !rangeContains(range, address)) {
      faults.push({
        path: ['hosts', index, 'address'],
        message: `${formatIpv4(address)} is outside network.hostRange ${formatRange(range)}: choose one inside`,
      });
    }
  }
  for (const key of ['serial', 'address']) {
    const values = hosts
      .map((_, index) => valueAt(raw, ['hosts', index, key]))
      .map((value) => (typeof value === 'string' ? value.toLowerCase() : ''));
    for (const { name, index } of repeated(values)) {
      if (name)
        faults.push({
          path: ['hosts', index, key],
          message: `${showValue(name)} is the ${key} of an earlier host`,
        });
    }
  }
  return faults;
}

/** Where settings are given by the names of profiles. */
function checkNamesOfProfiles(raw: unknown): Fault[] {
  const profiles = namesOfProfiles(raw);
  return [
    ['power', 'profiles'],
    ['events', 'stuck', 'profiles'],
  ].flatMap((path) => {
    const given = valueAt(raw, path);
    const names = typeof given === 'object' && given !== null ? Object.keys(given) : [];
    return names
      .filter((name) => !profiles.includes(name))
      .map((name) => ({
        path: [...path, name],
        message: noProfile(name, profiles),
      }));
  });
}

/** Where imago leases nothing, no machine could ever come. */
function checkNewHosts(raw: unknown): Fault[] {
  const path = ['newHosts', 'requireLease'];
  const mode = valueAt(raw, ['dhcp', 'mode']) ?? 'server';
  if (valueAt(raw, path) !== true || mode === 'server') return [];
  return [
    { path, message: `needs dhcp.mode server: with ${showValue(mode)} imago leases no addresses; unset it` },
  ];
}

/** A server that asks itself never comes to an end. */
function checkUpstreams(raw: unknown): Fault[] {
  const own = ipv4At(raw, ['network', 'serverAddress']);
  return listAt(raw, ['dns', 'upstreams']).flatMap((_, index) => {
    const path = ['dns', 'upstreams', index];
    if (own === undefined || ipv4At(raw, path) !== own) return [];
    return [{ path, message: `${formatIpv4(own)} is this server itself: name one that knows other names` }];
  });
}

function noProfile(name: string, profiles: readonly string[]): string {
  const meant = nearest(name, profiles);
  const remedy = meant
    ? `did you mean ${cleanText(meant)}?`
    : `use one of ${profiles.map(cleanText).join(', ')}`;
  return `there is no profile ${showValue(name)}: ${remedy}`;
}

function outside(subnet: Subnet, address: Ipv4, path: FaultPath): Fault[] {
  if (isHostAddress(subnet, address)) return [];
  return [
    {
      path,
      message: `${formatIpv4(address)} is not an address for a host in network.subnet ${formatSubnet(subnet)}: choose one inside`,
    },
  ];
}

function repeated(names: readonly string[]): { name: string; index: number }[] {
  return names
    .map((name, index) => ({ name, index }))
    .filter(({ name, index }) => names.indexOf(name) < index);
}

function namesOfProfiles(raw: unknown): string[] {
  return listAt(raw, ['profiles']).map((_, index) => {
    const name = valueAt(raw, ['profiles', index, 'name']);
    return typeof name === 'string' ? name : '';
  });
}
