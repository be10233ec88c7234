import { createHmac } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventsSection } from '../../../src/config/events-section.js';
import { Hooks } from '../../../src/hooks/hooks.js';
import type { HookEvent } from '../../../src/hooks/hook-event.js';
import { Outgoing } from '../../../src/net/outgoing.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import type { JoiningNews } from '../../../src/joining/joining.js';
import { parseMac } from '../../../src/net/mac-address.js';
import type { StuckNews } from '../../../src/provision/stuck-watch.js';
import { answering } from '../../support/name-service.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

const SECRET = 'swordfish-77';
const serial = parseSerial('ser1');

interface Call {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('Hooks', function () {
  this.timeout(15_000);
  let receiver: Server;
  let url: string;
  let calls: Call[];
  let answer: (count: number) => number | undefined;
  let location: string | undefined;
  let folder: string;
  let store: InMemoryHostStore;
  let hooks: Hooks | undefined;
  let logged: string;
  let tellNews: (news: StuckNews) => void;
  let tellJoining: (news: JoiningNews) => void;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-hooks-'));
    calls = [];
    logged = '';
    location = undefined;
    answer = () => 204;
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        calls.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
        const status = answer(calls.length);
        if (status !== undefined)
          response.writeHead(status, location === undefined ? {} : { location }).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook/token`;
    store = new InMemoryHostStore([newHost(serial, { state: 'configured', profile: 'core' })]);
  });
  afterEach(async () => {
    await hooks?.close();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
    await rm(folder, { recursive: true });
  });

  const open = async (events: unknown, outgoing = new Outgoing()) => {
    const log = (facts: object, text: string) => void (logged += `${text} ${JSON.stringify(facts)}\n`);
    const opened = new Hooks({
      store,
      folder: join(folder, 'hooks'),
      stuck: { subscribe: (watcher) => ((tellNews = watcher), () => {}) },
      joining: { subscribe: (watcher) => ((tellJoining = watcher), () => {}) },
      config: eventsSection.parse(events),
      environment: { HOOK_KEY: SECRET },
      outgoing,
      clock: () => new Date('2026-11-21T03:00:00Z'),
      log: { debug: log, warn: log },
      pause: async () => {},
    });
    hooks = opened;
    await opened.start();
    return opened;
  };
  const become = (state: Host['state'], what = `updated host state to ${state}`) =>
    store.change({ name: 'op', kind: 'operator' }, (fleet) => [
      { host: { ...fleet.host(serial)!, state }, what },
    ]);
  const webhook = (more: object = {}) => ({ webhooks: [{ url, secret: { variable: 'HOOK_KEY' }, ...more }] });
  const events = (): HookEvent[] => calls.map(({ body }) => JSON.parse(body) as HookEvent);

  it('calls a webhook for each new state, signed', async () => {
    const opened = await open(webhook());
    await become('installing');
    await become('installing', 'updated host cabinet');
    await become('installed');
    await opened.settled();
    expect(events().map(({ occasion, before, what }) => [occasion, before, what])).to.deep.equal([
      ['installing', 'configured', 'updated host state to installing'],
      ['installed', 'installing', 'updated host state to installed'],
    ]);
    const [{ headers, body }] = calls as [Call];
    const time = String(headers['x-imago-time']);
    const wanted = createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex');
    expect(headers['x-imago-signature']).to.equal(`sha256=${wanted}`);
    expect(headers['x-imago-event']).to.equal(events()[0]?.id);
    expect(`${logged}${JSON.stringify(calls)}`).not.to.contain(SECRET);
    expect(logged).not.to.contain('token');
  });

  it('sends no signed call where a redirect leads', async () => {
    answer = () => 307;
    location = `${new URL(url).origin}/elsewhere`;
    const opened = await open(webhook());
    await become('installing');
    await opened.settled();
    expect(calls.map(({ path }) => path)).to.deep.equal(['/hook/token']);
    expect(logged).to.contain('status 307: it redirects, and webhooks are not sent on');
  });

  it('calls this server itself where its address or localhost is configured, and by a name only where that is allowed', async () => {
    const { port } = new URL(url);
    const named = (name: string) =>
      webhook({ url: `http://${name}:${port}/hook/token`, tries: 1, on: ['installing'] });
    const resolve = answering({ 'hook.example': ['127.0.0.1'] });
    const loopback = { localhost: ['127.0.0.1'] };
    const trials = [
      { name: '127.0.0.1', outgoing: new Outgoing({ resolve }), isTold: true },
      { name: 'localhost', outgoing: new Outgoing({ resolve: answering(loopback) }), isTold: true },
      { name: 'hook.example', outgoing: new Outgoing({ resolve }), isTold: false },
      {
        name: 'hook.example',
        outgoing: new Outgoing({ resolve, localTargets: () => ['hook.example'] }),
        isTold: true,
      },
    ];
    for (const { name, outgoing, isTold } of trials) {
      calls = [];
      logged = '';
      const opened = await open(named(name), outgoing);
      await become('installing');
      await opened.settled();
      await become('configured');
      await opened.close();
      expect(calls.length, name).to.equal(isTold ? 1 : 0);
      if (!isTold) expect(logged).to.contain('hook.example leads to 127.0.0.1, which is this server itself');
    }
  });

  it('calls again what failed twice, with the same event and in order', async () => {
    answer = (count) => (count <= 2 ? 503 : 204);
    const opened = await open(webhook());
    await become('installing');
    await become('installed');
    await opened.settled();
    expect(events().map(({ occasion }) => occasion)).to.deep.equal([
      'installing',
      'installing',
      'installing',
      'installed',
    ]);
    expect(new Set(events().map(({ id }) => id)).size).to.equal(2);
  });

  it('gives up after its tries, at once what is refused, and goes on with the next', async () => {
    answer = (count) => (count <= 3 ? 500 : count === 4 ? 410 : 204);
    const opened = await open(webhook({ tries: 3 }));
    await become('installing');
    await become('installed');
    await become('running');
    await opened.settled();
    expect(events().map(({ occasion }) => occasion)).to.deep.equal([
      'installing',
      'installing',
      'installing',
      'installed',
      'running',
    ]);
    expect(logged).to.contain('a hook could not be told').and.to.contain('status 410');
  });

  it('waits for nobody: one that hangs does not hold up another', async () => {
    answer = () => undefined;
    const flag = join(folder, 'flag');
    const opened = await open({
      ...webhook({ timeoutSeconds: 120 }),
      hooks: [{ command: ['/usr/bin/touch', flag] }],
    });
    await become('installing');
    while (calls.length === 0 || !(await readFile(flag).catch(() => undefined))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await opened.close();
  });

  it('is told only of what it wants, also of machines that are stuck', async () => {
    const opened = await open(webhook({ on: ['stuck', 'running'] }));
    await become('installing');
    tellNews({ kind: 'stuck', serial, time: new Date(0), reason: 'failed', detail: 'no disk' });
    tellNews({ kind: 'recovered', serial, time: new Date(0), reason: 'failed', detail: '' });
    await become('running');
    await opened.settled();
    expect(events().map(({ occasion, what }) => [occasion, what])).to.deep.equal([
      ['stuck', 'failed: no disk'],
      ['running', 'updated host state to running'],
    ]);
  });

  it('is told of a machine that waits to be accepted, and not that it was rejected', async () => {
    const opened = await open(webhook());
    const time = new Date('2026-11-21T03:00:00Z');
    const machine = {
      serial,
      code: 'K7QM',
      mac: parseMac('52:54:00:00:00:01'),
      isLeased: true,
      hardware: { product: 'R740' },
      since: time,
      lastSeen: time,
    };
    tellJoining({ code: 'waiting', machine, time });
    tellJoining({ code: 'rejected', machine, by: 'anna', time });
    await opened.settled();
    expect(events().map(({ occasion, what }) => [occasion, what])).to.deep.equal([
      ['pending', 'waits to be accepted, code K7QM: R740, 52:54:00:00:00:01'],
    ]);
  });

  it('says that its key cannot be read, and calls nobody', async () => {
    const opened = await open(webhook({ secret: { variable: 'NONE' } }));
    await become('installing');
    await opened.settled();
    expect(calls).to.deep.equal([]);
    expect(logged).to.contain('NONE');
  });

  it('runs a program with the event, and with nothing of its own environment', async () => {
    const script = join(folder, 'hook');
    await writeFile(
      script,
      `#!/bin/sh\nenv > ${folder}/env\ncat > ${folder}/stdin\necho "$1" > ${folder}/argv\n`,
    );
    await chmod(script, 0o755);
    process.env['IMAGO_TEST_PLANTED'] = 'planted';
    try {
      const opened = await open({ hooks: [{ command: [script, 'a b; $(reboot)'] }] });
      await become('installing');
      await opened.settled();
    } finally {
      delete process.env['IMAGO_TEST_PLANTED'];
    }
    const environment = await readFile(join(folder, 'env'), 'utf8');
    expect(environment).to.contain('IMAGO_SERIAL=ser1\n').and.to.contain('IMAGO_STATE=installing\n');
    expect(environment).not.to.contain('planted');
    expect(JSON.parse(await readFile(join(folder, 'stdin'), 'utf8'))).to.include({ occasion: 'installing' });
    expect(await readFile(join(folder, 'argv'), 'utf8')).to.equal('a b; $(reboot)\n');
  });

  const failures = [
    { name: 'fails', command: ['/bin/sh', '-c', 'echo broken >&2; exit 3'], says: 'it ended with 3: broken' },
    { name: 'is not there', command: ['/nowhere/hook'], says: 'ENOENT' },
    { name: 'hangs', command: ['/bin/sleep', '60'], timeoutSeconds: 1, says: 'longer than 1 s' },
  ];
  for (const { name, says, ...hook } of failures) {
    it(`says that a program ${name}`, async () => {
      const opened = await open({ hooks: [hook] });
      await become('installing');
      await opened.settled();
      expect(logged).to.contain(says);
    });
  }

  it('wants an absolute path', () => {
    expect(() => eventsSection.parse({ hooks: [{ command: ['reboot'] }] })).to.throw('absolute path');
  });

  describe('when the configuration is reloaded', () => {
    it('tells new ones what comes, and those that are as before all that they have not been told', async () => {
      await become('configured', 'host created');
      answer = () => undefined;
      const opened = await open(webhook());
      await become('installing');
      while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
      calls = [];
      answer = () => 204;
      const [first] = webhook().webhooks;
      opened.follow(
        eventsSection.parse({ webhooks: [first, { ...first, url: `${url}2`, on: ['installed'] }] }),
      );
      await opened.settled();
      await become('installed');
      await opened.settled();
      expect(events().map(({ occasion }) => occasion)).to.have.members([
        'installing',
        'installed',
        'installed',
      ]);
    });

    it('tells those that are gone nothing more', async () => {
      const opened = await open(webhook());
      opened.follow(eventsSection.parse({}));
      await become('installing');
      await opened.settled();
      expect(calls).to.deep.equal([]);
    });

    it('leaves them alone when nothing of theirs has changed', async () => {
      const opened = await open(webhook());
      answer = () => undefined;
      await become('installing');
      while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
      opened.follow(eventsSection.parse({ ...webhook(), stuck: { installSeconds: 7 } }));
      answer = () => 204;
      receiver.closeAllConnections();
      await opened.settled();
      expect(calls).to.have.length(2);
    });
  });

  describe('over a restart', () => {
    const occasions = () => events().map(({ occasion }) => occasion);
    beforeEach(() => become('configured', 'host created'));

    it('tells what was not delivered, in order, with the ids it would have had', async () => {
      answer = () => undefined;
      await open(webhook());
      await become('installing');
      while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
      tellNews({
        kind: 'stuck',
        serial,
        time: new Date('2026-01-01T00:00:01.500Z'),
        reason: 'failed',
        detail: 'no disk',
      });
      await become('installed');
      await hooks?.close();
      calls = [];
      answer = () => 204;
      await (await open(webhook())).settled();
      expect(occasions()).to.deep.equal(['installing', 'stuck', 'installed']);
      const [first, , last] = events();
      expect([first?.id, last?.id]).to.deep.equal(store.recorded.slice(1).map(({ revision }) => revision));
      expect(last).to.include({ before: 'installing', profile: 'core', author: 'op' });
    });

    it('tells also the very first changes of a cluster', async () => {
      store = new InMemoryHostStore();
      answer = () => undefined;
      await open(webhook());
      await store.change({ name: 'op', kind: 'operator' }, () => [
        { host: newHost(serial, { state: 'configured' }), what: 'host created' },
      ]);
      while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
      await hooks?.close();
      calls = [];
      answer = () => 204;
      await (await open(webhook())).settled();
      expect(events().map(({ id, occasion }) => [id, occasion])).to.deep.equal([['0'.repeat(40), 'created']]);
    });

    it('tells what happened while it did not run', async () => {
      await (await open(webhook({ on: ['installed', 'retired'] }))).close();
      await become('installing');
      await become('installed');
      await become('installed', 'updated host cabinet');
      await store.change({ name: 'op', kind: 'operator' }, (fleet) => [
        { host: fleet.host(serial)!, what: 'host retired', retired: true },
      ]);
      await (await open(webhook({ on: ['installed', 'retired'] }))).settled();
      expect(occasions()).to.deep.equal(['installed', 'retired']);
    });

    it('tells nothing twice that was delivered, and nothing of the past to a new one', async () => {
      await become('installing');
      const first = await open(webhook());
      await become('installed');
      await first.settled();
      await first.close();
      await (
        await open({ webhooks: [...webhook().webhooks, { ...webhook().webhooks[0], url: `${url}2` }] })
      ).settled();
      expect(occasions()).to.deep.equal(['installed']);
    });

    it('is told from now on by a file that is damaged, which is kept aside, and the log says so', async () => {
      await (await open(webhook())).close();
      const [name = ''] = await readdir(join(folder, 'hooks'));
      await writeFile(join(folder, 'hooks', name), 'garbage');
      await become('installing');
      const opened = await open(webhook());
      await become('installed');
      await opened.settled();
      expect(occasions()).to.deep.equal(['installed']);
      expect(logged).to.contain('cannot be read: the file is put aside').and.to.contain('it is no JSON');
      await opened.close();
      await (await open(webhook())).close();
      expect(await readdir(join(folder, 'hooks'))).to.have.members([name, `${name}.damaged`]);
      expect(await readFile(join(folder, 'hooks', `${name}.damaged`), 'utf8')).to.equal('garbage');
    });

    it('keeps the newest thousand for one that does not take them', async () => {
      answer = () => undefined;
      await open(webhook());
      for (let round = 0; round < 505; round += 1) {
        await become('installing');
        await become('installed');
      }
      expect(logged.match(/too many events wait for it/g)).to.have.length(9);
      await hooks?.close();
      calls = [];
      answer = () => 204;
      await (await open(webhook())).settled();
      expect(calls).to.have.length(1000);
      expect(events().at(-1)?.id).to.equal(store.recorded.at(-1)?.revision);
    });

    it('goes on from now where the log does not have what was told last', async () => {
      const first = await open(webhook());
      await become('installing');
      await first.settled();
      await first.close();
      store = new InMemoryHostStore([newHost(serial, { state: 'configured' })]);
      const second = await open(webhook());
      expect(logged).to.contain('a hook is told from now on');
      await become('running');
      await second.settled();
      expect(occasions()).to.deep.equal(['installing', 'running']);
    });

    it('forgets hooks that are configured no more, and files show no address', async () => {
      const kept = () => readdir(join(folder, 'hooks'));
      await (await open(webhook())).close();
      const [name = ''] = await kept();
      expect(name).to.match(/^[0-9a-f]{24}\.json$/);
      expect(await readFile(join(folder, 'hooks', name), 'utf8')).not.to.contain('token');
      await (
        await open({ hooks: [{ command: ['/bin/true'] }, { command: ['/bin/true'], on: ['stuck'] }] })
      ).close();
      expect(await kept())
        .to.have.length(2)
        .and.not.to.contain(name);
    });

    it('tells although what it told cannot be kept, and says so', async () => {
      const opened = await open(webhook());
      const [name = ''] = await readdir(join(folder, 'hooks'));
      await mkdir(join(folder, 'hooks', `${name}.new`));
      await become('installing');
      await opened.settled();
      expect(occasions()).to.deep.equal(['installing']);
      expect(logged).to.contain('it will be told again').and.to.contain('EISDIR');
    });
  });
});
