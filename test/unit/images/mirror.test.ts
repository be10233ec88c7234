import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DiskRoom } from '../../../src/images/disk-room.js';
import { FetchClient } from '../../../src/images/fetch-client.js';
import { Mirror } from '../../../src/images/mirror.js';
import { MirrorMissing } from '../../../src/images/mirrored-file.js';
import {
  patterned,
  redirectToMirrors,
  startNastyServer,
  type NastyServer,
  type ServedFile,
} from '../../support/nasty-server.js';
import { eventually } from '../../support/cluster-folder.js';
import { openFiles } from '../../support/open-files.js';
import { codeOf, rejection } from '../../support/rejection.js';

const content = patterned(300_000);

describe('Mirror', () => {
  let server: NastyServer;
  let client: FetchClient;
  let folder: string;
  let mirror: Mirror;
  let now: number;
  let mostBytes: number;
  let mostFetches: number;
  let free: number;
  let reached: string[];
  beforeEach(async () => {
    server = await startNastyServer();
    client = new FetchClient({ stallSeconds: 2, tries: 2, pause: async () => {} });
    folder = await mkdtemp(join(tmpdir(), 'imago-mirror-'));
    now = 1_000_000_000_000;
    mostBytes = 1e9;
    mostFetches = 64;
    free = 1e12;
    reached = [];
    mirror = new Mirror({
      folder,
      origins: () => ({ os: { url: `${server.url}/pub`, freshSeconds: 60 } }),
      mostBytes: () => mostBytes,
      mostFetches: () => mostFetches,
      room: new DiskRoom(
        () => ({ reserveBytes: 1000, largestBytes: 1e9 }),
        (name) => reached.push(name),
        async () => free,
      ),
      reach: (name) => reached.push(name),
      client,
      clock: () => new Date(now),
      log: { info: () => {}, warn: () => {} },
      lonelyMs: 50,
    });
  });
  afterEach(async () => {
    await mirror.close();
    await client.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const serve = (file: Partial<ServedFile> = {}, path = '/pub/v1/disk.raw') =>
    server.files.set(path, { content, etag: '"v1"', ...file });
  const part = (start: number, end?: number) => ({ start, end, chunk: 1000, onShort: () => undefined });
  const get = async (start = 0, end?: number, path = ['v1', 'disk.raw']): Promise<Buffer> => {
    const file = await mirror.open('os', path);
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of file.read(part(start, end))) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks);
    } finally {
      await file.close();
    }
  };

  it('begins nothing once it is closed', async () => {
    serve();
    await mirror.close();
    expect((await rejection(get())).message).to.contain('imago ends');
    expect(await readdir(folder)).to.deep.equal([]);
  });

  describe('with an origin that lies', () => {
    it('ends a body without end where images.mirrorGigabytes is full', async () => {
      mostBytes = 20 << 20;
      serve({
        misbehave: (_, response) => {
          response.writeHead(200);
          const more = () => {
            while (response.write(Buffer.alloc(1 << 20)));
          };
          response.on('drain', more);
          more();
          return true;
        },
      });
      const error = await rejection(get());
      expect(error.message).to.contain('images.mirrorGigabytes');
      expect(reached).to.deep.equal(['mirror-size']);
      await mirror.settled();
      expect(await readdir(folder)).to.deep.equal([]);
    });

    it('does not begin what is too large, or leaves the disk too little', async () => {
      serve();
      mostBytes = content.length - 1;
      expect((await rejection(get())).message).to.contain('images.mirrorGigabytes');
      mostBytes = 1e9;
      free = content.length + 999;
      expect((await rejection(get())).message).to.contain('images.reserveGigabytes');
      expect(reached).to.deep.equal(['mirror-size', 'disk-reserve']);
      free += 1;
      expect((await get()).length).to.equal(content.length);
    });

    it('passes nothing on that comes packed', async () => {
      serve({
        misbehave: (_, response) => Boolean(response.writeHead(200, { 'content-encoding': 'gzip' }).end('x')),
      });
      expect((await rejection(get())).message).to.contain('encoded as gzip');
    });

    it('asks for so many files at once and no more, and serves an old copy meanwhile', async () => {
      serve();
      await get();
      await mirror.settled();
      now += 61_000;
      mostFetches = 1;
      let release = () => {};
      serve(
        {
          misbehave: (_, response) => {
            response.writeHead(200, { 'content-length': 2 }).write('a');
            release = () => response.end('b');
            return true;
          },
        },
        '/pub/slow',
      );
      const slow = await mirror.open('os', ['slow']);
      expect(codeOf(await rejection(mirror.open('os', ['other'])))).to.equal('MIRROR_BUSY');
      expect((await get()).length).to.equal(content.length);
      expect(reached).to.deep.equal(['mirror-fetches', 'mirror-fetches']);
      release();
      await slow.close();
      await mirror.settled();
      expect(codeOf(await rejection(mirror.open('os', ['other'])))).to.equal('NOT_FOUND');
    });
  });

  describe('with a client that asks for much', () => {
    /** Sends its first byte, and then none for a long time. */
    const slow = (path: string) =>
      serve(
        {
          misbehave: (_, response) => response.writeHead(200, { 'content-length': 2 }).write('a'),
        },
        `/pub/${path}`,
      );

    it('gives it a quarter of the places, and the others to others', async () => {
      mostFetches = 8;
      for (const path of ['a', 'b', 'c', 'd']) slow(path);
      const own = await Promise.all(['a', 'b'].map((path) => mirror.open('os', [path], 'greedy')));
      const refusal = await rejection(mirror.open('os', ['c'], 'greedy'));
      expect([codeOf(refusal), refusal.message]).to.deep.equal([
        'MIRROR_BUSY',
        '2 files come from origins already, for greedy, as many for one client as images.mirrorFetches allows: ask again',
      ]);
      expect(reached).to.deep.equal(['mirror-fetches-per-client']);
      // What comes already is nobody's share.
      const others = [
        await mirror.open('os', ['a'], 'other'),
        await mirror.open('os', ['c'], 'other'),
        await mirror.open('os', ['d']),
      ];
      for (const file of [...own, ...others]) await file.close();
    });

    it('gives up what nobody reads any more, and its place', async () => {
      mostFetches = 4;
      slow('a');
      const file = await mirror.open('os', ['a'], 'greedy');
      await file.close();
      await mirror.settled();
      expect(await readdir(folder)).to.deep.equal([]);
      serve();
      const next = await mirror.open('os', ['v1', 'disk.raw'], 'greedy');
      await next.close();
    });

    it('goes on for one that comes back in time', async () => {
      slow('a');
      await (await mirror.open('os', ['a'])).close();
      const again = await mirror.open('os', ['a']);
      expect(server.requests).to.have.length(1);
      const reader = again.read(part(0, 0));
      expect((await once(reader, 'data'))[0]).to.deep.equal(Buffer.from('a'));
      reader.destroy();
    });
  });

  it('M2: goes on at the mirror that a redirector named first', async () => {
    const half = content.length / 2;
    redirectToMirrors(server, '/pub/v1/disk.raw', [
      {
        content,
        misbehave(request, response, count) {
          if (count > 1) return false;
          response.writeHead(200, { etag: '"mirror0"', 'content-length': content.length });
          response.write(content.subarray(0, half), () => response.destroy());
          return true;
        },
      },
      { content },
    ]);
    expect((await get()).equals(content)).to.equal(true);
  });

  it('fetches a file once for a whole rack that asks at the same moment', async () => {
    serve();
    const got = await Promise.all(Array.from({ length: 40 }, () => get()));
    expect(got.every((bytes) => bytes.equals(content))).to.equal(true);
    expect(server.requests).to.have.length(1);
    expect((await get()).equals(content)).to.equal(true);
    expect(server.requests).to.have.length(1);
  });

  it('leaves each reader its own: the first may be the slowest', async () => {
    for (const round of ['while it comes', 'when it is there']) {
      serve();
      const [first, second] = await Promise.all([1, 2].map(() => mirror.open('os', ['v1', 'disk.raw'])));
      await second?.close();
      await mirror.settled();
      const chunks: Uint8Array[] = [];
      for await (const chunk of first?.read(part(0)) ?? []) chunks.push(chunk as Uint8Array);
      await first?.close();
      expect(Buffer.concat(chunks).equals(content), round).to.equal(true);
    }
    expect(server.requests).to.have.length(1);
  });

  it('lets readers have what came while the rest is on its way', async () => {
    let finish = () => {};
    serve({
      misbehave: (_, response) => {
        response.writeHead(200, { 'content-length': content.length, etag: '"v1"' });
        response.write(content.subarray(0, 1000));
        finish = () => response.end(content.subarray(1000));
        return true;
      },
    });
    expect((await get(0, 999)).equals(content.subarray(0, 1000))).to.equal(true);
    const file = await mirror.open('os', ['v1', 'disk.raw']);
    expect(file.size).to.equal(content.length);
    await file.close();
    const coming = get(500);
    finish();
    const rest = await coming;
    expect(rest.equals(content.subarray(500))).to.equal(true);
  });

  it('gives a file by its whole address, and never one who named it what another had fetched', async () => {
    serve({});
    const url = `${server.url}/pub/v1/disk.raw`;
    const wanted = { freshSeconds: 60, missing: () => new MirrorMissing('os', 'disk.raw') };
    const file = await mirror.openUrl(url, wanted);
    await file.close();
    await mirror.settled();
    const requests = server.requests.length;
    await (await mirror.openUrl(url, wanted)).close();
    expect(server.requests, 'the copy is fresh').to.have.length(requests);
    const fault = await rejection(mirror.openUrl(url, { ...wanted, named: 'http://api.example/' }));
    expect(codeOf(fault)).to.equal('FETCH_FAILED');
    expect(String(fault)).to.include('which is this server itself');
    await (await mirror.openUrl(url, { ...wanted, named: server.url })).close();
    await mirror.settled();
    expect(server.requests, 'whose server it is fetches it anew').to.have.length(requests + 1);
  });

  it('A1: lets a reader go at once that leaves while nothing comes', async () => {
    let finish = () => {};
    serve({
      misbehave: (_, response) => {
        response.writeHead(200, { 'content-length': content.length, etag: '"v1"' });
        response.write(content.subarray(0, 1000));
        finish = () => response.end(content.subarray(1000));
        return true;
      },
    });
    const reader = (await mirror.open('os', ['v1', 'disk.raw'])).read(part(1000));
    reader.resume();
    reader.destroy();
    await once(reader, 'close');
    finish();
    await mirror.settled();
    expect((await get()).equals(content)).to.equal(true);
    await eventually(() => {
      expect(openFiles().filter((path) => path.startsWith(folder))).to.deep.equal([]);
    });
  });

  it('goes on after a break, and its readers do not notice', async () => {
    serve({
      misbehave: (request, response) => {
        if (request.headers.range) return false;
        response.writeHead(200, { 'content-length': content.length, etag: '"v1"' });
        response.write(content.subarray(0, 100_000), () => response.destroy());
        return true;
      },
    });
    expect((await get()).equals(content)).to.equal(true);
    expect(server.requests.at(-1)).to.contain('bytes=');
  });

  it('never joins two files: readers of one that changed in the middle are cut off', async () => {
    serve({
      misbehave: (_, response) => {
        response.writeHead(200, { 'content-length': content.length, etag: '"v1"' });
        response.write(content.subarray(0, 100_000), () => response.destroy());
        serve({ content: patterned(300_000, 9), etag: '"v2"' });
        return true;
      },
    });
    expect(codeOf(await rejection(get()))).to.equal('FETCH_FAILED');
    await mirror.settled();
    expect((await get()).equals(patterned(300_000, 9))).to.equal(true);
  });

  it('asks the origin again once a file is no longer fresh', async () => {
    serve();
    await get();
    await mirror.settled();
    now += 61_000;
    expect((await get()).equals(content)).to.equal(true);
    expect(server.requests).to.have.length(2);
    now += 61_000;
    const next = patterned(1000, 3);
    serve({ content: next, etag: '"v2"' });
    expect((await get()).equals(next)).to.equal(true);
  });

  it('serves what it has when the origin is gone', async () => {
    serve();
    await get();
    await mirror.settled();
    now += 61_000;
    await server.close();
    expect((await get(10, 19)).equals(content.subarray(10, 20))).to.equal(true);
  });

  const missing = [
    { mirror: 'os', path: ['none'] },
    { mirror: 'other', path: ['v1', 'disk.raw'] },
    { mirror: 'os', path: ['..', 'secret'] },
    { mirror: 'os', path: [] },
  ];
  for (const { mirror: name, path } of missing) {
    it(`has no ${name} ${path.join('/')}, and keeps nothing of it`, async () => {
      expect(codeOf(await rejection(mirror.open(name, path)))).to.equal('NOT_FOUND');
      expect(await readdir(folder)).to.deep.equal([]);
    });
  }

  it('escapes what would lead elsewhere', async () => {
    serve({}, '/pub/a%3Fb%2Fc');
    expect((await get(0, 3, ['a?b/c'])).equals(content.subarray(0, 4))).to.equal(true);
  });

  it('makes room: the longest unused goes first', async () => {
    mostBytes = 700_000;
    for (const name of ['a', 'b', 'c']) {
      serve({}, `/pub/${name}`);
      await get(0, undefined, [name]);
      await mirror.settled();
      now += 1000;
      if (name === 'b') await get(0, undefined, ['a']);
    }
    const before = server.requests.length;
    await get(0, undefined, ['a']);
    await get(0, undefined, ['c']);
    expect(server.requests).to.have.length(before);
    await get(0, undefined, ['b']);
    expect(server.requests).to.have.length(before + 1);
  });
});
