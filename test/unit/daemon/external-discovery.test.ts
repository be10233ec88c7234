import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { Config } from '../../../src/config/schema.js';
import { discoveryOf, ExternalDiscovery } from '../../../src/daemon/external-discovery.js';
import { Outgoing } from '../../../src/net/outgoing.js';
import type { ClusterSettings } from '../../../src/store/cluster-file.js';

type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

/** A discovery service as etcd's is, until it is told to be another. */
class DiscoveryService {
  readonly seen: string[] = [];
  readonly tokens = new Map<string, string>();
  /** Answers instead, the first of them first. */
  readonly instead: Answerer[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.seen.push(`${request.method} ${request.url}`);
      (this.instead.shift() ?? this.#answer)(request, response);
    });
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  readonly #answer: Answerer = ({ method, url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, this.url);
    const size = this.tokens.get(/^\/(\w+)\/_config\/size$/.exec(pathname)?.[1] ?? '');
    if (pathname === '/new' && method === 'PUT') {
      this.tokens.set('f00dcafe', searchParams.get('size') ?? '');
      response.end(`https://discovery.example/f00dcafe\n`);
    } else if (size !== undefined) response.end(JSON.stringify({ action: 'get', node: { value: size } }));
    else response.writeHead(404).end('{"errorCode":100}');
  };
}

describe('the token of a discovery service elsewhere', () => {
  let service: DiscoveryService;
  let discovery: ExternalDiscovery;
  let registry: Registry;
  let store: ClusterSettings & { changeCluster(settings: ClusterSettings, what: string): Promise<void> };
  let recorded: string[];
  let failures: string[];
  let settled: Promise<unknown>;
  let alarmWhenItPaused: string | undefined;

  beforeEach(async () => {
    service = await new DiscoveryService().start();
    registry = new Registry();
    recorded = [];
    failures = [];
    alarmWhenItPaused = undefined;
    let settle: (value?: unknown) => void = () => undefined;
    settled = new Promise((resolve) => (settle = resolve));
    store = {
      defaultEtcdClusterToken: 'inventedbyimago',
      changeCluster: (settings, what) => {
        Object.assign(store, settings);
        recorded.push(what.replace(service.url, 'URL'));
        settle();
        return Promise.resolve();
      },
    };
    discovery = new ExternalDiscovery({
      store: store as never,
      outgoing: new Outgoing(),
      registry,
      clock: () => new Date('2026-11-21T10:00:00Z'),
      log: {
        info: () => undefined,
        warn: (_: object, message?: string) => void failures.push(message ?? ''),
      },
      timeoutMs: 500,
      pause: (_, signal) => {
        alarmWhenItPaused = discovery.alarms()[0]?.code;
        return signal.aborted ? Promise.reject(new Error('over')) : Promise.resolve();
      },
    });
  });
  afterEach(async () => {
    await discovery.close();
    service.stop();
  });

  const etcd = (discoveryUrl: string | undefined = service.url) =>
    ({ etcd: { discoveryUrl, clusterSize: 5 } }) as Pick<Config, 'etcd'>;
  const metric = async (name: string) =>
    (await registry.metrics()).split('\n').find((line) => line.startsWith(name));

  it('Y2: is asked of it with the size, looked up, and recorded with the cluster', async () => {
    expect(discoveryOf(etcd(), store as never)).to.deep.equal({ service: service.url, token: undefined });
    discovery.follow(etcd());
    expect(await metric('imago_etcd_token_awaited ')).to.equal('imago_etcd_token_awaited 1');
    await settled;
    expect(service.seen).to.deep.equal([
      'GET /inventedbyimago/_config/size',
      'PUT /new?size=5',
      'GET /f00dcafe/_config/size',
    ]);
    expect(recorded).to.deep.equal(['set etcd discovery token of URL']);
    expect(discoveryOf(etcd(), store as never)).to.deep.equal({ service: service.url, token: 'f00dcafe' });
    await new Promise(setImmediate);
    expect(await metric('imago_etcd_token_awaited ')).to.equal('imago_etcd_token_awaited 0');
    expect([failures, discovery.alarms()]).to.deep.equal([[], []]);
  });

  it('Y2: is not asked for again once it is recorded, and anew of another service', async () => {
    Object.assign(store, { defaultEtcdClusterToken: 'f00d', etcdDiscovery: service.url });
    discovery.follow(etcd());
    expect(await metric('imago_etcd_token_awaited ')).to.equal('imago_etcd_token_awaited 0');
    expect(service.seen).to.deep.equal([]);
    expect(discoveryOf(etcd('http://another'), store as never)?.token).to.equal(undefined);
  });

  it('Y2: stays the one that the cluster came with where the service knows it', async () => {
    service.tokens.set('inventedbyimago', '3');
    discovery.follow(etcd());
    await settled;
    expect(service.seen).to.deep.equal(['GET /inventedbyimago/_config/size']);
    expect(store).to.include({ defaultEtcdClusterToken: 'inventedbyimago', etcdDiscovery: service.url });
  });

  const text =
    (body: string, status = 200, headers = {}): Answerer =>
    (_, response) =>
      response.writeHead(status, headers).end(body);
  const unknown = text('', 404);
  for (const { name, answers, says } of [
    { name: 'fails', answers: [text('', 503)], says: 'it answers HTTP 503' },
    { name: 'hangs', answers: [() => undefined], says: 'it has not answered within 0.5 s' },
    {
      name: 'hangs up',
      answers: [(request: IncomingMessage) => request.socket.destroy()],
      says: 'other side closed',
    },
    {
      name: 'answers something else',
      answers: [unknown, text('<html>log in</html>')],
      says: "it answers '<html>log in</html>'",
    },
    {
      name: 'answers a token that is none',
      answers: [unknown, text('http://x/a%20b')],
      says: "it answers 'http://x/a%20b'",
    },
    {
      name: 'answers a token that it does not know',
      answers: [unknown, text('http://x/0123')],
      says: 'it answers the token 0123, which it does not know itself',
    },
    {
      name: 'answers one of another size',
      answers: [unknown, text('http://x/0123'), text('{"node":{"value":"3"}}')],
      says: 'the token 0123, which it keeps for 3 members instead of 5',
    },
    {
      name: 'says yes to anything',
      answers: [text('welcome')],
      says: "it answers 'welcome', which is no node of etcd",
    },
    {
      name: 'redirects',
      answers: [unknown, text('', 302, { location: 'http://127.0.0.1:1/new' })],
      says: "it redirects to 'http://127.0.0.1:1/new', which is not followed",
    },
    {
      name: 'never ends',
      answers: [unknown, text('x'.repeat(100_000))],
      says: 'it answers more than 4096 bytes',
    },
  ]) {
    it(`Y2: is asked for until it is there, of a service that ${name}`, async () => {
      service.instead.push(...answers);
      discovery.follow(etcd());
      await settled;
      expect(failures).to.have.length(1);
      expect(failures[0])
        .to.include(`the etcd discovery service ${service.url} gave no token: `)
        .and.include(says);
      expect(alarmWhenItPaused).to.equal('ETCD_DISCOVERY_FAILED');
      expect(store.defaultEtcdClusterToken).to.equal('f00dcafe');
      expect(await metric('imago_etcd_discovery_asked_total{outcome="failed"}')).to.match(/ 1$/);
    });
  }

  it('Y2: is asked for by GET of a service that takes no PUT', async () => {
    service.tokens.set('beef', '5');
    service.instead.push(unknown, text('', 405), text('http://x/y/beef'));
    discovery.follow(etcd());
    await settled;
    expect(service.seen.slice(1)).to.deep.equal([
      'PUT /new?size=5',
      'GET /new?size=5',
      'GET /beef/_config/size',
    ]);
    expect(store.defaultEtcdClusterToken).to.equal('beef');
  });
});
