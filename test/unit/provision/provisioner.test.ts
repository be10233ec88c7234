import { expect } from 'chai';
import { pino } from 'pino';
import { newHost, type Host } from '../../../src/host/host.js';
import { hostStates, type HostState } from '../../../src/host/lifecycle.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import type { ReachLimit } from '../../../src/limits.js';
import type { Budget } from '../../../src/net/token-buckets.js';
import { parseMac } from '../../../src/net/mac-address.js';
import type { NewHostLimits } from '../../../src/config/new-hosts-section.js';
import { Joining } from '../../../src/joining/joining.js';
import type { Asker } from '../../../src/provision/new-host-gate.js';
import type { HostSettings } from '../../../src/provision/plan-amendment.js';
import { provisioningSettings } from '../../../src/provision/provisioning-settings.js';
import { Provisioner } from '../../../src/provision/provisioner.js';
import { SeenPlatforms } from '../../../src/provision/seen-platforms.js';
import type { Obstacle } from '../../../src/provision/waiting-machines.js';
import { BrokenHostStore, InMemoryHostStore } from '../../support/fake-host-store.js';
import { rejection } from '../../support/rejection.js';

const serial = parseSerial('ser1');
const operator = { name: 'anna', kind: 'operator' } as const;
const report = { netDevs: [{ name: 'eth0', mac: parseMac('52:54:00:00:00:01') }], connectedNic: 'eth0' };

/** The server itself asks. */
const here: Asker = { address: undefined, isServer: true };
const unlimited: NewHostLimits = {
  perAddressPerHour: 0,
  perMinute: 0,
  requireLease: false,
  forgetAfterHours: 72,
};

/** An operator overrides something of the host. */
const override = (overrides: NonNullable<HostSettings['overrides']>) =>
  ({ kind: 'set', serial, settings: { overrides } }) as const;

interface World {
  readonly addresses?: number;
  readonly newHosts?: Partial<NewHostLimits>;
  readonly clock?: () => Date;
  readonly turnedAway?: (obstacle: Obstacle) => void;
  readonly platforms?: SeenPlatforms;
  readonly changes?: Budget;
  readonly reach?: ReachLimit;
}

function provisionerOf(
  store: InMemoryHostStore,
  {
    addresses = 90,
    newHosts,
    clock = () => new Date('2026-11-21T10:00:00Z'),
    turnedAway = () => undefined,
    platforms = new SeenPlatforms(() => undefined),
    changes = { burst: 20, perMinute: 6 },
    reach = () => undefined,
  }: World = {},
): Provisioner {
  const settings = provisioningSettings({
    network: {
      hostRange: { first: parseIpv4('10.75.0.10'), last: parseIpv4(`10.75.0.${9 + addresses}`) },
    },
    profiles: [{ name: 'default', tags: [], osVersion: 'v1' }],
    hosts: [{ serial: parseSerial('promised') }],
  });
  return new Provisioner({
    store,
    settings: () => settings,
    newHosts: () => ({ ...unlimited, ...newHosts }),
    joining: joiningOf(store),
    machines: () => ({ changes, reports: changes }),
    reach,
    turnedAway,
    platforms,
    capabilities: { used: () => Promise.resolve(), isUp: () => Promise.resolve() },
    unproven: () => undefined,
    clock,
    logger: pino({ level: 'silent' }),
  });
}

/** All that come become hosts. */
function joiningOf(fleet: InMemoryHostStore): Joining {
  return new Joining({
    key: new Uint8Array(32),
    settings: () => ({ mode: 'auto', maxPending: 10 }),
    fleet,
    rejected: [],
    keeper: { save: () => Promise.resolve() },
    reach: () => undefined,
    clock: () => new Date('2026-11-21T10:00:00Z'),
  });
}

function host(state: HostState, facts: Partial<Host> = {}): Host {
  return newHost(serial, { profile: 'default', internalAddress: parseIpv4('10.75.0.10'), state, ...facts });
}

/** What becomes of an attempt: the commits it makes, or the code of its error. */
async function outcome(store: InMemoryHostStore, attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
    return store.storyOf('ser1').join(' · ') || 'nothing';
  } catch (error) {
    return String(Reflect.get(Object(error), 'code'));
  }
}

describe('Provisioner', () => {
  const events: Record<string, (p: Provisioner) => Promise<unknown>> = {
    arrive: (p) => p.arrive({ serial }, here),
    startInstallation: (p) => p.startInstallation({ serial }, report, here),
    reportInstalled: (p) => p.reportInstalled(serial, here),
    reportBooted: (p) => p.reportBooted(serial, {}, here),
    configure: async (p) =>
      (await p.order({ kind: 'set-state', serial, state: 'configured' }, operator)).host,
  };
  const place = 'updated host InternalAddr · updated host profile and metadata';
  const hardware = 'collected host mac addresses · updated host connected nic';
  const want: Record<string, Record<HostState, string>> = {
    arrive: {
      unknown: 'updated host profile and metadata',
      configured: 'nothing',
      installing: 'nothing',
      installed: 'nothing',
      running: 'nothing',
    },
    startInstallation: {
      unknown: `updated host profile and metadata · ${hardware} · updated host state to installing`,
      configured: `${hardware} · updated host state to installing`,
      installing: `${hardware} · updated host state to installing`,
      installed: 'ILLEGAL_TRANSITION',
      running: 'ILLEGAL_TRANSITION',
    },
    reportInstalled: {
      unknown: 'ILLEGAL_TRANSITION',
      configured: 'ILLEGAL_TRANSITION',
      installing: 'updated state to installed',
      installed: 'nothing',
      running: 'ILLEGAL_TRANSITION',
    },
    reportBooted: {
      unknown: 'ILLEGAL_TRANSITION',
      configured: 'ILLEGAL_TRANSITION',
      installing: 'ILLEGAL_TRANSITION',
      installed: 'updated state to running',
      running: 'updated host last boot',
    },
    configure: {
      unknown: 'updated host profile and metadata',
      configured: 'nothing',
      installing: 'updated host state to configured',
      installed: 'updated host state to configured',
      running: 'updated host state to configured',
    },
  };
  for (const [event, attempt] of Object.entries(events)) {
    for (const state of hostStates) {
      it(`${event} of a host that is ${state}: ${want[event]![state]}`, async () => {
        const store = new InMemoryHostStore([host(state)]);
        expect(await outcome(store, () => attempt(provisionerOf(store)))).to.equal(want[event]![state]);
      });
    }

    it(`${event} may come again: nothing more is recorded`, async () => {
      const store = new InMemoryHostStore([host(event === 'reportBooted' ? 'installed' : 'installing')]);
      const provisioner = provisionerOf(store);
      await attempt(provisioner);
      const { length } = store.recorded;
      await attempt(provisioner);
      expect(store.recorded).to.have.length(length);
    });
  }

  it('takes the word of a diskless machine that it is up while it installs: it is never installed', async () => {
    const store = new InMemoryHostStore([host('installing', { diskless: true })]);
    expect(await outcome(store, () => provisionerOf(store).reportBooted(serial, {}, here))).to.equal(
      'updated state to running',
    );
  });

  it('still takes the installer’s report after a stray one that the machine is up', async () => {
    const store = new InMemoryHostStore([host('installing')]);
    const provisioner = provisionerOf(store);
    const refused = await provisioner.reportBooted(serial, {}, here).catch((error: unknown) => error);
    expect(String(refused)).to.include(
      'a host that is installing cannot become running: it first reports its disk written, with set_installed',
    );
    await provisioner.reportInstalled(serial, here);
    await provisioner.reportBooted(serial, {}, here);
    expect(store.storyOf('ser1')).to.deep.equal(['updated state to installed', 'updated state to running']);
  });

  describe('the network cards that an installer reports', () => {
    const mac = parseMac('52:54:00:00:00:01');
    const others = { name: 'eth1', mac: parseMac('52:54:00:00:00:02') };
    const reports = { ...report, netDevs: [...report.netDevs, others] };
    const holder = (state: HostState) =>
      newHost(parseSerial('holder'), {
        state,
        macAddresses: [mac],
        profile: 'default',
        internalAddress: parseIpv4('10.75.0.11'),
      });
    const table: { state: HostState; want: string[] }[] = [
      { state: 'running', want: [others.mac] },
      { state: 'installed', want: [others.mac] },
      { state: 'installing', want: [others.mac] },
      { state: 'configured', want: [mac, others.mac] },
    ];
    for (const { state, want } of table) {
      it(`of which another machine that is ${state} has one: ${want.join(', ')}`, async () => {
        const store = new InMemoryHostStore([holder(state)]);
        const installing = await provisionerOf(store).startInstallation({ serial }, reports, here);
        expect(installing.macAddresses).to.deep.equal(want);
        expect(installing.state).to.equal('installing');
      });
    }
  });

  describe('B2: what a machine was seen to boot with', () => {
    it('is recorded along with the next step of its life, and never by a commit of its own', async () => {
      const store = new InMemoryHostStore([host('installing', { platform: 'bios' })]);
      const platforms = new SeenPlatforms(() => undefined);
      const provisioner = provisionerOf(store, { platforms });
      platforms.saw(serial, 'uefi');
      await provisioner.arrive({ serial }, here);
      expect(store.storyOf('ser1')).to.deep.equal([]);
      expect(platforms.of(store.host(serial)!)).to.equal('uefi');
      await provisioner.reportInstalled(serial, here);
      expect(store.storyOf('ser1')).to.deep.equal(['updated state to installed']);
      expect(store.host(serial)).to.include({ state: 'installed', platform: 'uefi' });
    });

    it('is known of a new machine from its card, which DHCP saw', async () => {
      const store = new InMemoryHostStore();
      const platforms = new SeenPlatforms(() => undefined);
      platforms.saw(report.netDevs[0]!.mac, 'uefi');
      await provisionerOf(store, { platforms }).arrive({ serial, mac: report.netDevs[0]!.mac }, here);
      expect(store.host(serial)).to.include({ platform: 'uefi' });
    });

    it('stands in what an installation would make of the host', () => {
      const store = new InMemoryHostStore([host('configured')]);
      const platforms = new SeenPlatforms(() => undefined);
      platforms.saw(serial, 'uefi');
      const planned = provisionerOf(store, { platforms }).previewInstallation({ serial }, report);
      expect(planned.host).to.include({ state: 'installing', platform: 'uefi' });
    });

    it('is no part of what an operator changes', async () => {
      const store = new InMemoryHostStore([host('running')]);
      const platforms = new SeenPlatforms(() => undefined);
      platforms.saw(serial, 'uefi');
      await provisionerOf(store, { platforms }).order(override({ a: 'b' }), operator);
      expect(store.host(serial)).not.to.have.property('platform');
    });
  });

  it('creates a host that is seen for the first time when it fetches its configuration', async () => {
    const store = new InMemoryHostStore();
    await provisionerOf(store).startInstallation({ serial }, report, here);
    expect(store.storyOf('ser1').join(' · ')).to.equal(
      `host created · ${place} · ${hardware} · updated host state to installing`,
    );
    expect(store.host(serial)).to.include({ osVersion: 'v1', state: 'installing' });
  });

  it('forgets with a fresh start which version the last installation had', async () => {
    const store = new InMemoryHostStore([host('running', { osVersion: 'v0' })]);
    const provisioner = provisionerOf(store);
    const ordered = await provisioner.order({ kind: 'set-state', serial, state: 'configured' }, operator);
    expect(ordered.host).not.to.have.property('osVersion');
    expect(await provisioner.startInstallation({ serial }, report, here)).to.include({ osVersion: 'v1' });
  });

  it('names an unknown host', async () => {
    const store = new InMemoryHostStore();
    expect(await outcome(store, () => provisionerOf(store).reportInstalled(serial, here))).to.equal(
      'UNKNOWN_HOST',
    );
  });

  it('passes on that nothing can be recorded', async () => {
    const store = new BrokenHostStore([host('installing')]);
    expect(await outcome(store, () => provisionerOf(store).reportInstalled(serial, here))).to.equal(
      'STORE_UNAVAILABLE',
    );
  });

  it('gives a rack of machines at once an address each', async () => {
    const store = new InMemoryHostStore();
    const provisioner = provisionerOf(store, { addresses: 40 });
    const serials = Array.from({ length: 40 }, (_, index) => parseSerial(`rack-${index}`));
    await Promise.all([...serials, ...serials].map((each) => provisioner.arrive({ serial: each }, here)));
    const addresses = new Set([...store.hosts()].map(({ internalAddress }) => internalAddress));
    expect(addresses).to.have.length(40).and.not.include(undefined);
    expect(store.recorded).to.have.length(40 * 3);
  });

  it('raises an alarm when no address is left, and takes it back when there is one', async () => {
    const store = new InMemoryHostStore([], 'token');
    const provisioner = provisionerOf(store, { addresses: 1 });
    await provisioner.arrive({ serial: parseSerial('first') }, here);
    const { obstacle } = await provisioner.arrive({ serial }, here);
    expect(obstacle?.code).to.equal('RANGE_EXHAUSTED');
    expect(provisioner.alarms().map(({ code }) => code)).to.deep.equal(['RANGE_EXHAUSTED']);
    expect(provisioner.freeAddresses()).to.equal(0);
    await store.change(operator, (fleet) => [
      { host: fleet.host(parseSerial('first'))!, what: 'host retired', retired: true },
    ]);
    expect(provisioner.alarms()).to.deep.equal([]);
    expect(store.storyOf('ser1')).to.deep.equal([]);
    expect((await provisioner.arrive({ serial }, here)).host.state).to.equal('configured');
  });

  it('takes the alarm back when the machine that found no address is gone', async () => {
    let now = Date.UTC(2026, 10, 21, 10);
    const store = new InMemoryHostStore([host('running')]);
    const provisioner = provisionerOf(store, { addresses: 1, clock: () => new Date(now) });
    await provisioner.arrive({ serial: parseSerial('late') }, here);
    now += 4 * 60_000;
    expect(provisioner.alarms().map(({ code }) => code)).to.deep.equal(['RANGE_EXHAUSTED']);
    now += 60_000;
    expect(provisioner.alarms()).to.deep.equal([]);
    await provisioner.arrive({ serial: parseSerial('late') }, here);
    expect(provisioner.alarms().map(({ since }) => since.getTime())).to.deep.equal([now]);
  });

  describe('a client that brings more new machines than one may', () => {
    const stranger: Asker = { address: parseIpv4('10.75.0.250'), isServer: false };
    let now: number;
    let store: InMemoryHostStore;
    let provisioner: Provisioner;
    let reasons: string[];
    beforeEach(async () => {
      now = Date.UTC(2026, 10, 21, 10);
      reasons = [];
      store = new InMemoryHostStore([host('configured')]);
      provisioner = provisionerOf(store, {
        newHosts: { perAddressPerHour: 2 },
        clock: () => new Date(now),
        turnedAway: (obstacle) => reasons.push(obstacle.message),
      });
      const serials = Array.from({ length: 400 }, (_, index) => parseSerial(`flood-${index}`));
      await Promise.all(serials.map((each) => provisioner.arrive({ serial: each }, stranger)));
    });

    it('makes so many hosts and no more, and no commit for the others', () => {
      expect([...store.hosts()].map((each) => each.serial)).to.deep.equal(['ser1', 'flood-0', 'flood-1']);
      expect(new Set(store.recorded.map((change) => change.serial))).to.have.length(2);
      expect(reasons).to.have.length(398);
      expect(new Set(reasons)).to.deep.equal(
        new Set([
          'as many new machines came from 10.75.0.250 within an hour as newHosts.perAddressPerHour allows (2): a further one waits; raise it, or add the machine with imagoctl',
        ]),
      );
    });

    it('is an alarm, until it has been quiet for a while', () => {
      expect(provisioner.alarms().map(({ code }) => code)).to.deep.equal(['NEW_HOST_REFUSED']);
      now += 5 * 60_000;
      expect(provisioner.alarms()).to.deep.equal([]);
    });

    it('learns nothing of a place that the refused machine would have had', async () => {
      const refused = await provisioner.arrive({ serial: parseSerial('one-more') }, stranger);
      expect(refused.host).to.deep.equal(newHost(parseSerial('one-more')));
      expect(refused.obstacle?.code).to.equal('NEW_HOST_REFUSED');
    });

    it('is served all the same for hosts that are known, those that it brought, and those of the configuration', async () => {
      for (const known of ['ser1', 'flood-0', 'flood-1', 'promised']) {
        const { host: arrived, obstacle } = await provisioner.arrive(
          { serial: parseSerial(known) },
          stranger,
        );
        expect([known, arrived.state, obstacle]).to.deep.equal([known, 'configured', undefined]);
        const installing = await provisioner.startInstallation(
          { serial: parseSerial(known) },
          report,
          stranger,
        );
        expect(installing.state).to.equal('installing');
      }
    });

    it('hinders nobody else', async () => {
      const other: Asker = { address: parseIpv4('10.75.0.251'), isServer: false };
      expect((await provisioner.arrive({ serial: parseSerial('genuine') }, other)).host.state).to.equal(
        'configured',
      );
    });

    it('is refused the configuration of a new machine as well', async () => {
      const refused = await provisioner
        .startInstallation({ serial: parseSerial('one-more') }, report, stranger)
        .catch((error: unknown) => error);
      expect(Reflect.get(Object(refused), 'code')).to.equal('NEW_HOST_REFUSED');
      expect(store.storyOf('one-more')).to.deep.equal([]);
    });
  });

  describe('A7: a machine that reports ever new versions', () => {
    const itself: Asker = { address: parseIpv4('10.75.0.10'), isServer: false };
    let now: number;
    let store: InMemoryHostStore;
    let provisioner: Provisioner;
    let reached: string[];
    beforeEach(() => {
      now = Date.UTC(2026, 10, 21, 10);
      reached = [];
      store = new InMemoryHostStore([host('running'), newHost(parseSerial('other'), { state: 'running' })]);
      provisioner = provisionerOf(store, {
        changes: { burst: 5, perMinute: 2 },
        clock: () => new Date(now),
        reach: (name) => void reached.push(name),
      });
    });
    const boot = (version: number, as = serial, asker = itself) =>
      provisioner.reportBooted(as, { osVersion: `v${version}` }, asker).then(
        () => 'ok',
        (error: unknown) => String(Reflect.get(Object(error), 'code')),
      );
    const flood = async (count: number, as = serial, asker = itself) => {
      const answers: string[] = [];
      for (let version = 0; version < count; version += 1) answers.push(await boot(now + version, as, asker));
      return answers.filter((answer) => answer === 'ok').length;
    };

    it('makes a burst of commits, then a few a minute, and is told', async () => {
      expect(await flood(500)).to.equal(5);
      expect(store.recorded).to.have.length(5);
      expect(await boot(-1)).to.equal('TOO_MANY_REPORTS');
      now += 60_000;
      expect(await flood(500)).to.equal(2);
      expect(new Set(reached)).to.deep.equal(new Set(['machine-changes']));
    });

    it('takes nothing from another host, and is answered what needs no commit', async () => {
      await flood(500);
      expect(
        await flood(500, parseSerial('other'), { ...itself, address: parseIpv4('10.75.0.11') }),
      ).to.equal(5);
      const { host: arrived, obstacle } = await provisioner.arrive({ serial, uuid: 'new' }, itself);
      expect([arrived.state, obstacle]).to.deep.equal(['running', undefined]);
    });

    it('has a share of its own over all hosts', async () => {
      const many = Array.from({ length: 30 }, (_, index) =>
        newHost(parseSerial(`m-${index}`), { state: 'running' }),
      );
      store = new InMemoryHostStore(many);
      provisioner = provisionerOf(store, { changes: { burst: 5, perMinute: 2 }, clock: () => new Date(now) });
      let made = 0;
      for (const each of many) made += await flood(6, each.serial);
      expect(made).to.be.at.most(50).and.at.least(40);
    });

    it('counts neither operators nor the server itself', async () => {
      expect(await flood(50, serial, here)).to.equal(50);
      for (let count = 0; count < 50; count += 1)
        await provisioner.order(override({ color: `c${count}` }), operator);
      expect(store.recorded).to.have.length(100);
    });

    it('is heard so often of its progress, and no more', async () => {
      const hear = () => provisioner.hear(serial, itself);
      for (let count = 0; count < 5; count += 1) await hear();
      expect((await rejection(hear())).message).to.include(
        'ser1 reports more than machines.reports allows (5 at once, then 2 a minute)',
      );
      expect(reached).to.deep.equal(['machine-reports']);
    });
  });

  it('keeps the overrides of one host to that host', async () => {
    const store = new InMemoryHostStore([host('running'), newHost(parseSerial('other'))]);
    const provisioner = provisionerOf(store);
    await provisioner.order(override({ color: 'red', size: 'xl' }), operator);
    await provisioner.order(override({ color: null }), operator);
    expect(store.host(serial)?.overrides).to.deep.equal({ size: 'xl' });
    expect(store.host(parseSerial('other'))?.overrides).to.deep.equal({});
    expect(store.storyOf('ser1')).to.deep.equal([
      'updated host overrides: color, size',
      'updated host overrides: color',
    ]);
  });
});
