import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { ApiClient } from '../../../src/api/client.js';
import { ApiProblem, ServerUnreachable } from '../../../src/api/errors.js';
import type { Event } from '../../../src/api/events.js';
import { renderEvent } from '../../../src/cli/commands/events.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';
import { FakeImago, problem } from '../api/fake-imago.js';
import { imagoctl, root, operatorsOfTests } from '../../support/run-imagoctl.js';

const change: Event = {
  id: 'c1',
  time: '2026-11-21T02:03:04.567Z',
  kind: 'change',
  serial: 'ser0001',
  what: 'updated host provider id',
  state: 'running',
  author: 'ada',
};

describe('cli/render-event', () => {
  for (const { name, event, color, want } of [
    {
      name: 'a change',
      event: change,
      color: false,
      want: '2026-11-21T02:03:04Z  ser0001       running     updated host provider id (ada)',
    },
    {
      name: 'a retirement',
      event: { ...change, what: 'host retired', state: undefined },
      color: true,
      want: '2026-11-21T02:03:04Z  ser0001       -           host retired (ada)',
    },
    {
      name: 'a failure',
      event: {
        ...change,
        kind: 'progress',
        code: 'failed',
        what: 'failed: no disk',
        author: undefined,
        state: 'installing',
      },
      color: true,
      want: '2026-11-21T02:03:04Z  ser0001       \u{1b}[33minstalling\u{1b}[0m  \u{1b}[31mfailed: no disk\u{1b}[0m',
    },
    {
      name: 'nothing that steers the terminal',
      event: { ...change, what: 'x\u{1b}[2J' },
      color: false,
      want: '2026-11-21T02:03:04Z  ser0001       running     x\u{fffd}[2J (ada)',
    },
  ] as const) {
    it(`shows ${name}`, () => {
      expect(renderEvent(event, { color })).to.equal(want);
    });
  }
});

describe('imagoctl events', () => {
  let house: House;
  const environment = () => ({
    IMAGO_HOST: '127.0.0.1',
    IMAGO_PORT: new URL(house.url).port,
    IMAGO_OPERATOR: 'ada',
  });
  const run = (...argv: string[]) => imagoctl(argv, environment());
  const facts = { state: 'running', profile: 'default' } as const;

  beforeEach(async () => {
    const hosts = ['a', 'b'].map((serial) => newHost(parseSerial(serial), facts));
    house = await openHouse({ store: new InMemoryHostStore(hosts, 'defaulttoken') });
  });
  afterEach(() => house.close());

  it('shows what happened lately, of all or of one machine', async () => {
    await run('set', 'a', 'providerid', 'XY');
    await run('set', 'b', 'cabinet', '3');
    const shown = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.slice(22).replace(/ +/g, ' '));
    const [ofA, ofB] = [
      'a running updated host provider id (claimed:ada)',
      'b running updated host cabinet (claimed:ada)',
    ];
    expect(shown((await run('events')).stdout)).to.deep.equal([ofA, ofB]);
    expect(shown((await run('events', 'B')).stdout)).to.deep.equal([ofB]);
    const { stdout } = await run('events', 'b', '--json');
    expect((JSON.parse(stdout) as Event[]).map(({ what }) => what)).to.deep.equal(['updated host cabinet']);
  });

  it('follows what happens, first what happened', async () => {
    await run('set', 'a', 'providerid', 'XY');
    const child = spawn(`${root}bin/imagoctl`, ['events', '--follow', '--json'], {
      env: { ...process.env, ...operatorsOfTests, ...environment() },
    });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async () => (JSON.parse(String((await lines.next()).value)) as Event).what;
      expect(await next()).to.equal('updated host provider id');
      await run('set', 'b', 'cabinet', '3');
      expect(await next()).to.equal('updated host cabinet');
      await run('retire', 'b');
      expect(await next()).to.equal('host retired');
    } finally {
      await ended(child);
    }
  });
});

describe('api/client follow', () => {
  let imago: FakeImago;
  let api: ApiClient;
  beforeEach(async () => {
    imago = await FakeImago.start();
    api = new ApiClient({ baseUrl: imago.url });
  });
  afterEach(() => imago.stop());

  const followed = async (query = {}) => {
    const events: Event[] = [];
    try {
      for await (const event of api.follow(query)) events.push(event);
    } catch (error) {
      return { events, error };
    }
    return { events, error: undefined };
  };

  it('ends with ServerUnreachable when the daemon stops, after what it told', async () => {
    imago.override = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`: imago\n\nid: c1\ndata: ${JSON.stringify(change)}\n\n`);
    };
    const { events, error } = await followed({ serial: 'ser0001', since: 'c0' });
    expect(events).to.deep.equal([change]);
    expect(error).to.be.instanceOf(ServerUnreachable);
    expect(imago.seen[0]?.path).to.equal('/api/v1/events?serial=ser0001&since=c0');
  });

  it('ends with the daemon’s reason when it refuses', async () => {
    const { answer } = problem(503, 'TOO_MANY_WATCHERS', '200 programs watch already');
    imago.override = (_, response) => response.writeHead(503).end(JSON.stringify(answer));
    expect((await followed()).error).to.be.instanceOf(ApiProblem);
  });

  it('begins anew, and says so, when it is too far behind to be told all', async () => {
    const behind = problem(410, 'CHANGES_TOO_OLD', 'more than 10000 changes came after that one');
    imago.override = (request, response) => {
      const { searchParams } = new URL(request.url ?? '', imago.url);
      if (request.headers.accept?.includes('event-stream') !== true) {
        response.writeHead(200).end(JSON.stringify({ events: [{ ...change, what: 'listed' }] }));
      } else if (searchParams.get('since') === '') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`id: c1\ndata: ${JSON.stringify(change)}\n\n`);
      } else response.writeHead(410).end(JSON.stringify(behind.answer));
    };
    const { hostname, port } = new URL(imago.url);
    const child = spawn(`${root}bin/imagoctl`, ['events', '--follow', '--json'], {
      env: { ...process.env, ...operatorsOfTests, IMAGO_HOST: hostname, IMAGO_PORT: port },
    });
    try {
      let said = '';
      child.stderr.on('data', (text: Buffer) => (said += text.toString()));
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async () => (JSON.parse(String((await lines.next()).value)) as Event).what;
      expect([await next(), await next()]).to.deep.equal(['listed', change.what]);
      expect(said).to.contain('more than 10000 changes came after that one');
    } finally {
      await ended(child);
    }
  }).timeout(20_000);

  it('does not take anything else for an event', async () => {
    imago.override = (_, response) => response.writeHead(200).end('data: {"moon":1}\n\n');
    expect((await followed()).error).to.include({ code: 'UNEXPECTED_ANSWER' });
  });
});

async function ended(child: ChildProcessWithoutNullStreams): Promise<void> {
  child.kill();
  await once(child, 'close');
}
