import {
  formatIpv4,
  formatRange,
  formatSubnet,
  isHostAddress,
  rangeContains,
  rangesOverlap,
  subnetsOverlap,
  type AddressRange,
  type Ipv4,
  type Subnet,
} from '../net/ipv4.js';
import { DEFAULT_PROFILE } from '../host/profile.js';
import { cleanText, showValue } from '../errors.js';
import { adminFaults, grpcPortFaults, isSetUp, portFaults } from './port-faults.js';
import { setUp } from './dialects.js';
import type { Fault, FaultPath } from './fault.js';
import { nearest } from './nearest.js';
import { operatorsFaults } from './operators-faults.js';
import type { Config } from './schema.js';
import type { Parts } from './sound-parts.js';

type Sound = Parts<Config>;

/**
 * What no single setting can tell: whether addresses lie in their subnet, whether names that are referred to exist. A setting that is
 * at fault by itself is left out of `config`, and what it has to do with others passed over.
 * @param isWritten whether anything stands there, also where it is at fault
 */
export function crossCheck(config: Sound, isWritten: (path: FaultPath) => boolean): Fault[] {
  return [
    ...networkFaults(config),
    ...profileFaults(config, isWritten),
    ...hostFaults(config),
    ...relayedFaults(config),
    ...reservationFaults(config),
    ...nicFaults(config),
    ...profileNameFaults(config),
    ...sealingFaults(config),
    ...unprovenFaults(config),
    ...newHostFaults(config),
    ...upstreamFaults(config),
    ...sourceFaults(config),
    ...apiFaults(config),
    ...adminFaults(config),
    ...portFaults(config),
    ...grpcPortFaults(config),
    ...operatorsFaults(config),
  ];
}

function networkFaults({ network = {} }: Sound): Fault[] {
  const { serverAddress: server, router, subnet } = network;
  const inside = (address: Ipv4 | undefined, path: FaultPath) =>
    subnet && address !== undefined ? outsideFaults(subnet, address, path, 'network.subnet ') : [];
  const ranges = (['bootstrapRange', 'hostRange'] as const).flatMap((name): Fault[] => {
    const path = ['network', name];
    const range = rangeOf(network[name]);
    if (!range) return [];
    const { first, last } = range;
    if (first > last) {
      const message = `begins at ${formatIpv4(first)}, after its end ${formatIpv4(last)}: exchange first and last`;
      return [{ path, message }];
    }
    const ends = [...inside(first, [...path, 'first']), ...inside(last, [...path, 'last'])];
    if (server === undefined || !rangeContains(range, server)) return ends;
    const message = `${formatRange(range)} holds the server’s own address ${formatIpv4(server)}: move one of them`;
    return [...ends, { path, message }];
  });
  return [
    ...inside(server, ['network', 'serverAddress']),
    ...inside(router, ['network', 'router']),
    ...ranges,
    ...overlapFaults(rangeOf(network.bootstrapRange), rangeOf(network.hostRange)),
  ];
}

function overlapFaults(bootstrap: AddressRange | undefined, host: AddressRange | undefined): Fault[] {
  if (!bootstrap || !host || !rangesOverlap(bootstrap, host)) return [];
  const message = `${formatRange(host)} overlaps bootstrapRange ${formatRange(bootstrap)}: fixed and dynamic addresses must not meet`;
  return [{ path: ['network', 'hostRange'], message }];
}

function profileFaults(config: Sound, isWritten: (path: FaultPath) => boolean): Fault[] {
  const names = profileNames(config);
  const faults = repeated(names).map(({ value, index }): Fault => ({
    path: ['profiles', index, 'name'],
    message: `${showValue(value)} is the name of an earlier profile: give each its own`,
  }));
  const unversioned = (config.profiles ?? []).flatMap((profile, index): Fault[] => {
    const path = ['profiles', index, 'osVersion'];
    const message =
      'is missing: write the folder in paths.images, as in 3815.2.0, or set defaultOsVersion for all profiles';
    return profile === undefined || isWritten(path) || isWritten(['defaultOsVersion'])
      ? []
      : [{ path, message }];
  });
  const matches = (config.profiles ?? []).flatMap((profile, index) =>
    profile?.match ? matchFaults(profile.match, profile.name, ['profiles', index, 'match']) : [],
  );
  if (names.length > 0 && !names.includes(DEFAULT_PROFILE)) {
    const message = `none is named '${DEFAULT_PROFILE}': new machines get it when all others are full`;
    return [...faults, ...unversioned, ...matches, { path: ['profiles'], message }];
  }
  return [...faults, ...unversioned, ...matches];
}

type SoundMatch = NonNullable<NonNullable<Sound['profiles']>[number]>['match'];

/** Conditions that no machine could meet, or that would not be asked. */
function matchFaults(match: NonNullable<SoundMatch>, profile: string | undefined, at: FaultPath): Fault[] {
  if (profile === DEFAULT_PROFILE) {
    const message = `${DEFAULT_PROFILE} takes what no other profile takes: leave this out, or give it to another profile`;
    return [{ path: at, message }];
  }
  const { memory, disks } = match;
  const ranges: [path: FaultPath, min: number | undefined, max: number | undefined][] = [
    [['memory'], memory?.minGigabytes, memory?.maxGigabytes],
    [['disks'], disks?.minCount, disks?.maxCount],
    [['disks', 'smallest'], disks?.smallest?.minGigabytes, disks?.smallest?.maxGigabytes],
    [['disks', 'largest'], disks?.largest?.minGigabytes, disks?.largest?.maxGigabytes],
  ];
  return ranges.flatMap(([path, min, max]) =>
    min !== undefined && max !== undefined && min > max
      ? [{ path: [...at, ...path], message: `begins at ${min}, after its end ${max}: exchange them` }]
      : [],
  );
}

function hostFaults(config: Sound): Fault[] {
  const profiles = profileNames(config);
  const range = rangeOf(config.network?.hostRange);
  const hosts = config.hosts ?? [];
  const single = hosts.flatMap((host, index): Fault[] => {
    const { profile, address } = host ?? {};
    const faults: Fault[] = [];
    if (profile !== undefined && !profiles.includes(profile))
      faults.push({ path: ['hosts', index, 'profile'], message: noProfile(profile, profiles) });
    if (address !== undefined && range && !rangeContains(range, address)) {
      const message = `${formatIpv4(address)} is outside network.hostRange ${formatRange(range)}: choose one inside`;
      faults.push({ path: ['hosts', index, 'address'], message });
    }
    return faults;
  });
  const addresses = hosts.map((host) => host?.address);
  const texts = {
    serial: hosts.map((host) => host?.serial),
    address: addresses.map((address) => address && formatIpv4(address)),
  };
  const double = Object.entries(texts).flatMap(([key, values]) =>
    repeated(values).map(({ value, index }) => ({
      path: ['hosts', index, key],
      message: `${showValue(value)} is the ${key} of an earlier host`,
    })),
  );
  return [...single, ...double];
}

/** The networks of DHCP beside the provisioning network. */
function relayedFaults({ network, dhcp }: Sound): Fault[] {
  const main = network?.subnet;
  return (dhcp?.subnets ?? []).flatMap((relayed, index) => {
    const own = relayed?.subnet;
    if (!main || !own || !subnetsOverlap(main, own)) return [];
    const message = `${formatSubnet(own)} overlaps network.subnet ${formatSubnet(main)}: only other networks belong here`;
    return [{ path: ['dhcp', 'subnets', index, 'subnet'], message }];
  });
}

/** The addresses that are reserved in any of the networks. */
function reservationFaults({ network, dhcp }: Sound): Fault[] {
  const main = network?.subnet;
  if (!main) return [];
  const relayed = dhcp?.subnets ?? [];
  const subnets = [main, ...relayed.flatMap((each) => each?.subnet ?? [])];
  const hostRange = rangeOf(network?.hostRange);
  const owners: [setting: string, Ipv4 | undefined][] = [
    ['network.serverAddress', network?.serverAddress],
    ['network.router', network?.router],
    ...relayed.map((each, index): [string, Ipv4 | undefined] => [
      `dhcp.subnets.${index}.router`,
      each?.router,
    ]),
  ];
  return (dhcp?.reservations ?? []).flatMap((reservation, index) => {
    const address = reservation?.address;
    if (address === undefined) return [];
    const message = reservationFault(address);
    return message === undefined ? [] : [{ path: ['dhcp', 'reservations', index, 'address'], message }];
  });

  function reservationFault(address: Ipv4): string | undefined {
    const text = formatIpv4(address);
    if (!subnets.some((subnet) => isHostAddress(subnet, address)))
      return `${text} is not an address for a host in ${subnets.map(formatSubnet).join(', ')}: choose one inside`;
    const [owner] = owners.find(([, owned]) => owned === address) ?? [];
    if (owner !== undefined) return `${text} is ${owner} already: choose another`;
    if (hostRange && rangeContains(hostRange, address))
      return `${text} is in network.hostRange ${formatRange(hostRange)}, from where hosts get theirs: choose one outside, or give it to the machine as hosts[].address`;
    return undefined;
  }
}

type Nics = NonNullable<Sound['network']>['extraNics'];

/** The further interfaces of hosts: of all, and of the hosts of each profile. */
function nicFaults({ network, profiles = [] }: Sound): Fault[] {
  const main = network?.subnet;
  const lists: [FaultPath, Nics][] = [
    [['network', 'extraNics'], network?.extraNics],
    ...profiles.map((profile, index): [FaultPath, Nics] => [
      ['profiles', index, 'network', 'extraNics'],
      profile?.network?.extraNics,
    ]),
  ];
  return lists.flatMap(([list, nics = []]) => [
    ...repeated(nics.map((nic) => nic?.name)).map(({ value, index }) => ({
      path: [...list, index, 'name'],
      message: `${showValue(value)} is the name of an earlier one: give each its own`,
    })),
    ...nics.flatMap((nic, index) => (nic ? oneNicFaults(nic, [...list, index], main) : [])),
  ]);
}

function oneNicFaults(
  nic: NonNullable<NonNullable<Nics>[number]>,
  at: FaultPath,
  main: Subnet | undefined,
): Fault[] {
  const own = nic.subnet;
  if (!own) return [];
  if (main && subnetsOverlap(main, own)) {
    const message = `${formatSubnet(own)} overlaps network.subnet ${formatSubnet(main)}: give each interface a network of its own`;
    return [{ path: [...at, 'subnet'], message }];
  }
  const range = rangeOf(nic.range);
  const routers = (nic.routes ?? []).flatMap((route, index) => {
    const path = [...at, 'routes', index, 'via'];
    const via = route?.via;
    if (via === undefined) return [];
    return range && rangesOverlap(range, { first: via, last: via })
      ? [{ path, message: `${formatIpv4(via)} is in the range of the hosts: move one of them` }]
      : outsideFaults(own, via, path);
  });
  if (!range) return routers;
  if (range.first > range.last) {
    const message = `${formatRange(range)} ends before it begins: exchange first and last`;
    return [...routers, { path: [...at, 'range'], message }];
  }
  const ends = (['first', 'last'] as const).flatMap((end) =>
    outsideFaults(own, range[end], [...at, 'range', end]),
  );
  return [...routers, ...ends];
}

/** Where settings are given by the names of profiles. */
function profileNameFaults(config: Sound): Fault[] {
  const profiles = profileNames(config);
  const places: [FaultPath, object | undefined][] = [
    [['power', 'profiles'], config.power?.profiles],
    [['events', 'stuck', 'profiles'], config.events?.stuck?.profiles],
  ];
  const ofKeys = places.flatMap(([path, given = {}]) =>
    Object.keys(given)
      .filter((name) => !profiles.includes(name))
      .map((name) => ({ path: [...path, name], message: noProfile(name, profiles) })),
  );
  const ofSecrets = Object.entries(config.secrets?.named ?? {}).flatMap(([secret, named]) =>
    (named?.profiles ?? []).flatMap((name, index) =>
      name === undefined || profiles.includes(name)
        ? []
        : [{ path: ['secrets', 'named', secret, 'profiles', index], message: noProfile(name, profiles) }],
    ),
  );
  return [...ofKeys, ...ofSecrets];
}

/** Nobody would ever get them. */
function unprovenFaults({ machines, secrets }: Sound): Fault[] {
  if (machines?.proof !== 'off' || Object.keys(secrets?.named ?? {}).length === 0) return [];
  const message =
    'are for machines that prove which ones they are, and machines.proof is off: set it to log or required';
  return [{ path: ['secrets', 'named'], message }];
}

/** Ignition itself, which fetches its configuration in the other modes, opens nothing that is sealed. */
function sealingFaults({ profiles = [] }: Sound): Fault[] {
  return profiles.flatMap((profile, index) => {
    const mode = profile?.mode;
    if (profile?.install?.sealed !== true || mode === undefined || mode === 'two-stage') return [];
    const message = `needs mode two-stage, whose first stage opens what is sealed: with ${mode} leave it out`;
    return [{ path: ['profiles', index, 'install', 'sealed'], message }];
  });
}

/** Where imago leases nothing, no machine could ever come. */
function newHostFaults({ newHosts, dhcp }: Sound): Fault[] {
  const mode = dhcp?.mode;
  if (newHosts?.requireLease !== true || mode === undefined || mode === 'server') return [];
  const message = `needs dhcp.mode server: with ${showValue(mode)} imago leases no addresses; unset it`;
  return [{ path: ['newHosts', 'requireLease'], message }];
}

/** A server that asks itself never comes to an end. */
function upstreamFaults({ network, dns }: Sound): Fault[] {
  const own = network?.serverAddress;
  return (dns?.upstreams ?? []).flatMap((upstream, index) => {
    if (upstream === undefined || upstream !== own) return [];
    const message = `${formatIpv4(own)} is this server itself: name one that knows other names`;
    return [{ path: ['dns', 'upstreams', index], message }];
  });
}

/** A server that asks itself has each machine wait for its own answer. */
function apiFaults({ network, listeners, pixiecore }: Sound): Fault[] {
  const { serverAddress: own } = network ?? {};
  if (pixiecore?.api === undefined || own === undefined) return [];
  const { hostname, port } = new URL(pixiecore.api);
  if (hostname !== formatIpv4(own) || Number(port || 80) !== listeners?.http?.port) return [];
  const message = `${showValue(pixiecore.api)} is this server itself: name the API server that knows other machines`;
  return [{ path: ['pixiecore', 'api'], message }];
}

/** A source that is not set up would never be asked. */
function sourceFaults(config: Sound): Fault[] {
  const sources = config.boot?.sources ?? [];
  const double = repeated(sources).map(({ value, index }) => ({
    path: ['boot', 'sources', index],
    message: `${showValue(value)} stands there already: it is asked once`,
  }));
  const off = sources.flatMap((name, index): Fault[] => {
    if (name === undefined || isSetUp(name, config) !== false) return [];
    const message = `${name} is not set up: set ${setUp[name].by}, or leave it out`;
    return [{ path: ['boot', 'sources', index], message }];
  });
  return [...double, ...off];
}

function noProfile(name: string, profiles: readonly string[]): string {
  const meant = nearest(name, profiles);
  const remedy = meant
    ? `did you mean ${cleanText(meant)}?`
    : `use one of ${profiles.map(cleanText).join(', ')}`;
  return `there is no profile ${showValue(name)}: ${remedy}`;
}

function outsideFaults(subnet: Subnet, address: Ipv4, path: FaultPath, setting = ''): Fault[] {
  if (isHostAddress(subnet, address)) return [];
  const message = `${formatIpv4(address)} is not an address for a host in ${setting}${formatSubnet(subnet)}: choose one inside`;
  return [{ path, message }];
}

function repeated(values: readonly (string | undefined)[]): { value: string; index: number }[] {
  return values.flatMap((value, index) =>
    value !== undefined && values.indexOf(value) < index ? [{ value, index }] : [],
  );
}

function profileNames({ profiles = [] }: Sound): string[] {
  return profiles.map((profile) => profile?.name ?? '');
}

function rangeOf(ends: Parts<AddressRange> | undefined): AddressRange | undefined {
  const { first, last } = ends ?? {};
  return first === undefined || last === undefined ? undefined : { first, last };
}
