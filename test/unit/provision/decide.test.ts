import { expect } from 'chai';
import type { EarlierHost } from '../../../src/host/host-archive.js';
import { newHost, type Host } from '../../../src/host/host.js';
import type { Revision } from '../../../src/host/host-store.js';
import { hostVersion } from '../../../src/host/host-version.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { decide, type Command } from '../../../src/provision/decide.js';
import { provisioningSettings } from '../../../src/provision/provisioning-settings.js';
import { FleetIndex } from '../../../src/fleet/fleet-index.js';
import { codeOf } from '../../support/rejection.js';

const serial = parseSerial('ser1');
const mac = parseMac('52:54:00:00:00:01');
const now = new Date('2026-11-21T10:00:00Z');
const settings = provisioningSettings({
  network: { hostRange: { first: parseIpv4('10.75.0.10'), last: parseIpv4('10.75.0.19') } },
  profiles: [{ name: 'default', tags: ['role=any'], osVersion: 'v1' }],
  hosts: [],
});
const host = (state: Host['state'], facts: Partial<Host> = {}): Host =>
  newHost(serial, { state, profile: 'default', internalAddress: parseIpv4('10.75.0.12'), ...facts });
const earlier: EarlierHost = { revision: 'aaaaaaaaaaaa' as Revision, host: host('running', { cabinet: 7 }) };
const lock = { by: 'ben', reason: 'not now', since: now };

/** Each kind of command, and what it comes to: the changes, or the code of the refusal. */
const table: readonly { fleet: readonly Host[]; command: Command; comesTo: string }[] = [
  {
    fleet: [],
    command: { kind: 'arrive', arrival: { serial, mac } },
    comesTo: 'host created · updated host InternalAddr · updated host profile and metadata',
  },
  {
    fleet: [host('configured')],
    command: { kind: 'install', arrival: { serial }, report: { netDevs: [] }, platform: 'uefi' },
    comesTo: 'updated host state to installing',
  },
  {
    fleet: [host('installing')],
    command: { kind: 'report-installed', serial },
    comesTo: 'updated state to installed',
  },
  {
    fleet: [host('installed')],
    command: { kind: 'report-booted', serial, report: { osVersion: 'v1' } },
    comesTo: 'updated state to running',
  },
  { fleet: [], command: { kind: 'report-booted', serial, report: {} }, comesTo: 'UNKNOWN_HOST' },
  {
    fleet: [],
    command: { kind: 'add', addition: { serial, cabinet: 3 } },
    comesTo:
      'host created · updated with predefined settings · updated host InternalAddr · updated host profile and metadata',
  },
  { fleet: [host('running')], command: { kind: 'add', addition: { serial } }, comesTo: 'HOST_EXISTS' },
  {
    fleet: [host('running')],
    command: {
      kind: 'set',
      serial,
      settings: { cabinet: 3, overrides: { disk: '/dev/sdb' }, hostname: 'n1' },
    },
    comesTo: 'updated host name · updated host cabinet · updated host overrides: disk',
  },
  {
    fleet: [host('running')],
    command: { kind: 'set-state', serial, state: 'configured' },
    comesTo: 'updated host state to configured',
  },
  {
    fleet: [host('running')],
    command: { kind: 'set-state', serial, state: 'configured', isFresh: true },
    comesTo: 'host flagged as fresh',
  },
  {
    fleet: [host('running')],
    command: { kind: 'set-state', serial, state: 'installing' },
    comesTo: 'ILLEGAL_TRANSITION',
  },
  {
    fleet: [host('running')],
    command: { kind: 'lock', serial, by: 'ben', reason: 'not now' },
    comesTo: 'locked: not now',
  },
  { fleet: [host('running', { lock })], command: { kind: 'unlock', serial }, comesTo: 'unlocked' },
  { fleet: [host('running', { lock })], command: { kind: 'retire', serial }, comesTo: 'HOST_LOCKED' },
  { fleet: [host('running')], command: { kind: 'retire', serial }, comesTo: 'host retired' },
  {
    fleet: [host('running')],
    command: { kind: 'roll-back', serial, earlier },
    comesTo: 'rolled back to aaaaaaaaaa',
  },
  {
    fleet: [host('running')],
    command: { kind: 'retire', serial, versions: [hostVersion(host('running'))] },
    comesTo: 'host retired',
  },
  {
    fleet: [host('running')],
    command: { kind: 'retire', serial, versions: [hostVersion(host('installed'))] },
    comesTo: 'PRECONDITION_FAILED',
  },
];

const fleetOf = (hosts: readonly Host[]): FleetIndex => {
  const fleet = new FleetIndex();
  for (const each of hosts) fleet.put(deepFrozen(each));
  return fleet;
};

describe('decide', () => {
  for (const { fleet, command, comesTo } of table) {
    it(`${command.kind} comes to ${comesTo}, however often, also of a copy that was sent`, () => {
      const circumstances = deepFrozen({ now, settings });
      const decided = (given: Command) => {
        try {
          return decide(given, fleetOf(fleet), circumstances);
        } catch (error) {
          return codeOf(error);
        }
      };
      const first = decided(deepFrozen(command));
      const told = typeof first === 'string' ? first : first.changes.map(({ what }) => what).join(' · ');
      expect(told).to.equal(comesTo);
      expect(decided(command)).to.deep.equal(first);
      expect(decided(structuredClone(command))).to.deep.equal(first);
    });
  }

  it('records by the way what a machine was seen to boot with', () => {
    const fleet = fleetOf([host('configured')]);
    const command = {
      kind: 'install',
      arrival: { serial },
      report: { netDevs: [] },
      platform: 'uefi',
    } as const;
    expect(decide(command, fleet, { now, settings }).host).to.include({ platform: 'uefi' });
  });
});

/** What a decision would change of it throws. */
function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFrozen(part);
  }
  return value;
}
