import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { openOrderedBoots } from '../../../src/daemon/ordered-boots.js';
import { pixiecoreDialect } from '../../../src/dialects/pixiecore/pixiecore-dialect.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { patterned, startNastyServer, type NastyServer } from '../../support/nasty-server.js';
import { imagoctl } from '../../support/run-imagoctl.js';

const MAC = '52:54:00:00:00:01';
const kernel = patterned(3000);
const initrd = patterned(70_000);

const runs = newHost(parseSerial('runs'), {
  state: 'running',
  profile: 'default',
  bootMac: parseMac('52:54:00:00:00:aa'),
  cards: [parseMac('52:54:00:00:00:aa')],
  internalAddress: parseIpv4('10.75.0.60'),
});

describe('a boot that an operator orders without a profile', () => {
  let house: House;
  let now: Date;
  let log: string[];
  beforeEach(async () => {
    now = new Date('2026-11-21T10:00:00Z');
    log = [];
    house = await openHouse({
      config: `${houseConfig}dhcp: { mode: proxy }\nboot: { uploadGigabytes: 0.0002 }\n`,
      store: new InMemoryHostStore([runs], 'defaulttoken'),
      now: () => now,
      logTo: { write: (line) => log.push(line) },
      dialects: (services) => [pixiecoreDialect(services)],
    });
    await house.write('k/vmlinuz', kernel);
    await house.write('k/initrd.gz', initrd);
  });
  afterEach(() => house.close());

  const run = (...argv: string[]) =>
    imagoctl(argv, {
      IMAGO_HOST: '127.0.0.1',
      IMAGO_PORT: new URL(house.operatorUrl).port,
      IMAGO_OPERATOR: 'ada',
    });
  const order = (...more: string[]) =>
    run(
      'boot',
      '--kernel',
      join(house.folder, 'k/vmlinuz'),
      '--initrd',
      join(house.folder, 'k/initrd.gz'),
      ...more,
    );
  const script = async (last = '01', serial = `s${last}`) =>
    (await fetch(`${house.url}/ipxe?serial=${serial}&mac=52-54-00-00-00-${last}`)).text();
  /** Where the machine finds this server. */
  const filesIn = (text: string) =>
    [...text.matchAll(/http:\/\/10\.75\.0\.1:4080(\/boot-file\/\S+)/g)].map(
      ([, path]) => `${house.url}${path}`,
    );
  const get = async (url: string, headers: Record<string, string> = {}, method = 'GET') => {
    const answer = await fetch(url, { headers, method });
    return { answer, body: Buffer.from(await answer.arrayBuffer()) };
  };
  /** As iPXE does: the whole of each, in order. */
  const boot = async (text: string) => {
    const bodies = [];
    for (const url of filesIn(text)) bodies.push((await get(url)).body);
    // What was sent is noted as its last byte leaves.
    await house.services.boots.dropOver();
    return bodies;
  };
  const boots = async () =>
    JSON.parse((await run('boot', '--list', '--json')).stdout) as { id: string; booted: number }[];
  const idOf = ({ stdout }: { stdout: string }) => stdout.split(':')[0] ?? '';

  it('brings the files to imago, and from there to the machine, to the byte', async () => {
    const ordered = await order('--cmdline', 'console=ttyS0 quiet', '--message', 'memory test', MAC);
    expect(ordered.code).to.equal(0);
    expect(ordered.stdout).to.match(
      /^[0-9a-f]{8}: 52:54:00:00:00:01 boots vmlinuz once, until 2026-11-22T10:00:00Z\n$/,
    );
    const text = await script();
    const [first = '', second = ''] = filesIn(text).map((url) =>
      url.replace(house.url, 'http://10.75.0.1:4080'),
    );
    expect(text).to.equal(
      [
        '#!ipxe',
        'echo imago: memory test',
        '',
        'imgfree',
        `kernel ${first} initrd=initrd0 console=ttyS0 quiet || goto failed`,
        `initrd --name initrd0 ${second} || goto failed`,
        'boot || goto failed',
        '',
        ':failed',
        `echo imago: kernel or initial ramdisk of boot ${idOf(ordered)} could not be loaded, asking again in 10 seconds`,
        'sleep 10',
        'chain --replace --autofree http://10.75.0.1:4080/boot.ipxe || goto failed',
        '',
      ].join('\n'),
    );
    expect(first).to.match(/\/vmlinuz$/);
    const [gotKernel, gotInitrd] = await boot(text);
    expect(gotKernel?.equals(kernel)).to.equal(true);
    expect(gotInitrd?.equals(initrd)).to.equal(true);
    expect(house.store.size, 'no host is made').to.equal(1);
  });

  it('is for once: a machine that has all of it boots as it would without, and the files are gone', async () => {
    const id = idOf(await order(MAC));
    expect(await script()).to.include('boot-file');
    const [kernelUrl = ''] = filesIn(await script());
    await get(kernelUrl);
    expect(await script(), 'it lacks a file, and tries again').to.include('boot-file');
    await boot(await script());
    expect(await script()).to.include('imago: s01 is configured');
    expect(await boots()).to.deep.equal([]);
    expect(existsSync(join(house.folder, 'state/boot', id))).to.equal(false);
    expect((await get(kernelUrl)).answer.status).to.equal(404);
  });

  it('is for any machine where none is named, each once', async () => {
    await order();
    await boot(await script('01'));
    expect(await script('01')).to.not.include('boot-file');
    expect(await script('02')).to.include('boot-file');
    expect((await boots())[0]).to.deep.include({ booted: 1 });
  });

  it('is for each time with --for, until that is over', async () => {
    await order('--for', '10m');
    await boot(await script());
    expect(await script()).to.include('boot-file');
    now = new Date('2026-11-21T10:10:00Z');
    expect(await script()).to.not.include('boot-file');
    await house.services.boots.dropOver();
    expect((await readdir(join(house.folder, 'state/boot'))).sort()).to.deep.equal(['boots.json', 'url-key']);
  });

  it('leaves a machine that runs alone, unless it is named or the operator says so', async () => {
    await order();
    expect(await script('aa', 'runs')).to.include('sanboot');
    await order('52:54:00:00:00:aa');
    expect(await script('aa', 'runs')).to.include('boot-file');
  });

  it('includes those that run where the operator says so, and never a locked one', async () => {
    await order('--include-running');
    expect(await script('aa', 'runs')).to.include('boot-file');
    await run('lock', 'runs', '--reason', 'do not touch');
    expect(await script('aa', 'runs')).to.include('sanboot');
    expect(await script('02', 'runs'), 'nor whoever claims its serial').to.not.include('boot-file');
  });

  it('is told by explain, and by Pixiecore’s API in its words', async () => {
    const id = idOf(await order(MAC));
    const explained = await run('explain', MAC);
    expect(explained.stdout).to.include(`static: boot ${id}`);
    expect(explained.stdout).to.include('ada ordered it for this machine at 2026-11-21T10:00:00.000Z, once');
    const answer = await (await fetch(`${house.url}/v1/boot/${MAC}`)).json();
    expect(answer).to.have.all.keys('kernel', 'initrd', 'cmdline', 'message');
    expect(await script(), 'asking used nothing up').to.include('boot-file');
  });

  it('outlives a restart, files and URLs as well', async () => {
    const id = idOf(await order(MAC));
    const text = await script();
    const { config, store, reach } = house.services;
    const log = { info: () => undefined, warn: () => undefined };
    const again = await openOrderedBoots({ config, store, reach, clock: () => now, log: log as never });
    expect(again.list().map((each) => each.id)).to.deep.equal([id]);
    const token = filesIn(text)[0]?.split('/').at(-2) ?? '';
    const { handle, stats } = await again.open(again.wanted(token));
    await handle.close();
    expect(stats.size).to.equal(kernel.length);
  });

  /** As after a restart. */
  const openAnew = () => {
    const { config, store, reach, logger } = house.services;
    return openOrderedBoots({ config, store, reach, clock: () => now, log: logger });
  };

  it('puts a state aside that cannot be read, and removes no files that it may have named', async () => {
    const id = idOf(await order(MAC));
    const folder = join(house.folder, 'state/boot');
    await writeFile(join(folder, 'boots.json'), '[{');
    for (let restarts = 0; restarts < 2; restarts += 1) {
      expect((await openAnew()).list()).to.deep.equal([]);
      expect(await readFile(join(folder, 'boots.json.damaged'), 'utf8')).to.equal('[{');
      expect((await readdir(join(folder, id))).sort()).to.deep.equal(['initrd0', 'kernel']);
    }
    expect(log.join('')).to.include('cannot be read any more: order them anew');
    await (
      await openAnew()
    ).order(
      {
        kernel: { url: 'http://10.75.0.5/k' },
        initrds: [],
        cmdline: '',
        message: '',
        macs: [],
        includeRunning: false,
      },
      'ada',
    );
    await rm(join(folder, 'boots.json.damaged'));
    await openAnew();
    expect(existsSync(join(folder, id)), 'it is cleared away once the operator has seen to it').to.equal(
      false,
    );
  });

  it('loses none but those that are at fault, and says which', async () => {
    const id = idOf(await order(MAC));
    const lost = idOf(await order(MAC));
    const path = join(house.folder, 'state/boot/boots.json');
    const kept = JSON.parse(await readFile(path, 'utf8')) as { id: string; until: unknown }[];
    const [sound, faulty] = kept;
    const many = Array.from({ length: 40 }, (_, place) => ({ ...sound, id: `a${place}` }));
    const text = JSON.stringify([
      sound,
      { ...faulty, until: 'soon' },
      sound,
      { ...sound, id: '../..' },
      ...many,
    ]);
    await writeFile(path, text);
    const again = await openAnew();
    expect(again.list().map((each) => each.id)).to.deep.equal([id, ...many.map((each) => each.id)]);
    expect(await readFile(`${path}.damaged`, 'utf8')).to.equal(text);
    expect(existsSync(join(house.folder, 'state/boot', lost))).to.equal(true);
    const told = log.map(
      (line) => JSON.parse(line) as { faults?: string[]; kept?: number; leftOut?: number },
    );
    const { faults = [], ...counts } = told.find((line) => line.faults) ?? {};
    expect(counts).to.deep.include({ kept: 41, leftOut: 3 });
    expect(faults[0]).to.match(/^entry 2: until: Invalid ISO datetime/);
    expect(faults[1]).to.equal('entry 3: another boot has its id as well');
    expect(faults[2]).to.match(/^entry 4: id: /);
  });

  it('is refused where it cannot be kept, and boots nobody then', async () => {
    await mkdir(join(house.folder, 'state/boot/boots.json.new'));
    const refused = await run('boot', '--kernel', 'http://10.75.0.5/vmlinuz', MAC);
    expect(refused.code).to.not.equal(0);
    expect(refused.stderr)
      .to.include('the change could not be recorded: ')
      .and.include('boots.json: it is a folder');
    expect(await script()).to.not.include('boot-file');
    expect(await boots()).to.deep.equal([]);
  });

  it('fills no log, however often its files are fetched', async () => {
    await order('--for', '10m');
    for (let time = 0; time < 5; time += 1) await boot(await script());
    expect(log.filter((line) => line.includes('a machine was booted as an operator ordered'))).to.have.length(
      1,
    );
  });

  it('can be cancelled, and who ordered and who cancelled stands in the log', async () => {
    const id = idOf(await order(MAC));
    expect(await run('boot', '--cancel', id)).to.deep.equal({
      code: 0,
      stderr: '',
      stdout: `${id}: cancelled\n`,
    });
    expect(await script()).to.not.include('boot-file');
    const lines = log.map((line) => JSON.parse(line) as { msg: string; operator?: string; boot?: string });
    const told = lines.filter(({ boot: its }) => its === id).map(({ msg, operator }) => [msg, operator]);
    expect(told).to.deep.equal([
      ['a boot was ordered', 'claimed:ada'],
      ['a boot was cancelled', 'claimed:ada'],
    ]);
    const again = await run('boot', '--cancel', id);
    expect(again.code).to.equal(3);
    expect(again.stderr).to.include(`there is no boot '${id}', or it is over`);
  });

  it('sends parts of a file, its head, and 304 where a copy is good', async () => {
    await order(MAC);
    const [url = ''] = filesIn(await script());
    const part = await get(url, { range: 'bytes=10-19' });
    expect([part.answer.status, part.body.equals(kernel.subarray(10, 20))]).to.deep.equal([206, true]);
    const head = await get(url, {}, 'HEAD');
    expect([head.answer.headers.get('content-length'), head.body.length]).to.deep.equal(['3000', 0]);
    const tag = head.answer.headers.get('etag') ?? '';
    expect((await get(url, { 'if-none-match': tag })).answer.status).to.equal(304);
    expect(await script(), 'none of it was a boot').to.include('boot-file');
  });

  for (const range of ['bytes=-1', 'bytes=1-', 'bytes=0-2998']) {
    it(`is not used up by who asked for a part: ${range}`, async () => {
      await run('boot', '--kernel', join(house.folder, 'k/vmlinuz'), MAC);
      const [url = ''] = filesIn(await script());
      expect((await get(url, { range })).answer.status).to.equal(206);
      await house.services.boots.dropOver();
      expect(await script()).to.include('boot-file');
      expect((await get(url, { range: 'bytes=0-' })).body.equals(kernel)).to.equal(true);
      await house.services.boots.dropOver();
      expect(await script(), 'all of it in one answer is all of it').to.not.include('boot-file');
    });
  }

  it('gives nothing for a URL that it made, with any character of its token changed, or once the order is over', async () => {
    await order('--for', '10m', MAC);
    const [url = ''] = filesIn(await script());
    const token = url.split('/').at(-2) ?? '';
    for (const place of token.split('').keys()) {
      const changed = `${token.slice(0, place)}${token[place] === 'A' ? 'B' : 'A'}${token.slice(place + 1)}`;
      expect((await get(url.replace(token, changed))).answer.status, `character ${place}`).to.equal(404);
    }
    expect((await get(url)).answer.status).to.equal(200);
    now = new Date('2026-11-21T10:10:00Z');
    expect((await get(url)).answer.status).to.equal(404);
  });

  for (const path of [
    '/boot-file/x/vmlinuz',
    `/boot-file/${Buffer.from('b kernel 52:54:00:00:00:01').toString('base64url')}.AAAAAAAAAAAAAAAAAAAAAA/vmlinuz`,
    '/boot-file/..%2f..%2fboots.json/x',
  ]) {
    it(`gives nothing for ${path}, which imago did not make`, async () => {
      await order(MAC);
      expect((await get(`${house.url}${path}`)).answer.status).to.equal(404);
    });
  }

  describe('of a file elsewhere', () => {
    let server: NastyServer;
    beforeEach(async () => {
      server = await startNastyServer();
      server.files.set('/pub/bzImage', { content: kernel, etag: '"k1"' });
    });
    afterEach(() => server.close());

    it('has it come through imago, once for all machines', async () => {
      await run('boot', '--kernel', `${server.url}/pub/bzImage`);
      for (const last of ['01', '02']) {
        const text = await script(last);
        expect(text).to.not.include(server.url);
        const [body] = await boot(text);
        expect(body?.equals(kernel)).to.equal(true);
        await house.services.stock.mirror.settled();
      }
      expect(server.requests).to.deep.equal(['GET /pub/bzImage', 'GET /pub/bzImage']);
      expect(await script('01')).to.not.include('boot-file');
    });

    it('says so where it is not there', async () => {
      await run('boot', '--kernel', `${server.url}/pub/none`);
      const [url = ''] = filesIn(await script());
      expect((await get(url)).answer.status).to.equal(404);
    });
  });

  describe('is bounded:', () => {
    it('files take no more than boot.uploadGigabytes, and half an order is taken back', async () => {
      await house.write('k/large', patterned(220_000));
      const refused = await run('boot', '--kernel', join(house.folder, 'k/large'));
      expect(refused.code).to.not.equal(0);
      expect(refused.stderr).to.include('boot.uploadGigabytes allows (0.0002)');
      expect(await boots()).to.deep.equal([]);
    });

    it('32 boots at once', async () => {
      for (let count = 0; count < 32; count += 1) await run('boot', '--kernel', 'http://10.75.0.5/k');
      const refused = await run('boot', '--kernel', 'http://10.75.0.5/k');
      expect(refused.stderr).to.include('32 boots are ordered already');
    });

    it('32 boots, also when all come at once, and a restart keeps them', async () => {
      const body = JSON.stringify({ kernel: { url: 'http://10.75.0.5/k' }, macs: [MAC] });
      const headers = { 'content-type': 'application/json' };
      const at = `${house.operatorUrl}/api/v1/boots`;
      const all = Array.from({ length: 60 }, () => fetch(at, { method: 'POST', body, headers }));
      const statuses = (await Promise.all(all)).map(({ status }) => status);
      expect(statuses).to.have.members([...Array(32).fill(201), ...Array(28).fill(409)]);
      const ids = house.services.boots.list().map(({ id }) => id);
      expect((await openAnew()).list().map(({ id }) => id)).to.deep.equal(ids);
    });

    it('files that come at the same time take no more than boot.uploadGigabytes together', async () => {
      const brought = Array.from({ length: 4 }, (_, place) => ({ file: `i${place}` }));
      const body = JSON.stringify({ kernel: { file: 'k' }, initrds: brought });
      const headers = { 'content-type': 'application/json' };
      const made = await fetch(`${house.operatorUrl}/api/v1/boots`, { method: 'POST', body, headers });
      const { id } = (await made.json()) as { id: string };
      const { boots: all } = house.services;
      const pieces = brought.map((_, place) => all.piece(id, `initrd${place}`, 0, Buffer.alloc(90_000)));
      const outcomes = await Promise.allSettled(pieces);
      expect(outcomes.map(({ status }) => status)).to.deep.equal([
        'fulfilled',
        'fulfilled',
        'rejected',
        'rejected',
      ]);
    });

    it('a file that is not what was read is not kept', async () => {
      const body = JSON.stringify({ kernel: { file: 'k' } });
      const headers = { 'content-type': 'application/json' };
      const made = await fetch(`${house.operatorUrl}/api/v1/boots`, { method: 'POST', body, headers });
      const { id } = (await made.json()) as { id: string };
      const at = `${house.operatorUrl}/api/v1/boots/${id}/files/kernel`;
      const octets = { 'content-type': 'application/octet-stream' };
      await fetch(`${at}?offset=0`, { method: 'POST', body: 'bytes', headers: octets });
      const complete = (sha256: string) =>
        fetch(`${at}/completion`, { method: 'POST', body: JSON.stringify({ sha256 }), headers });
      expect((await complete('0'.repeat(64))).status).to.equal(422);
      expect(await script()).to.not.include('boot-file');
      await fetch(`${at}?offset=0`, { method: 'POST', body: 'bytes', headers: octets });
      const digest = createHash('sha256').update('bytes').digest('hex');
      expect((await complete(digest)).status).to.equal(201);
      expect(await script()).to.include('boot-file');
    });
  });

  for (const { argv, says } of [
    { argv: ['boot'], says: 'say what to boot: --kernel FILE or URL' },
    { argv: ['boot', '--list', MAC], says: 'MAC addresses only go with --kernel' },
    {
      argv: ['boot', '--kernel', '/nowhere/vmlinuz'],
      says: '/nowhere/vmlinuz cannot be read: there is no such file',
    },
    {
      argv: ['boot', '--kernel', 'http://a/k', 'nonsense'],
      says: "macs: 'nonsense' is not the MAC address of a machine",
    },
    { argv: ['boot', '--kernel', 'http://a/k', '--for', 'ever'], says: "'ever' is not a time span" },
  ]) {
    it(`says what is wrong with: imagoctl ${argv.join(' ')}`, async () => {
      const { code, stderr } = await run(...argv);
      expect(code).to.not.equal(0);
      expect(stderr).to.include(says);
      expect(await boots(), 'nothing is left of it').to.deep.equal([]);
    });
  }
});
