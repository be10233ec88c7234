import { expect } from 'chai';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { formatIpv4, parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { planArrival } from '../../../src/provision/plan-arrival.js';
import {
  provisioningSettings,
  type ProvisioningConfig,
} from '../../../src/provision/provisioning-settings.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

const serial = parseSerial('ser1');
const mac = parseMac('52:54:00:00:00:01');
const uuid = '11111111-2222-3333-4444-555555555555';

function settings(more: Partial<ProvisioningConfig> = {}) {
  return provisioningSettings({
    network: { hostRange: { first: parseIpv4('10.75.0.10'), last: parseIpv4('10.75.0.12') } },
    profiles: [
      { name: 'core', quantity: 1, tags: ['role=core'], osVersion: 'v1', etcdToken: 'coretoken' },
      { name: 'default', tags: ['role=worker'], osVersion: 'v1' },
    ],
    hosts: [],
    ...more,
  });
}

function host(name: string, facts: Partial<Host> = {}): Host {
  return newHost(parseSerial(name), { state: 'configured', profile: 'default', ...facts });
}

function at(address: string): Partial<Host> {
  return { internalAddress: parseIpv4(address) };
}

const whole = [
  'host created',
  'updated host InternalAddr',
  'updated host profile and metadata',
  'set default etcd discovery token',
];

describe('planArrival', () => {
  const service = 'https://discovery.example';
  const full = new InMemoryHostStore([host('c1', { profile: 'core' })], 'inventedbyimago');
  const tokenFrom = (token: string | undefined, fleet = full) => {
    const plan = planArrival(fleet, { serial }, { ...settings(), discovery: { service, token } });
    return plan.shortage?.message ?? plan.host.etcdClusterToken;
  };

  it('Y2: gives the token of the discovery service, once it is there, and never one that imago made up', () => {
    expect(tokenFrom('f00dcafe')).to.equal('f00dcafe');
    expect(tokenFrom(undefined)).to.equal(
      'https://discovery.example has not given this cluster its etcd token yet: imago goes on asking; set etcdToken in the profile if there is one already',
    );
    expect(
      planArrival(full, { serial }, { ...settings(), discovery: { service, token: undefined } }).changes,
    ).to.deep.equal([]);
  });

  it('Y2: lets a machine of a profile with a token of its own in meanwhile', () => {
    expect(tokenFrom(undefined, new InMemoryHostStore())).to.equal('coretoken');
  });

  it('gives a machine that was never seen an address, a profile and a token, one step each', () => {
    const plan = planArrival(new InMemoryHostStore(), { serial, uuid, mac }, settings());
    expect(plan.changes.map(({ what }) => what)).to.deep.equal(whole);
    expect(plan.changes.map(({ host }) => host.state)).to.deep.equal([
      'unknown',
      'unknown',
      'configured',
      'configured',
    ]);
    expect(plan.host).to.deep.equal(
      newHost(serial, {
        state: 'configured',
        uuid,
        bootMac: mac,
        ...at('10.75.0.10'),
        profile: 'core',
        metadata: ['role=core'],
        etcdClusterToken: 'coretoken',
      }),
    );
  });

  it('takes the next profile when one is full, and the cluster’s token where the profile has none', () => {
    const fleet = new InMemoryHostStore(
      [host('other', { profile: 'core', ...at('10.75.0.10') })],
      'clustertoken',
    );
    const plan = planArrival(fleet, { serial }, settings());
    expect(plan.host).to.deep.include({
      profile: 'default',
      etcdClusterToken: 'clustertoken',
      ...at('10.75.0.11'),
    });
  });

  it('makes no step where there is no token', () => {
    const fleet = new InMemoryHostStore([host('other', { profile: 'core' })]);
    expect(planArrival(fleet, { serial }, settings()).changes.map(({ what }) => what)).to.deep.equal(
      whole.slice(0, 3),
    );
  });

  it('plans nothing for a machine that has its place', () => {
    const known = planArrival(new InMemoryHostStore(), { serial, uuid, mac }, settings()).host;
    const again = planArrival(new InMemoryHostStore([known]), { serial, uuid, mac }, settings());
    expect(again).to.deep.include({ changes: [], host: known });
  });

  it('takes what is predefined first', () => {
    const predefined = {
      serial,
      profile: 'default',
      address: parseIpv4('10.75.0.12'),
      cabinet: 3,
      metadata: ['rack=a'],
      overrides: { color: 'red' },
    };
    const plan = planArrival(new InMemoryHostStore(), { serial }, settings({ hosts: [predefined] }));
    expect(plan.changes.map(({ what }) => what)).to.deep.equal([
      'host created',
      'updated with predefined settings',
      'updated host profile and metadata',
    ]);
    expect(plan.host).to.deep.include({
      ...at('10.75.0.12'),
      cabinet: 3,
      profile: 'default',
      metadata: ['rack=a', 'role=worker'],
      overrides: { color: 'red' },
    });
  });

  it('keeps addresses that are promised to machines which were never seen', () => {
    const promised = { serial: parseSerial('later'), address: parseIpv4('10.75.0.10') };
    const plan = planArrival(new InMemoryHostStore(), { serial }, settings({ hosts: [promised] }));
    expect(plan.host).to.deep.include(at('10.75.0.11'));
  });

  it('gives another address, and says so, when the promised one has a holder', () => {
    const fleet = new InMemoryHostStore([host('holder', at('10.75.0.12'))]);
    const predefined = { serial, address: parseIpv4('10.75.0.12') };
    const plan = planArrival(fleet, { serial }, settings({ hosts: [predefined] }));
    expect(plan.host).to.deep.include(at('10.75.0.10'));
    expect(plan.warnings.map(({ message }) => message)).to.deep.equal([
      'hosts promises 10.75.0.12 to ser1, but holder already has it: ser1 gets another one; choose a free address for it, or retire holder',
    ]);
  });

  describe('when no address is left', () => {
    const full = [10, 11, 12].map((last) => host(`h${last}`, at(`10.75.0.${last}`)));

    it('records nothing of a new machine and names the shortage', () => {
      const plan = planArrival(new InMemoryHostStore(full), { serial, mac }, settings());
      expect(plan.changes).to.deep.equal([]);
      expect(plan.host).to.deep.equal(newHost(serial));
      expect(plan.shortage?.message).to.equal(
        'no address is left in network.hostRange 10.75.0.10-10.75.0.12 (3 addresses): widen it, or retire hosts',
      );
    });

    it('still has the place that was promised to the machine', () => {
      const promised = { serial, address: parseIpv4('10.75.0.12') };
      const plan = planArrival(
        new InMemoryHostStore(full.slice(0, 2)),
        { serial },
        settings({ hosts: [promised] }),
      );
      expect(plan.host).to.deep.include(at('10.75.0.12'));
    });

    it('goes on where it stopped once there is one', () => {
      const waiting = newHost(serial);
      const plan = planArrival(new InMemoryHostStore([...full.slice(1), waiting]), { serial }, settings());
      expect(plan.changes.map(({ what }) => what)).to.deep.equal(whole.slice(1));
      expect(plan.host.state).to.equal('configured');
    });
  });

  describe('the network card that a machine boots from', () => {
    const macs = (facts: Partial<Host>) => ({ bootMac: facts.bootMac, macAddresses: facts.macAddresses });
    const other = parseMac('52:54:00:00:00:02');
    const cases = [
      { name: 'is completed when it was not known', before: {}, want: { bootMac: mac, macAddresses: [] } },
      {
        name: 'is added when it is a second one',
        before: { bootMac: other },
        want: { bootMac: other, macAddresses: [mac] },
      },
      {
        name: 'is not added twice',
        before: { bootMac: other, macAddresses: [mac] },
        want: { bootMac: other, macAddresses: [mac] },
      },
      {
        name: 'of a running machine is not changed on its word',
        before: { bootMac: other, state: 'running' as const },
        want: { bootMac: other, macAddresses: [] },
      },
    ];
    for (const { name, before, want } of cases) {
      it(name, () => {
        const fleet = new InMemoryHostStore([host('ser1', before)]);
        expect(macs(planArrival(fleet, { serial, mac }, settings()).host)).to.deep.equal(want);
      });
    }

    it('is not added to more than any machine has', () => {
      const many = Array.from({ length: 64 }, (_, index) =>
        parseMac(`52:54:00:00:01:${index.toString(16).padStart(2, '0')}`),
      );
      const fleet = new InMemoryHostStore([host('ser1', { bootMac: other, macAddresses: many })]);
      expect(planArrival(fleet, { serial, mac }, settings()).changes).to.deep.equal([]);
    });

    for (const state of ['installing', 'installed', 'running'] as const) {
      it(`is not taken from another machine that is ${state}`, () => {
        const fleet = new InMemoryHostStore([host('holder', { state, bootMac: mac })]);
        const plan = planArrival(fleet, { serial, mac }, settings());
        expect(plan.host.bootMac).to.equal(undefined);
        expect(plan.warnings.map(({ code }) => code)).to.deep.equal(['MAC_HELD']);
      });
    }
  });

  it('says when another machine calls itself the same', () => {
    const fleet = new InMemoryHostStore([host('ser1', { state: 'running', uuid })]);
    const other = '99999999-2222-3333-4444-555555555555';
    const plan = planArrival(fleet, { serial, uuid: other }, settings());
    expect(plan.warnings.map(({ code }) => code)).to.deep.equal(['SERIAL_SHARED']);
    expect(plan.host.uuid).to.equal(uuid);
  });

  it('never gives an address twice, however many arrive', () => {
    const fleet: Host[] = [];
    for (const name of ['a', 'b', 'c']) {
      fleet.push(planArrival(new InMemoryHostStore(fleet), { serial: parseSerial(name) }, settings()).host);
    }
    expect(fleet.map(({ internalAddress }) => internalAddress && formatIpv4(internalAddress))).to.deep.equal([
      '10.75.0.10',
      '10.75.0.11',
      '10.75.0.12',
    ]);
  });
});
