import { expect } from 'chai';
import type { Hardware } from '../../../src/host/hardware.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { decide, type Command } from '../../../src/provision/decide.js';
import { provisioningSettings } from '../../../src/provision/provisioning-settings.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

const serial = parseSerial('ser1');
const mac = parseMac('52:54:00:00:00:01');
const disks = (count: number) =>
  Array.from({ length: count }, (_, place) => ({ name: `sd${place}`, bytes: 1e12 }));

function settings(fallback: 'two-stage' | 'diskless' = 'two-stage') {
  return provisioningSettings({
    network: { hostRange: { first: parseIpv4('10.75.0.10'), last: parseIpv4('10.75.0.12') } },
    profiles: [
      {
        name: 'storage',
        quantity: 1,
        tags: ['role=storage'],
        osVersion: 'v1',
        etcdToken: 'storagetoken',
        match: { disks: { minCount: 4 } },
      },
      { name: 'qemu', tags: ['role=qemu'], osVersion: 'v1', match: { mac: ['52:54'], product: 'Standard*' } },
      { name: 'default', tags: ['role=worker'], osVersion: 'v1', mode: fallback },
    ],
    hosts: [],
  });
}

const arrive = (hardware: Hardware | undefined): Command => ({
  kind: 'arrive',
  arrival: { serial, mac, hardware },
});
const describeIt = (hardware: Hardware | undefined): Command => ({
  kind: 'describe',
  arrival: { serial, mac },
  report: { netDevs: [], hardware },
});

/** What comes of commands one after the other. */
async function after(
  commands: readonly Command[],
  { hosts = [], fallback }: { hosts?: readonly Host[]; fallback?: 'diskless' } = {},
): Promise<{ host: Host | undefined; story: readonly string[] }> {
  const store = new InMemoryHostStore(hosts, 'inventedbyimago');
  const circumstances = { now: new Date('2026-11-21T10:00:00Z'), settings: settings(fallback) };
  for (const command of commands)
    await store.change({ name: serial, kind: 'machine' }, (fleet) => decide(command, fleet, circumstances));
  return { host: store.host(serial), story: store.storyOf('ser1') };
}

describe('the profile of a new machine', () => {
  const table: {
    name: string;
    commands: readonly Command[];
    want: string;
    fallback?: 'diskless';
    hosts?: readonly Host[];
  }[] = [
    {
      name: 'is tentative while an earlier one hangs on its disks',
      commands: [arrive({ product: 'Standard PC' })],
      want: 'qemu tentative',
    },
    {
      name: 'is final where the earlier one is full',
      commands: [arrive({ product: 'Standard PC' })],
      hosts: [newHost(parseSerial('other'), { state: 'running', profile: 'storage' })],
      want: 'qemu',
    },
    {
      name: 'is the earlier one, once its installer has told that its conditions hold',
      commands: [arrive({ product: 'Standard PC' }), describeIt({ disks: disks(4) })],
      want: 'storage',
    },
    {
      name: 'stays, once its installer has told that they do not',
      commands: [arrive({ product: 'Standard PC' }), describeIt({ disks: disks(1) })],
      want: 'qemu',
    },
    {
      name: 'stays where its installer tells nothing',
      commands: [arrive({ product: 'Standard PC' }), describeIt(undefined)],
      want: 'qemu',
    },
    {
      name: 'is decided at once for one that comes with its installer',
      commands: [describeIt({ product: 'Standard PC', disks: disks(4) })],
      want: 'storage',
    },
    {
      name: 'is final where no installer would tell more',
      commands: [arrive({ product: 'X' })],
      fallback: 'diskless',
      want: 'default',
    },
    {
      name: 'of one that an operator added is asked again when it comes',
      commands: [{ kind: 'add', addition: { serial, mac } }, arrive({ product: 'Standard PC' })],
      fallback: 'diskless',
      want: 'qemu tentative',
    },
    {
      name: 'of one that an operator added with a profile is that',
      commands: [
        { kind: 'add', addition: { serial, mac, profile: 'default' } },
        arrive({ product: 'Standard PC' }),
        describeIt({ disks: disks(4) }),
      ],
      want: 'default',
    },
    {
      name: 'is what an operator set meanwhile',
      commands: [
        arrive({ product: 'X' }),
        { kind: 'set', serial, settings: { profile: 'qemu' } },
        describeIt({ disks: disks(4) }),
      ],
      want: 'qemu',
    },
    {
      name: 'is final once it is installed, though its installer never told',
      commands: [
        arrive({ product: 'X' }),
        { kind: 'install', arrival: { serial, mac }, report: { netDevs: [], hardware: { disks: disks(4) } } },
        { kind: 'set-state', serial, state: 'configured' },
        describeIt({ disks: disks(4) }),
      ],
      want: 'default',
    },
  ];
  for (const { name, commands, want, ...world } of table) {
    it(name, async () => {
      const { host } = await after(commands, world);
      expect(`${host?.profile}${host?.isProfileTentative ? ' tentative' : ''}`).to.equal(want);
    });
  }

  it('brings its tags and its token in place of those of the tentative one', async () => {
    const { host, story } = await after([arrive({ product: 'X' }), describeIt({ disks: disks(4) })]);
    expect(host).to.deep.include({ metadata: ['role=storage'], hardware: { product: 'X', disks: disks(4) } });
    expect(story.slice(-2)).to.deep.equal(['collected host hardware', 'updated host profile and metadata']);
  });

  it('is decided once: what it tells again changes nothing', async () => {
    const once = await after([arrive({ product: 'X' }), describeIt({ disks: disks(4) })]);
    const twice = await after([
      arrive({ product: 'X' }),
      describeIt({ disks: disks(4) }),
      arrive({ product: 'Y' }),
      describeIt({ disks: disks(0) }),
    ]);
    expect(twice).to.deep.equal(once);
  });
});

describe('what a machine is made of', () => {
  it('is completed while it is not in use, and is not another on its word then', async () => {
    const install: Command = {
      kind: 'install',
      arrival: { serial, mac },
      report: { netDevs: [], hardware: { memoryBytes: 2e9, disks: disks(1) } },
    };
    const { host, story } = await after([
      arrive({ product: 'X', memoryBytes: 1e9 }),
      install,
      { kind: 'report-installed', serial },
      arrive({ product: 'Y', memoryBytes: 9e9 }),
    ]);
    expect(host?.hardware).to.deep.equal({ product: 'X', memoryBytes: 2e9, disks: disks(1) });
    expect(story.filter((what) => what.startsWith('collected'))).to.deep.equal([]);
  });
});
