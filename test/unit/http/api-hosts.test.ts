import { expect } from 'chai';
import { ApiHost, HostList, Problem, ProfileList } from '../../../src/api/schemas.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';

const rack = () => [
  newHost(parseSerial('c3'), {
    state: 'running',
    profile: 'core',
    metadata: ['role=core'],
    internalAddress: parseIpv4('10.75.0.30'),
    cabinet: 1,
    etcdClusterToken: 'coretoken',
  }),
  newHost(parseSerial('a1'), {
    state: 'running',
    profile: 'default',
    internalAddress: parseIpv4('10.75.0.20'),
    cabinet: 2,
    bootMac: parseMac('52:54:00:00:00:0a'),
  }),
  newHost(parseSerial('b2'), {
    state: 'installing',
    profile: 'default',
    internalAddress: parseIpv4('10.75.0.10'),
    hostname: 'Web-7',
  }),
];

describe('/api/v1/hosts', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({ store: new InMemoryHostStore(rack(), 'clustertoken') });
  });
  afterEach(() => house.close());

  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${house.url}/api/v1${path}`, {
      method,
      headers: { 'X-Imago-Operator': 'anna', 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const problemOf = async (answer: Response) => {
    expect(answer.headers.get('content-type')).to.equal('application/problem+json');
    return Problem.parse(await answer.json());
  };

  describe('GET', () => {
    const cases = [
      { query: '', want: 'a1 b2 c3 of 3' },
      { query: 'state=running', want: 'a1 c3 of 2' },
      { query: 'state=installing,running&profile=default', want: 'a1 b2 of 2' },
      { query: 'profile=nothing', want: ' of 0' },
      { query: 'tag=role=core', want: 'c3 of 1' },
      { query: 'cabinet=2', want: 'a1 of 1' },
      { query: 'search=WEB', want: 'b2 of 1' },
      { query: 'search=10.75.0.2', want: 'a1 of 1' },
      { query: 'search=00:0a', want: 'a1 of 1' },
      { query: 'sort=address', want: 'b2 a1 c3 of 3' },
      { query: 'sort=-address', want: 'c3 a1 b2 of 3' },
      { query: 'sort=state', want: 'b2 a1 c3 of 3' },
      { query: 'sort=-state', want: 'a1 c3 b2 of 3' },
      { query: 'limit=1', want: 'a1 of 3' },
      { query: 'limit=2&offset=2', want: 'c3 of 3' },
      { query: 'offset=9', want: ' of 3' },
      { query: 'limit=0', want: ' of 3' },
    ];
    for (const { query, want } of cases) {
      it(`${query || 'all'}: ${want}`, async () => {
        const { hosts, total } = HostList.parse(await (await call('GET', `/hosts?${query}`)).json());
        expect(`${hosts.map(({ serial }) => serial).join(' ')} of ${total}`).to.equal(want);
      });
    }

    for (const query of [
      'state=asleep',
      'sort=colour',
      'limit=-1',
      'limit=x',
      'colour=red',
      'limit=1&limit=2',
    ]) {
      it(`refuses ${query}`, async () => {
        const answer = await call('GET', `/hosts?${query}`);
        expect(answer.status).to.equal(400);
        expect(await problemOf(answer)).to.have.property('code', 'BAD_REQUEST');
      });
    }
  });

  describe('PATCH', () => {
    const cases = [
      { patch: { cabinet: 4 }, what: ['updated host cabinet'], want: { cabinet: 4 } },
      { patch: { cabinet: null }, what: ['updated host cabinet'], want: { cabinet: undefined } },
      { patch: { cabinet: 1 }, what: [], want: { cabinet: 1 } },
      {
        patch: { hostname: 'node-1', providerId: 'p', ipmiAddress: '10.0.0.1', machineOnCabinet: 7 },
        what: [
          'updated host name',
          'updated host provider id',
          'updated host ipmi address',
          'updated host machine on cabinet',
        ],
        want: { hostname: 'node-1', providerId: 'p', ipmiAddress: '10.0.0.1', machineOnCabinet: 7 },
      },
      {
        patch: { profile: 'default' },
        what: ['updated host profile and metadata'],
        want: { profile: 'default', metadata: ['role=worker'] },
      },
      { patch: { metadata: ['a=b'] }, what: ['updated host metadata'], want: { metadata: ['a=b'] } },
      {
        patch: { overrides: { color: 'red' } },
        what: ['updated host overrides: color'],
        want: { overrides: { color: 'red' } },
      },
      {
        patch: { ipmiAddress: ' bmc-17.example.net ' },
        what: ['updated host ipmi address'],
        want: { ipmiAddress: 'bmc-17.example.net' },
      },
      {
        patch: { metadata: ['__proto__=x', 'constructor=y'] },
        what: ['updated host metadata'],
        want: { metadata: ['__proto__=x', 'constructor=y'] },
      },
      { patch: {}, what: [], want: {} },
    ];
    for (const { patch, what, want } of cases) {
      it(JSON.stringify(patch), async () => {
        const answer = await call('PATCH', '/hosts/c3', patch);
        expect(answer.status).to.equal(200);
        const host = ApiHost.parse(await answer.json());
        for (const [field, value] of Object.entries(want))
          expect(Reflect.get(host, field)).to.deep.equal(value);
        expect(house.store.storyOf('c3')).to.deep.equal(what);
        for (const { author } of house.store.recorded) expect(author).to.equal('claimed:anna');
      });
    }

    const refused = [
      { patch: { profile: 'none' }, want: /'none' is not the name of a profile: use one of core, default/ },
      { patch: { colour: 'red' }, want: /colour/ },
      { patch: { cabinet: -1 }, want: /^cabinet: '-1' is too small: send 0 or more$/ },
      { patch: { overrides: { 'a b': 'c' } }, want: /'a b' is not the name of an override/ },
      { patch: { providerId: 'a\nb' }, want: /^providerId: .*one line of printable text/ },
      {
        patch: { ipmiAddress: 'http://10.0.0.1' },
        want: /^ipmiAddress: 'http:\/\/10.0.0.1' is not the address of a BMC: write an IP address or a host name, as in /,
      },
      { patch: { ipmiAddress: '10.0.0.256' }, want: /^ipmiAddress: '10.0.0.256' is not/ },
      {
        patch: JSON.parse('{"overrides":{"__proto__":"x"}}'),
        want: /^'__proto__' is a name that nothing can/,
      },
      { patch: JSON.parse('{"__proto__":{"cabinet":1}}'), want: /^'__proto__' is a name that nothing can/ },
      { patch: [], want: /^'\[\]' is a list: send an object$/ },
      { patch: { cabinet: 'x' }, want: /^cabinet: 'x' is text: send a number$/ },
      { patch: { cabinet: 1.5 }, want: /^cabinet: '1.5' is a number: send a whole number$/ },
      { patch: { hostname: 7 }, want: /^hostname: '7' is a number: send text$/ },
      { patch: { metadata: 'a=b' }, want: /^metadata: 'a=b' is text: send a list$/ },
      { patch: { overrides: null }, want: /^overrides: 'null' is null: send an object$/ },
      { patch: { profil: 'core' }, want: /^profil is no field of this call: did you mean profile\?$/ },
    ];
    for (const { patch, want } of refused) {
      it(`refuses ${JSON.stringify(patch)}`, async () => {
        const answer = await call('PATCH', '/hosts/c3', patch);
        expect(answer.status).to.equal(400);
        expect((await problemOf(answer)).detail).to.match(want);
        expect(house.store.recorded).to.deep.equal([]);
      });
    }
  });

  describe('POST', () => {
    it('makes a host of a machine before it ever boots', async () => {
      const addition = {
        serial: 'NEW-1',
        profile: 'default',
        address: '10.75.0.50',
        mac: '52-54-00-00-00-50',
        hostname: 'n1',
      };
      const answer = await call('POST', '/hosts', addition);
      expect(answer.status).to.equal(201);
      expect(answer.headers.get('location')).to.equal('/api/v1/hosts/new-1');
      expect(ApiHost.parse(await answer.json())).to.deep.include({
        serial: 'new-1',
        state: 'configured',
        profile: 'default',
        address: '10.75.0.50',
        bootMac: '52:54:00:00:00:50',
        hostname: 'n1',
        metadata: ['role=worker'],
      });
      expect(house.store.storyOf('new-1')).to.deep.equal([
        'host created',
        'updated with predefined settings',
        'updated host profile and metadata',
        'set default etcd discovery token',
      ]);
    });

    const refused = [
      { body: { serial: 'a1' }, status: 409, code: 'HOST_EXISTS' },
      { body: { serial: 'n1', address: '10.75.0.20' }, status: 409, code: 'ADDRESS_TAKEN' },
      { body: { serial: 'n1', address: '10.75.0.90' }, status: 409, code: 'ADDRESS_TAKEN' },
      { body: { serial: 'n1', mac: '52:54:00:00:00:0a' }, status: 409, code: 'MAC_HELD' },
      { body: { serial: 'n1', address: '10.75.0.150' }, status: 400, code: 'INVALID_VALUE' },
      { body: { serial: 'n1', address: 'here' }, status: 400, code: 'INVALID_VALUE' },
      { body: { serial: 'n1', profile: 'none' }, status: 400, code: 'INVALID_VALUE' },
      { body: { serial: 'bad serial/../x' }, status: 400, code: 'INVALID_VALUE' },
      { body: { serial: '///' }, status: 400, code: 'INVALID_VALUE' },
      { body: {}, status: 400, code: 'BAD_REQUEST' },
    ];
    for (const { body, status, code } of refused) {
      it(`${JSON.stringify(body)} → ${status} ${code}`, async () => {
        const answer = await call('POST', '/hosts', body);
        expect(answer.status).to.equal(status);
        expect(await problemOf(answer)).to.have.property('code', code);
        expect(house.store.recorded).to.deep.equal([]);
      });
    }
  });

  it('DELETE retires a host: gone, its history kept, its address free', async () => {
    expect((await call('DELETE', '/hosts/a1')).status).to.equal(204);
    expect((await call('GET', '/hosts/a1')).status).to.equal(404);
    expect((await call('DELETE', '/hosts/a1')).status).to.equal(404);
    expect(house.store.storyOf('a1')).to.deep.equal(['host retired']);
    expect((await call('GET', '/hosts/a1/history')).status).to.equal(200);
    expect((await call('GET', '/hosts/nobody/history')).status).to.equal(404);
    expect((await call('POST', '/hosts', { serial: 'n1', address: '10.75.0.20' })).status).to.equal(201);
  });

  describe('If-Match', () => {
    const changes = [
      ['PATCH', '/hosts/a1', { cabinet: 9 }],
      ['POST', '/hosts/a1/state', { state: 'configured' }],
      ['DELETE', '/hosts/a1', undefined],
      ['POST', '/hosts/a1/rollback', { revision: '0000' }],
    ] as const;
    for (const [method, path, body] of changes) {
      it(`lets ${method} ${path} through for who knows the host as it is, and nobody else`, async () => {
        const etag = (await call('GET', '/hosts/a1')).headers.get('etag') ?? '';
        await call('PATCH', '/hosts/a1', { cabinet: 8 });
        const late = await call(method, path, body, { 'If-Match': etag });
        expect(late.status).to.equal(412);
        expect(await problemOf(late)).to.have.property('code', 'PRECONDITION_FAILED');
        const now = (await call('GET', '/hosts/a1')).headers.get('etag') ?? '';
        expect(now).not.to.equal(etag);
        expect((await call(method, path, body, { 'If-Match': now })).status).to.be.oneOf([200, 204]);
      });
    }
  });

  for (const { what, method, path, body, again } of [
    {
      what: 'a patch',
      method: 'PATCH',
      path: '/hosts/a1',
      body: { cabinet: 9, metadata: ['x=y'] },
      again: 200,
    },
    { what: 'a state', method: 'POST', path: '/hosts/a1/state', body: { state: 'configured' }, again: 200 },
    { what: 'an override', method: 'PATCH', path: '/hosts/a1', body: { overrides: { a: 'b' } }, again: 200 },
    { what: 'a retirement', method: 'DELETE', path: '/hosts/a1', body: undefined, again: 404 },
    { what: 'a new host', method: 'POST', path: '/hosts', body: { serial: 'n1' }, again: 409 },
  ]) {
    it(`${what} that is sent again changes nothing more, and answers ${again}`, async () => {
      expect((await call(method, path, body)).ok).to.equal(true);
      const before = house.store.recorded.length;
      expect(before).to.be.greaterThan(0);
      expect((await call(method, path, body)).status).to.equal(again);
      expect(house.store.recorded).to.have.length(before);
    });
  }

  it('/api/v1/profiles tells how full each is', async () => {
    const { profiles } = ProfileList.parse(await (await call('GET', '/profiles')).json());
    expect(profiles).to.deep.equal([
      { name: 'core', quantity: 1, hosts: 1, tags: ['role=core'], osVersion: 'v1' },
      { name: 'default', hosts: 2, tags: ['role=worker'], osVersion: 'v1' },
    ]);
  });

  it('names the operator fit for a commit', async () => {
    await call('PATCH', '/hosts/a1', { cabinet: 5 }, { 'X-Imago-Operator': 'eve <eve@x> ' });
    await call('PATCH', '/hosts/a1', { cabinet: 6 }, { 'X-Imago-Operator': '' });
    await call('PATCH', '/hosts/a1', { cabinet: 7 }, { 'X-Imago-Operator': 'e'.repeat(4000) });
    expect(house.store.recorded.map(({ author }) => author)).to.deep.equal([
      'claimed:eve eve@x',
      'operator',
      `claimed:${'e'.repeat(128)}`,
    ]);
  });
});
