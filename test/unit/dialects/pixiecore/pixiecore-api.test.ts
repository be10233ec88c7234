import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { Simulation } from '../../../../src/api/simulation.js';
import { parseConfig } from '../../../../src/config/parse-config.js';
import { openPixiecoreApi } from '../../../../src/dialects/pixiecore/client/open-pixiecore-api.js';
import type { OtherSystem } from '../../../../src/http/dialect.js';
import { HttpMetrics } from '../../../../src/http/http-metrics.js';
import { Outgoing } from '../../../../src/net/outgoing.js';
import { TextSigner } from '../../../../src/net/signed-text.js';
import { houseConfig, openHouse, type House } from '../../../support/http-house.js';
import { patterned, startNastyServer, type NastyServer } from '../../../support/nasty-server.js';

const kernel = patterned(3000);

/** An API server of the test's own. */
class ApiServer {
  readonly asked: string[] = [];
  readonly files = new Map<string, Buffer>();
  url = '';
  answer: (response: ServerResponse) => void = (response) => response.writeHead(404).end();
  readonly #server: Server = createServer(({ method, url = '' }, response) => {
    this.asked.push(`${method} ${url}`);
    const file = this.files.get(url);
    if (file)
      response
        .writeHead(200, { etag: '"f1"', ...(!url.includes('chunked') && { 'content-length': file.length }) })
        .end(file);
    else this.answer(response);
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  says(json: unknown): void {
    this.answer = (response) => response.end(JSON.stringify(json));
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

describe('machines that somebody’s API server of Pixiecore’s kind knows', () => {
  let api: ApiServer;
  let elsewhere: NastyServer;
  let system: OtherSystem;
  let house: House;
  let metrics: HttpMetrics;
  let folder: string;
  let now: Date;
  let reached: string[];

  beforeEach(async () => {
    now = new Date('2026-11-21T10:00:00Z');
    reached = [];
    api = new ApiServer();
    await api.start();
    elsewhere = await startNastyServer();
    folder = await mkdtemp(join(tmpdir(), 'imago-pixiecore-'));
    const text = `${houseConfig}dhcp: { mode: proxy }\npixiecore: { api: "${api.url}/some/prefix", requests: 2 }\nimages: { tries: 1 }\n`;
    const parsed = parseConfig(text, 'house.yaml');
    const config = { ...parsed, paths: { ...parsed.paths, state: folder } };
    metrics = new HttpMetrics();
    system = await openPixiecoreApi({
      config: () => config,
      logger: pino({ level: 'silent' }),
      clock: () => now,
      metrics,
      reach: (name) => reached.push(name),
      outgoing: () => new Outgoing(),
    });
    house = await openHouse({
      config: text,
      sources: { order: ['hosts', 'pixiecore-api'], all: system.source ? [system.source] : [] },
      dialects: (services) => (system.dialect ? [system.dialect(services)] : []),
      fileAt: system.fileAt,
    });
  });
  afterEach(async () => {
    await house.close();
    await system.close?.();
    await api.close();
    await elsewhere.close();
    await rm(folder, { recursive: true });
  });

  const script = async (last = '01') =>
    (await fetch(`${house.url}/ipxe?serial=s${last}&mac=52-54-00-00-00-${last}`)).text();
  const filesIn = (text: string) =>
    [...text.matchAll(/http:\/\/10\.75\.0\.1:4080(\/pixiecore\/file\/\S+)/g)].map(
      ([, path]) => `${house.url}${path}`,
    );
  const get = async (url: string, headers: Record<string, string> = {}, method = 'GET') => {
    const answer = await fetch(url, { headers, method });
    return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
  };
  const count = async (outcome: string) => {
    const lines = (await metrics.registry.metrics()).split('\n');
    return lines
      .find((line) => line.includes(`imago_pixiecore_api_requests_total{outcome="${outcome}"}`))
      ?.split(' ')[1];
  };

  it('are asked for as Pixiecore asks, and boot through imago alone', async () => {
    api.files.set('/kernel', kernel);
    api.says({ kernel: '/kernel', cmdline: { quiet: true, seed: { url: '/seed.yml' }, who: 'a b' } });
    const text = await script();
    expect(api.asked).to.deep.equal(['GET /some/prefix/v1/boot/52:54:00:00:00:01']);
    expect(text).to.not.include(api.url);
    const [first = '', seed = ''] = filesIn(text);
    expect(text).to.include(
      `kernel ${first.replace(house.url, 'http://10.75.0.1:4080')} quiet seed=${seed.replace(house.url, 'http://10.75.0.1:4080')} who="a b" || goto failed\n`,
    );
    expect(first).to.match(/\/pixiecore\/file\/[\w.-]+\/kernel$/);
    expect((await get(first)).body.equals(kernel)).to.equal(true);
    expect(house.store.size, 'no host is made').to.equal(0);
    expect(await count('answered')).to.equal('1');
  });

  it('get parts of their files and heads, and a copy that is good is not sent again', async () => {
    api.files.set('/kernel', kernel);
    api.says({ kernel: '/kernel' });
    const [url = ''] = filesIn(await script());
    const head = await get(url, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), head.headers.get('etag')]).to.deep.equal([
      200,
      '3000',
      '"f1"',
    ]);
    await house.services.stock.mirror.settled();
    const part = await get(url, { range: 'bytes=100-199' });
    expect([part.status, part.body.equals(kernel.subarray(100, 200))]).to.deep.equal([206, true]);
    expect((await get(url, { 'if-none-match': '"f1"' })).status).to.equal(304);
  });

  it('are explained and simulated by what the server says', async () => {
    api.says({ kernel: '/kernel', initrd: ['/initrd'] });
    const ask = async (path: string, init?: RequestInit) =>
      (await fetch(house.operatorUrl + path, init)).json() as Promise<{
        steps: { step: string; answer: string; files?: unknown[] }[];
        faults?: number;
      }>;
    const explained = await ask('/api/v1/explain/52:54:00:00:00:01');
    expect(explained.steps.find(({ step }) => step === 'source')?.answer).to.equal(
      'pixiecore-api: GET /v1/boot/52:54:00:00:00:01',
    );
    const body = JSON.stringify({ serial: 's01', mac: '52:54:00:00:00:01' });
    const headers = { 'content-type': 'application/json' };
    const played = await ask('/api/v1/simulations', { method: 'POST', body, headers });
    expect(played.faults).to.equal(0);
    expect(api.asked).to.have.length(1);
  });

  it('are simulated with what imago would fetch where it comes from, and a fault for what it would not', async () => {
    api.says({ kernel: 'http://127.0.0.1:9/vmlinuz', initrd: ['/initrd'] });
    const body = JSON.stringify({ serial: 's01', mac: '52:54:00:00:00:01' });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${house.operatorUrl}/api/v1/simulations`, { method: 'POST', body, headers });
    const { steps, faults } = Simulation.parse(await answer.json());
    expect(steps.find(({ step }) => step === 'ipxe')?.files).to.deep.equal([
      {
        url: 'http://127.0.0.1:9/vmlinuz',
        from: 'mirror',
        fault:
          'it leads to 127.0.0.1, which is this server itself, its link or a metadata service: add 127.0.0.1 to network.localTargets if that is meant',
      },
      { url: `${api.url}/initrd`, from: 'elsewhere' },
    ]);
    expect(faults).to.equal(1);
    expect(api.asked, 'no file is asked for').to.deep.equal(['GET /some/prefix/v1/boot/52:54:00:00:00:01']);
    const [refused = ''] = filesIn(await script());
    expect((await get(refused)).status, 'as it goes').to.equal(502);
  });

  it('are told no length that nobody knows yet', async () => {
    api.files.set('/chunked', kernel);
    api.says({ kernel: '/chunked' });
    const [url = ''] = filesIn(await script());
    const head = await get(url, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).to.deep.equal([200, null]);
    expect((await get(url)).body.equals(kernel)).to.equal(true);
  });

  it('are hosts of imago where the server does not know them', async () => {
    expect(await script()).to.include('imago: s01 is configured');
    expect(house.store.size).to.equal(1);
    expect(await count('ignored')).to.equal('1');
    await script();
    expect(api.asked, 'nobody asks for a host').to.have.length(1);
  });

  for (const status of [204, 302, 400, 401, 403, 404, 410]) {
    it(`are left to imago at status ${status}`, async () => {
      api.answer = (response) => response.writeHead(status).end();
      expect(await script()).to.include('imago: s01 is configured');
    });
  }

  for (const { what, answer, says } of [
    {
      what: 'status 503',
      answer: (response: ServerResponse) => response.writeHead(503).end(),
      says: 'it answers HTTP 503',
    },
    ...[408, 429, 500].map((status) => ({
      what: `status ${status}`,
      answer: (response: ServerResponse) => response.writeHead(status).end(),
      says: `it answers HTTP ${status}`,
    })),
    {
      what: 'a connection that breaks',
      answer: (response: ServerResponse) => void response.destroy(),
      says: 'cannot be asked now',
    },
    { what: 'no JSON', answer: (response: ServerResponse) => response.end('<html>'), says: 'it is no JSON' },
    {
      what: 'more than a script',
      answer: (response: ServerResponse) => response.end(`"${'x'.repeat(300_000)}"`),
      says: 'longer than 65536 bytes',
    },
    {
      what: 'nothing to boot',
      answer: (response: ServerResponse) => response.end('{}'),
      says: 'neither a kernel nor an ipxe-script',
    },
    {
      what: 'a file of imago’s own disk',
      answer: (response: ServerResponse) => response.end('{"kernel":"file:///etc/shadow"}'),
      says: 'imago gives none of those away',
    },
    {
      what: 'a redirect to another server of this computer',
      answer: (response: ServerResponse) => response.writeHead(302, { location: elsewhere.url }).end(),
      says: 'which is this server itself',
    },
  ]) {
    it(`wait, with the reason, at ${what}: none becomes a host by it`, async () => {
      api.answer = answer;
      const text = await script();
      expect(text).to.include('echo imago: this machine has to wait');
      expect(text).to.include(says.replace('’', "'"));
      expect(text).to.include('chain --replace --autofree http://10.75.0.1:4080/boot.ipxe');
      expect(house.store.size).to.equal(0);
    });
  }

  it('raise an alarm once the server fails, which goes when it answers again', async () => {
    api.answer = (response) => response.writeHead(500).end();
    await script();
    await script();
    expect(system.alarms?.()).to.deep.equal([
      {
        code: 'PIXIECORE_API_FAILED',
        message: `${api.url}/some/prefix (pixiecore.api) cannot be asked now: it answers HTTP 500`,
        since: now,
      },
    ]);
    expect(await count('failed')).to.equal('2');
    api.says({ kernel: '/kernel' });
    expect(await script()).to.include('/pixiecore/file/');
    expect(system.alarms?.()).to.deep.equal([]);
  });

  it('hold up no other machine: while the server keeps silent, hosts get their scripts, and no more are asked for than may be', async () => {
    let asked = (): void => undefined;
    const held: ServerResponse[] = [];
    const both = new Promise<void>((resolve) => (asked = resolve));
    await script('aa');
    api.answer = (response) => {
      if (held.push(response) === 2) asked();
    };
    const waiting = [script('01'), script('02'), script('01')];
    await both;
    expect(await script('aa')).to.include('imago: saa is configured');
    expect(await script('03')).to.include('as many as pixiecore.requests allows: ask again');
    expect(reached).to.deep.equal(['pixiecore-requests']);
    for (const response of held) response.end('{"kernel":"/kernel"}');
    for (const text of await Promise.all(waiting)) expect(text).to.include('/pixiecore/file/');
    expect(held).to.have.length(2);
  });

  it('have the answer worked out once while it holds, also one that is unfit', async () => {
    for (const [cmdline, shown] of [
      ['{{ URL "/a" }}', '/pixiecore/file/'],
      ['{{ range 100000 }}{{ $a := URL "http://10.75.0.5/x" }}{{ end }}', 'it names more than 64 URLs'],
    ] as const) {
      now = new Date(now.getTime() + 10_000);
      api.says({ kernel: '/kernel', cmdline });
      const signed = signatures();
      for (let times = 0; times < 3; times += 1) expect(await script()).to.include(shown);
      const once = signed.end();
      expect(once).to.be.greaterThan(1).and.lessThan(66);
    }
    expect(await count('unfit')).to.equal('1');
  });

  /** How many URLs are signed from now on. */
  function signatures(): { end(): number } {
    const { sign } = TextSigner.prototype;
    let signed = 0;
    TextSigner.prototype.sign = function (this: TextSigner, text: string) {
      signed += 1;
      return sign.call(this, text);
    };
    return {
      end() {
        TextSigner.prototype.sign = sign;
        return signed;
      },
    };
  }

  it('are asked for again when the answer no longer holds', async () => {
    api.says({ kernel: '/kernel' });
    await script();
    await script();
    expect(api.asked).to.have.length(1);
    now = new Date(now.getTime() + 5000);
    await script();
    expect(api.asked).to.have.length(2);
  });

  describe('have nothing fetched but what the server named:', () => {
    const forged = (key: Buffer, purpose: string, url: string) =>
      `${house.url}/pixiecore/file/${new TextSigner(key, purpose).sign(url)}/k`;

    it('a URL that somebody made is not', async () => {
      elsewhere.files.set('/secret', { content: kernel });
      const purpose = `pixiecore ${api.url}/some/prefix`;
      for (const url of [
        forged(Buffer.alloc(32), purpose, `${elsewhere.url}/secret`),
        `${house.url}/pixiecore/file/${Buffer.from(`${elsewhere.url}/secret`).toString('base64url')}/k`,
        `${house.url}/pixiecore/file/${encodeURIComponent(`${elsewhere.url}/secret`)}/k`,
        `${house.url}/pixiecore/file/..%2f..%2fmetrics/k`,
      ]) {
        expect((await get(url)).status).to.equal(404);
      }
      expect(elsewhere.requests).to.deep.equal([]);
    });

    it('a token of an ordered boot is none here, nor is one of these there', async () => {
      api.files.set('/kernel', kernel);
      api.says({ kernel: '/kernel' });
      const [url = ''] = filesIn(await script());
      const order = { kernel: { url: `${api.url}/kernel` }, initrds: [], cmdline: '', message: '' };
      await house.services.boots.order({ ...order, macs: [], includeRunning: false }, 'ada');
      const [, path] = /http:\/\/10\.75\.0\.1:4080(\/boot-file\/\S+)/.exec(await script()) ?? [];
      const own = `${house.url}${path}`;
      expect((await get(own)).status).to.equal(200);
      expect((await get(own.replace('/boot-file/', '/pixiecore/file/'))).status).to.equal(404);
      expect((await get(url.replace('/pixiecore/file/', '/boot-file/'))).status).to.equal(404);
    });

    it('one that it signed, changed, is not', async () => {
      api.files.set('/kernel', kernel);
      api.says({ kernel: '/kernel' });
      const [url = ''] = filesIn(await script());
      const [body = '', tag = ''] = url.split('/').at(-2)?.split('.') ?? [];
      const other = Buffer.from(
        Buffer.from(body, 'base64url').toString().replace('kernel', 'secret'),
      ).toString('base64url');
      expect((await get(url.replace(body, other))).status).to.equal(404);
      expect((await get(url.replace(tag, tag.toLowerCase()))).status).to.equal(404);
      const token = `${body}.${tag}`;
      for (const place of token.split('').keys()) {
        const changed = `${token.slice(0, place)}${token[place] === 'A' ? 'B' : 'A'}${token.slice(place + 1)}`;
        expect((await get(url.replace(token, changed))).status, `character ${place}`).to.equal(404);
      }
      expect(api.asked).to.deep.equal(['GET /some/prefix/v1/boot/52:54:00:00:00:01']);
    });

    it('nor does the server lead imago to services of its own: another port of this computer, by address, name or redirect', async () => {
      elsewhere.files.set('/secret', { content: kernel });
      const port = new URL(elsewhere.url).port;
      const at = new URL(api.url);
      for (const url of [
        `${elsewhere.url}/secret`,
        `http://localhost:${port}/secret`,
        `http://[::1]:${port}/secret`,
      ]) {
        now = new Date(now.getTime() + 10_000);
        api.says({ kernel: url });
        const [file = ''] = filesIn(await script());
        const { status, body } = await get(file);
        expect(status).to.equal(502);
        expect(body.toString()).to.include('which is this server itself, its link or a metadata service');
      }
      api.answer = (response) => response.writeHead(302, { location: `${elsewhere.url}/secret` }).end();
      const { status } = await get(await signedByHouse(`${at.origin}/redirects`));
      expect(status).to.equal(502);
      expect(elsewhere.requests).to.deep.equal([]);
    });

    /** A URL that the server named before. */
    async function signedByHouse(url: string): Promise<string> {
      const answer = api.answer;
      api.says({ kernel: url });
      now = new Date(now.getTime() + 10_000);
      const [file = ''] = filesIn(await script());
      api.answer = answer;
      return file;
    }

    it('its key is this user’s alone', async () => {
      expect((await stat(join(folder, 'pixiecore/url-key'))).mode & 0o777).to.equal(0o600);
    });
  });
});
