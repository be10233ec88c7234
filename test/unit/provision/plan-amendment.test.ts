import { expect } from 'chai';
import { newHost, type Host, type OverrideValue } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { fitText } from '../../../src/provision/fit-text.js';
import { fitSettings, planSettings, type WrittenSettings } from '../../../src/provision/plan-amendment.js';
import { provisioningSettings } from '../../../src/provision/provisioning-settings.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

const [mac, otherMac] = [parseMac('52:54:00:00:00:01'), parseMac('52:54:00:00:00:02')];
const settings = provisioningSettings({
  network: { hostRange: { first: 1, last: 9 } },
  profiles: [
    { name: 'core', tags: ['role=core'], osVersion: 'v1', etcdToken: 'coretoken' },
    { name: 'worker', tags: ['role=worker'], osVersion: 'v1', etcdToken: 'workertoken' },
    { name: 'plain', tags: [], osVersion: 'v1' },
  ],
  hosts: [],
} as unknown as Parameters<typeof provisioningSettings>[0]);

const host = (facts: Partial<Host> = {}) => newHost(parseSerial('ser1'), { state: 'running', ...facts });
const other = newHost(parseSerial('ser2'), { state: 'running', cards: [otherMac] });
const apply = (wanted: WrittenSettings, facts: Partial<Host> = {}, of = settings) =>
  planSettings(new InMemoryHostStore([other]), host(facts), fitSettings(wanted), of).changes;

describe('what an operator changes of a host', () => {
  for (const { name, wanted, facts = {}, want, what } of [
    {
      name: 'tags, without empty ones',
      wanted: { metadata: [' a=b ', '', 'c'] },
      want: { metadata: ['a=b', 'c'] },
      what: 'updated host metadata',
    },
    {
      name: 'a provider id',
      wanted: { providerId: ' i-7 ' },
      want: { providerId: 'i-7' },
      what: 'updated host provider id',
    },
    {
      name: 'no provider id any more',
      wanted: { providerId: ' ' },
      facts: { providerId: 'i-7' },
      want: { providerId: undefined },
      what: 'updated host provider id',
    },
    {
      name: 'the address of its BMC',
      wanted: { ipmiAddress: '10.76.0.9' },
      want: { ipmiAddress: '10.76.0.9' },
      what: 'updated host ipmi address',
    },
    {
      name: 'no address of a BMC any more',
      wanted: { ipmiAddress: ' ' },
      facts: { ipmiAddress: '10.76.0.9' },
      want: { ipmiAddress: undefined },
      what: 'updated host ipmi address',
    },
    { name: 'a cabinet', wanted: { cabinet: 1 }, want: { cabinet: 1 }, what: 'updated host cabinet' },
    {
      name: 'no cabinet any more',
      wanted: { cabinet: 0 },
      facts: { cabinet: 1 },
      want: { cabinet: undefined },
      what: 'updated host cabinet',
    },
    {
      name: 'a place in it',
      wanted: { machineOnCabinet: 1 },
      want: { machineOnCabinet: 1 },
      what: 'updated host machine on cabinet',
    },
    {
      name: 'no place in it any more',
      wanted: { machineOnCabinet: 0 },
      facts: { machineOnCabinet: 1 },
      want: { machineOnCabinet: undefined },
      what: 'updated host machine on cabinet',
    },
    {
      name: 'a name',
      wanted: { hostname: 'core-1' },
      want: { hostname: 'core-1' },
      what: 'updated host name',
    },
    {
      name: 'no name any more',
      wanted: { hostname: '' },
      facts: { hostname: 'x' },
      want: { hostname: undefined },
      what: 'updated host name',
    },
    {
      name: 'an etcd token',
      wanted: { etcdClusterToken: 't' },
      want: { etcdClusterToken: 't' },
      what: 'updated host etcd cluster token',
    },
    {
      name: 'no etcd token any more',
      wanted: { etcdClusterToken: ' ' },
      facts: { etcdClusterToken: 't' },
      want: { etcdClusterToken: undefined },
      what: 'updated host etcd cluster token',
    },
    {
      name: 'an override beside the others, and one less',
      wanted: { overrides: { c: 'd', a: null } },
      facts: { overrides: { a: 'b', x: 'y' } },
      want: { overrides: { x: 'y', c: 'd' } },
      what: 'updated host overrides: c, a',
    },
    {
      name: 'its cards, each once; what others reported goes',
      wanted: { cards: [mac, mac] },
      facts: { macAddresses: [mac, otherMac], bootMac: otherMac },
      want: { cards: [mac], bootMac: mac, macAddresses: [mac] },
      what: 'updated host network cards',
    },
  ] satisfies {
    name: string;
    wanted: WrittenSettings;
    facts?: Partial<Host>;
    want: object;
    what: string;
  }[]) {
    it(name, () => {
      const changes = apply(wanted, facts);
      expect(changes.map((change) => change.what)).to.deep.equal([what]);
      for (const [field, value] of Object.entries(want))
        expect(Reflect.get(changes[0]!.host, field), field).to.deep.equal(value);
      const again = apply(wanted, changes[0]!.host);
      expect(again, 'a change that changes nothing').to.deep.equal([]);
    });
  }

  it('one after the other, each on top of the one before', () => {
    const changes = apply({ cabinet: 3, hostname: 'x' });
    expect(changes.map(({ what }) => what)).to.deep.equal(['updated host name', 'updated host cabinet']);
    expect(changes.at(-1)?.host).to.include({ cabinet: 3, hostname: 'x' });
  });

  it('no cards: with leases the next one that asks is its own, without them nothing is known', () => {
    const facts = { cards: [mac], macAddresses: [mac], bootMac: mac };
    const without = apply({ cards: [] }, facts, { ...settings, leases: 'none' })[0]?.host;
    expect(without).to.deep.include({ macAddresses: [] }).and.not.to.have.any.keys('cards', 'bootMac');
    expect(apply({ cards: [] }, facts, { ...settings, leases: 'given' })[0]?.host.cards).to.deep.equal([]);
  });

  it('no card of another host, but its own again', () => {
    expect(() => apply({ cards: [otherMac] }))
      .to.throw()
      .with.property('code', 'MAC_HELD');
    const again = { cards: [otherMac], hostname: 'x' };
    const { changes } = planSettings(new InMemoryHostStore([other]), other, again, settings);
    expect(changes.map(({ what }) => what)).to.include('updated host network cards');
  });
});

describe('another profile', () => {
  const of = (name: string, facts: Partial<Host>) => {
    const changes = apply({ profile: name }, { profile: 'core', ...facts });
    const { profile, metadata, etcdClusterToken } = changes.at(-1)!.host;
    return { profile, metadata, etcdClusterToken };
  };

  for (const { name, to, facts, want } of [
    {
      name: 'takes its tags and its token with it',
      to: 'worker',
      facts: { metadata: ['role=core', 'own=1'], etcdClusterToken: 'coretoken' },
      want: { profile: 'worker', metadata: ['own=1', 'role=worker'], etcdClusterToken: 'workertoken' },
    },
    {
      name: 'leaves a token of the host’s own',
      to: 'worker',
      facts: { metadata: [], etcdClusterToken: 'own' },
      want: { profile: 'worker', metadata: ['role=worker'], etcdClusterToken: 'own' },
    },
    {
      name: 'gives its token to a host that has none',
      to: 'worker',
      facts: { metadata: [] },
      want: { profile: 'worker', metadata: ['role=worker'], etcdClusterToken: 'workertoken' },
    },
    {
      name: 'without a token leaves the one that is there',
      to: 'plain',
      facts: { metadata: ['role=core'], etcdClusterToken: 'coretoken' },
      want: { profile: 'plain', metadata: [], etcdClusterToken: 'coretoken' },
    },
  ]) {
    it(name, () => expect(of(to, facts)).to.deep.equal(want));
  }

  it('is one of the configuration', () => {
    expect(() => apply({ profile: 'moon' }))
      .to.throw()
      .with.property('code', 'INVALID_VALUE');
  });
});

describe('the bounds of what an operator writes', () => {
  const nested = (levels: number): OverrideValue => {
    let value: unknown = 'x';
    for (let level = 0; level < levels; level += 1) value = [value];
    return value as OverrideValue;
  };
  const refused = 'INVALID_VALUE';
  for (const { name, write, want } of [
    { name: 'a text of 1,024 characters', write: () => fitText('a text', 'x'.repeat(1024)), want: undefined },
    { name: 'one more', write: () => fitText('a text', 'x'.repeat(1025)), want: refused },
    { name: 'two lines', write: () => fitText('a text', 'a\nb'), want: refused },
    { name: 'as many as the caller says', write: () => fitText('a name', 'x'.repeat(65), 64), want: refused },
    {
      name: 'a table of 16,384 characters',
      write: () => fitSettings({ overrides: { a: ['x'.repeat(16_380)] } }),
      want: undefined,
    },
    {
      name: 'a longer one',
      write: () => fitSettings({ overrides: { a: ['x'.repeat(16_381)] } }),
      want: refused,
    },
    {
      name: 'a table of 16 levels',
      write: () => fitSettings({ overrides: { a: nested(16) } }),
      want: undefined,
    },
    { name: 'a deeper one', write: () => fitSettings({ overrides: { a: nested(17) } }), want: refused },
    {
      name: 'a name of 64 characters',
      write: () => fitSettings({ overrides: { ['x'.repeat(64)]: 'b' } }),
      want: undefined,
    },
    {
      name: 'a longer name',
      write: () => fitSettings({ overrides: { ['x'.repeat(65)]: 'b' } }),
      want: refused,
    },
    {
      name: 'a name that begins with a digit',
      write: () => fitSettings({ overrides: { '1x': 'b' } }),
      want: refused,
    },
    {
      name: 'an address that no BMC can have',
      write: () => fitSettings({ ipmiAddress: '-I open' }),
      want: refused,
    },
  ]) {
    it(`${name}: ${want ?? 'taken'}`, () => {
      if (want === undefined) expect(write).not.to.throw();
      else expect(write).to.throw().with.property('code', want);
    });
  }
});
