import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { FailedLogins } from '../../../src/access/failed-logins.js';
import type { Way } from '../../../src/access/operator-proof.js';
import type { Operator } from '../../../src/access/caller.js';
import type { Endpoint } from '../../../src/api/endpoint.js';
import { endpoints } from '../../../src/api/endpoints.js';
import { openApiDocument } from '../../../src/api/openapi.js';
import { otherEndpoints } from '../../../src/api/other-endpoints.js';
import { operatorRoles, type OperatorRole, type Permission } from '../../../src/api/role.js';
import { mayuEndpoints } from '../../../src/dialects/mayu/mayu-dialect.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { createApp } from '../../../src/http/create-app.js';
import { HttpRequest } from '../../../src/http/http-request.js';
import { Traffic } from '../../../src/http/traffic.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';

/** What each call of operators needs, said a second time: one that is missing here, or needs something else, fails. */
const needs: Readonly<Record<Permission, string>> = {
  anyone: 'health ready beginLogin getLogin loginByOidc oidcCallback',
  read: `listHosts listPending getHost getHistory getTimeline getDiff getLog listKinds listRecords getRecord getRecordHistory
    getRecordDiff getPower getInventory getRendered explain simulateBoot listImages getImageFetch listBoots listEvents
    listNetbootImages listNetbootMachines whoAmI listLeases listProfiles getVersion metrics document openSession endSession mayu.hosts`,
  command: `addHost acceptPending rejectPending forgetRejected patchHost retireHost setState lockHost unlockHost rollBack putRecord removeRecord rollBackRecord backUp
    setPower setBootDevice fetchImage cancelImageFetch verifyImage removeImage uploadImagePiece completeImageUpload orderBoot
    cancelBoot uploadBootPiece completeBootFile putNetbootImage removeNetbootImage tieNetbootMachine untieNetbootMachine
    mayu.metadata mayu.providerId mayu.ipmiAddress mayu.cabinet mayu.etcdToken mayu.override mayu.state mayu.fresh`,
  administer: 'createToken revokeToken reload',
  audit: 'listTokens listRefusals listSecrets',
};
/** The same of who may. */
const may: Readonly<Record<OperatorRole, readonly Permission[]>> = {
  viewer: ['anyone', 'read'],
  operator: ['anyone', 'read', 'command'],
  admin: ['anyone', 'read', 'command', 'administer', 'audit'],
  auditor: ['anyone', 'read', 'audit'],
};

const named = (table: Readonly<Record<string, Endpoint>>, prefix = '') =>
  Object.entries(table).flatMap(([name, endpoint]) =>
    endpoint.role === 'operator' ? [{ name: prefix + name, endpoint }] : [],
  );
const calls = [...named(endpoints), ...named(otherEndpoints), ...named(mayuEndpoints, 'mayu.')];
const permissionOf = new Map(
  Object.entries(needs).flatMap(([permission, names]) =>
    names.split(/\s+/).map((name) => [name, permission as Permission] as const),
  ),
);
const urlOf = (path: string, at: Readonly<Record<string, string>> = {}) =>
  path.replace(/:(\w+)/g, (_, name: string) => at[name] ?? 'x');

const agent = new Agent({ keepAlive: true });
after(() => agent.destroy());

async function ask(origin: string, method: string, path: string, headers: Record<string, string>, body = '') {
  const asked = request(origin + path, { agent, method, headers }).end(body);
  const [answer] = await once(asked, 'response');
  await text(answer);
  return Number(answer.statusCode);
}

describe('every call of operators', () => {
  it('is listed here with what it needs', () => {
    expect(calls.map(({ name }) => name)).to.have.members([...permissionOf.keys()]);
    for (const { name, endpoint } of calls)
      expect([name, endpoint.needs]).to.deep.equal([name, permissionOf.get(name)]);
  });

  it('does not compile without what it needs', () => {
    // @ts-expect-error -- the type of a call of operators has to refuse this one
    const unsaid: Endpoint = { method: 'GET', path: '/api/v1/open', role: 'operator' };
    expect(unsaid).not.to.have.property('needs');
  });

  it('tells in the OpenAPI document what it needs', () => {
    const { paths } = openApiDocument('1') as {
      paths: Record<string, Record<string, { operationId: string; 'x-imago-needs': string }>>;
    };
    for (const operation of Object.values(paths).flatMap((each) => Object.values(each)))
      expect(operation['x-imago-needs']).to.equal(permissionOf.get(operation.operationId));
  });

  it('stands in one of the tables that are gone through here', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && /role: 'operator'/.test(readFileSync(`src/${name}`, 'utf8')))
      .map((name) => name.replaceAll('\\', '/'));
    expect(files).to.have.members([
      'api/endpoint.ts', // the type
      'api/endpoints.ts',
      'api/other-endpoints.ts',
      'dialects/mayu/mayu-dialect.ts',
    ]);
  });
});

describe('who may what: each call, for each that asks', () => {
  let house: House;
  let reached: { name: string; caller: Operator }[];
  const servers: Server[] = [];
  const origins = new Map<Way, string>();
  const tokens: Record<string, string> = {};
  let now = Date.UTC(2026, 10, 29, 10);

  /** With handlers that only note that they were reached. */
  async function listen(way: Way): Promise<string> {
    const { services } = house;
    const unlimited = { ...services.config().limits.http, failedLoginsPerMinute: 10_000 };
    const quiet = { reach: () => undefined, now: () => 0 };
    const traffic = new Traffic({
      limits: () => unlimited,
      isKnown: () => false,
      cardAt: () => 'off-link' as const,
      ...quiet,
    });
    const logins = new FailedLogins({ perMinute: () => 10_000, wait: () => Promise.resolve(), ...quiet });
    const routes = calls.map(({ name, endpoint }) => ({
      ...endpoint,
      handle: ({ caller }: { readonly caller: unknown }) =>
        void reached.push({ name, caller: caller as Operator }),
    }));
    const app = createApp(
      { ...services, traffic, logins },
      {
        audience: 'operators',
        way,
        routes,
        guard: () => undefined,
        operatorsAt: () => '',
        serveStatic: () => Promise.resolve(false),
      },
    );
    const handle = app.callback();
    const server = createServer(
      { IncomingMessage: HttpRequest },
      (asked, answer) => void handle(asked, answer),
    );
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  before(async () => {
    house = await openHouse({ now: () => new Date(now) });
    for (const way of ['tls', 'trusted', 'socket'] as const) origins.set(way, await listen(way));
    const make = async (name: string, role: OperatorRole, expires?: Date) => {
      const { text: token, token: kept } = await house.services.tokens.create(
        { name, role, expires },
        'root',
      );
      tokens[name] = `Bearer ${token}`;
      return kept.id;
    };
    for (const role of operatorRoles) await make(role, role);
    await make('expired', 'admin', new Date(now + 1));
    await house.services.tokens.revoke(await make('revoked', 'admin'), 'root');
    tokens['wrong'] = `${tokens['admin']?.slice(0, -40)}${'0'.repeat(40)}`;
    tokens['other'] = 'Bearer ghp_0123456789';
    tokens['basic'] = 'Basic YWRtaW46YWRtaW4=';
    now += 1;
  });
  beforeEach(() => void (reached = []));
  after(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await house.close();
  });

  const asking = (name: string, endpoint: Endpoint, way: Way, shown?: string) =>
    ask(origins.get(way) ?? '', endpoint.method, urlOf(endpoint.path), {
      'X-Imago-Operator': 'eve',
      ...(shown !== undefined && { Authorization: tokens[shown] ?? '' }),
    });

  for (const { name, endpoint } of calls) {
    const permission = permissionOf.get(name) ?? 'administer';
    it(`${name}: ${permission}`, async () => {
      const isOpen = permission === 'anyone';
      for (const role of operatorRoles) {
        reached = [];
        const isLetIn = may[role].includes(permission);
        const status = await asking(name, endpoint, 'tls', role);
        expect(status === 403, role).to.equal(!isLetIn);
        expect(
          reached.map((each) => each.name),
          role,
        ).to.deep.equal(isLetIn ? [name] : []);
        if (isLetIn && !isOpen)
          expect(reached[0]?.caller, role).to.include({ name: role, role, by: 'token' });
      }
      for (const shown of [undefined, 'expired', 'revoked', 'wrong', 'other', 'basic']) {
        reached = [];
        const status = await asking(name, endpoint, 'tls', shown);
        expect(status === 401, shown).to.equal(!isOpen);
        expect(
          reached.map((each) => each.name),
          shown,
        ).to.deep.equal(isOpen ? [name] : []);
      }
      for (const [way, author] of [
        ['trusted', 'claimed:eve'],
        ['socket', 'eve'],
      ] as const) {
        reached = [];
        expect(await asking(name, endpoint, way), way).not.to.be.oneOf([401, 403]);
        expect(
          reached.map((each) => each.name),
          way,
        ).to.deep.equal([name]);
        if (!isOpen) expect(reached[0]?.caller, way).to.include({ name: author, role: 'admin', by: way });
        reached = [];
        await asking(name, endpoint, way, 'viewer');
        const isLetIn = may.viewer.includes(permission);
        expect(
          reached.map((each) => each.name),
          `a token is worth what it is, ${way} or not`,
        ).to.deep.equal(isLetIn ? [name] : []);
      }
    });
  }
});

describe('a call that is refused', () => {
  let house: House;
  const at = { serial: 'ser1', id: '', kind: 'none', name: 'x', version: 'v1', machine: '52:54:00:00:00:01' };
  /** What would change something, of those that do not with an empty object. */
  const bodies: Readonly<Record<string, object>> = {
    addHost: { serial: 'ser2' },
    patchHost: { cabinet: 3 },
    setState: { state: 'configured' },
    lockHost: { reason: 'x' },
    createToken: { name: 'eve', role: 'admin' },
    orderBoot: { kernel: { file: 'vmlinuz' } },
  };

  it('changes nothing, whichever it is: no host, token, boot or file', async () => {
    const host = { ...newHost(parseSerial('ser1')), state: 'running' as const };
    house = await openHouse({
      config: `${houseConfig}limits: { http: { failedLoginsPerMinute: 1000 } }\n`,
      store: new InMemoryHostStore([host]),
    });
    try {
      const { store, services, provenUrl } = house;
      const viewer = await services.tokens.create({ name: 'vi', role: 'viewer' }, 'root');
      const revoked = await services.tokens.create({ name: 'ex', role: 'admin' }, 'root');
      await services.tokens.revoke(revoked.token.id, 'root');
      const admin = await services.tokens.create({ name: 'ad', role: 'admin' }, 'root');
      at.id = admin.token.id;
      const all = async () =>
        JSON.stringify([
          [...store.hosts()],
          (await store.log({ limit: 100 })).length,
          services.tokens.list().map(({ id }) => id),
          services.boots.list(),
          [...readdirSync(house.folder, { recursive: true, encoding: 'utf8' })]
            .filter((name) => !name.includes('refusals'))
            .toSorted((a, b) => a.localeCompare(b)),
        ]);
      const changing = calls.filter(
        ({ endpoint }) => endpoint.needs !== 'anyone' && endpoint.method !== 'GET',
      );
      const send = (name: string, { method, path }: Endpoint, token?: string) =>
        ask(
          provenUrl,
          method,
          urlOf(path, at),
          {
            'Content-Type': 'application/json',
            ...(token !== undefined && { Authorization: `Bearer ${token}` }),
          },
          method === 'DELETE' ? '' : JSON.stringify(bodies[name] ?? {}),
        );
      const before = await all();
      for (const { name, endpoint } of changing) {
        // What looks and does not change is a POST as well.
        if (endpoint.needs === 'read') continue;
        for (const token of [undefined, viewer.text, revoked.text])
          expect(await send(name, endpoint, token), name).to.equal(token === viewer.text ? 403 : 401);
      }
      expect(await all()).to.equal(before);
      // They would have: each of these changes something as soon as an admin asks for it.
      for (const name of Object.keys(bodies)) {
        const call = calls.find((each) => each.name === name);
        const earlier = await all();
        if (call) expect(await send(name, call.endpoint, admin.text), name).to.be.below(300);
        expect(await all(), name).not.to.equal(earlier);
      }
    } finally {
      await house.close();
    }
  });
});
