import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DiskRoom } from '../../../src/images/disk-room.js';
import { FetchClient } from '../../../src/images/fetch-client.js';
import type { Digests } from '../../../src/images/digests.js';
import { fetchFile } from '../../../src/images/fetch-file.js';
import type { FetchOptions } from '../../../src/images/fetch-wanted.js';
import {
  patterned,
  rangeOf,
  redirectToMirrors,
  startNastyServer,
  type NastyServer,
  type ServedFile,
} from '../../support/nasty-server.js';
import { codeOf, rejection } from '../../support/rejection.js';

const content = patterned(1_000_003);
const sha256 = createHash('sha256').update(content).digest('hex');
const sha512 = createHash('sha512').update(content).digest('hex');

const GB = 1e9;
const room = new DiskRoom(() => ({ reserveBytes: 0, largestBytes: 10 * GB }));

describe('fetchFile', () => {
  let server: NastyServer;
  let client: FetchClient;
  let folder: string;
  beforeEach(async () => {
    server = await startNastyServer();
    client = new FetchClient({ stallSeconds: 1, tries: 3, pause: async () => {} });
    folder = await mkdtemp(join(tmpdir(), 'imago-fetch-'));
  });
  afterEach(async () => {
    await client.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const path = () => join(folder, 'image');
  const fetch = (
    file: Partial<ServedFile>,
    wanted: { digests?: Digests; size?: number } = {},
    options: Partial<FetchOptions> = {},
  ) => {
    server.files.set('/image', { content, etag: '"v1"', ...file });
    return fetchFile(
      { url: `${server.url}/image`, path: path(), digests: { sha256 }, ...wanted },
      { client, room, parts: 4, smallestPart: 1000, ...options },
    );
  };
  const expectWhole = async () => {
    expect((await readFile(path())).equals(content)).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(['image']);
  };

  it('brings a file over several connections, and tells both digests', async () => {
    const steps: number[] = [];
    const fetched = await fetch({}, {}, { onProgress: (done) => steps.push(done) });
    expect(fetched).to.deep.equal({ size: content.length, digests: { sha256, sha512 } });
    expect(steps.at(0)).to.equal(0);
    expect(steps.at(-1)).to.equal(content.length);
    expect(server.requests.filter((request) => request.includes('bytes='))).to.have.length(5);
    await expectWhole();
  });

  const servers: {
    name: string;
    file: Partial<ServedFile>;
    wanted?: { digests?: Digests; size?: number };
  }[] = [
    { name: 'knows no ranges', file: { knowsRanges: false } },
    { name: 'has no ETag', file: { etag: undefined as never } },
    { name: 'has only a weak ETag', file: { etag: 'W/"v1"' } },
    { name: 'breaks off after every 100 kB', file: { misbehave: breakingOff(100_000) } },
    {
      name: 'is busy at first',
      file: { misbehave: (_, response, count) => count < 3 && end(response.writeHead(503)) },
    },
    {
      name: 'falls silent once',
      file: { misbehave: (_, response, count) => count === 3 && (response.writeHead(206), true) },
    },
    { name: 'sends more than asked for', file: { misbehave: generous } },
    { name: 'sends SHA-512 as promised', file: {}, wanted: { digests: { sha512 }, size: content.length } },
    {
      name: 'breaks off without ranges',
      file: {
        knowsRanges: false,
        misbehave: (request, response, count) => count < 3 && breakingOff(5)(request, response, count),
      },
    },
  ];
  for (const { name, file, wanted } of servers) {
    it(`succeeds with a server that ${name}`, async () => {
      await fetch(file, wanted);
      await expectWhole();
    });
  }

  it('brings an empty file', async () => {
    const empty = createHash('sha256').digest('hex');
    const fetched = await fetch({ content: Buffer.alloc(0) }, { digests: { sha256: empty } });
    expect(fetched.size).to.equal(0);
  });

  const failures: { name: string; file: Partial<ServedFile>; wanted?: object; code: string }[] = [
    { name: 'serves wrong bytes', file: { content: patterned(1_000_003, 2) }, code: 'IMAGE_CORRUPT' },
    {
      name: 'serves wrong bytes without ranges',
      file: { content: patterned(9, 2), knowsRanges: false },
      code: 'IMAGE_CORRUPT',
    },
    { name: 'serves another size than promised', file: {}, wanted: { size: 7 }, code: 'IMAGE_CORRUPT' },
    {
      name: 'always breaks off at the same place',
      file: { misbehave: stuckAt(300_000) },
      code: 'FETCH_FAILED',
    },
    { name: 'lies about where its bytes belong', file: { misbehave: misplaced }, code: 'FETCH_FAILED' },
    { name: 'changes with every request', file: { misbehave: everChanging }, code: 'FETCH_FAILED' },
    { name: 'promises more room than the disk has', file: { misbehave: enormous }, code: 'FETCH_FAILED' },
    {
      name: 'redirects in a circle',
      file: { misbehave: (_, response) => end(response.writeHead(302, { location: '/image' })) },
      code: 'FETCH_FAILED',
    },
    {
      name: 'redirects to a file',
      file: { misbehave: (_, response) => end(response.writeHead(302, { location: 'file:///etc/passwd' })) },
      code: 'FETCH_FAILED',
    },
    {
      name: 'refuses',
      file: { misbehave: (_, response) => end(response.writeHead(403)) },
      code: 'FETCH_FAILED',
    },
    {
      name: 'compresses',
      file: { misbehave: (_, response) => end(response.writeHead(200, { 'content-encoding': 'gzip' })) },
      code: 'FETCH_FAILED',
    },
  ];
  for (const { name, file, wanted, code } of failures) {
    it(`${code} with a server that ${name}; nothing stands at the path`, async () => {
      const error = await rejection(fetch(file, wanted));
      expect(codeOf(error)).to.equal(code);
      expect(existsSync(path())).to.equal(false);
      if (code === 'IMAGE_CORRUPT') expect(readdirSync(folder)).to.deep.equal([]);
    });
  }

  describe('with a server that lies', () => {
    const endless =
      (headers: object): Misbehaviour =>
      (_, response) => {
        response.writeHead(200, { ...headers });
        const more = () => {
          while (response.write(chunk));
        };
        response.on('drain', more);
        more();
        return true;
      };
    const chunk = Buffer.alloc(1 << 20);
    const reached: string[] = [];
    beforeEach(() => reached.splice(0));
    const bounded = (bounds: { reserveBytes?: number; largestBytes?: number }, free: () => number) =>
      new DiskRoom(
        () => ({ reserveBytes: 0, largestBytes: 10 * GB, ...bounds }),
        (name) => reached.push(name),
        async () => free(),
      );

    it('ends a body without end at the largest size, and keeps nothing of it', async () => {
      const error = await rejection(
        fetch(
          { misbehave: endless({}) },
          { digests: {} },
          { room: bounded({ largestBytes: 3_000_000 }, () => GB) },
        ),
      );
      expect(codeOf(error)).to.equal('FETCH_FAILED');
      expect(error.message).to.contain('images.largestGigabytes');
      expect(reached).to.deep.equal(['image-size']);
      expect(existsSync(path())).to.equal(false);
      expect((await stat(`${path()}.part`)).size).to.equal(0);
    });

    it('ends it where the disk would be full', async () => {
      let looks = 0;
      const free = () => ((looks += 1) < 2 ? 10 * GB : 5);
      const error = await rejection(
        fetch({ misbehave: endless({}) }, { digests: {} }, { room: bounded({ reserveBytes: 6 }, free) }),
      );
      expect(codeOf(error)).to.equal('FETCH_FAILED');
      expect(error.message).to.contain('images.reserveGigabytes');
      expect(reached).to.deep.equal(['disk-reserve']);
    });

    for (const { name, file } of [
      { name: 'of a large file, in parts', file: {} },
      { name: 'of a large file, in one go', file: { knowsRanges: false } },
    ]) {
      it(`does not begin ${name} that does not fit`, async () => {
        const small = bounded({ reserveBytes: GB }, () => GB + 10);
        const error = await rejection(fetch(file, {}, { room: small }));
        expect(error.message).to.contain('images.reserveGigabytes');
        const tiny = bounded({ largestBytes: 10 }, () => 10 * GB);
        expect((await rejection(fetch(file, {}, { room: tiny }))).message).to.contain(
          'images.largestGigabytes',
        );
      });
    }

    for (const { name, misbehave } of [
      {
        name: 'says less than it sends',
        misbehave: raw((body) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length - 7}\r\n\r\n`),
      },
      {
        name: 'says more than it sends',
        misbehave: raw(
          (body) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length + 7}\r\nconnection: close\r\n\r\n`,
        ),
      },
      {
        name: 'says a length that is none',
        misbehave: raw(() => 'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n'),
      },
      {
        name: 'sends a header without end',
        misbehave: raw(() => `HTTP/1.1 200 OK\r\nx-much: ${'x'.repeat(1 << 20)}\r\n\r\n`),
      },
      {
        name: 'sends headers without end',
        misbehave: raw(() => `HTTP/1.1 200 OK\r\n${'x-more: y\r\n'.repeat(100_000)}\r\n`),
      },
      {
        name: 'packs a bomb',
        misbehave: raw(() => 'HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 5\r\n\r\n12345'),
      },
      {
        name: 'packs a part of it',
        misbehave: raw(
          () =>
            'HTTP/1.1 206 Partial Content\r\ncontent-encoding: gzip\r\ncontent-range: bytes 0-0/5\r\ncontent-length: 1\r\n\r\n1',
        ),
      },
    ] satisfies { name: string; misbehave: Misbehaviour }[]) {
      it(`takes nothing from one that ${name}`, async () => {
        const error = await rejection(fetch({ misbehave }));
        expect(codeOf(error)).to.be.oneOf(['FETCH_FAILED', 'IMAGE_CORRUPT']);
        expect(existsSync(path())).to.equal(false);
      });
      it(`reads no text from one that ${name}`, async () => {
        server.files.set('/text', { content, misbehave });
        const wanted = name === 'says less than it sends' ? undefined : 'FETCH_FAILED';
        const outcome = await client.small(`${server.url}/text`).then(
          (bytes) => bytes?.length,
          (error: unknown) => error,
        );
        if (wanted === undefined) expect(outcome).to.equal(content.length - 7);
        else expect(codeOf(outcome)).to.equal(wanted);
      });
    }

    it('reads no text without end', async () => {
      server.files.set('/text', { content, misbehave: endless({}) });
      const error = await rejection(client.small(`${server.url}/text`, undefined, 1 << 20));
      expect(error.message).to.contain('longer than 1048576 bytes');
    });
  });

  describe('goes on', () => {
    const bytesServed = (from: number) =>
      server.requests.slice(from).reduce((sum, request) => {
        const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request) ?? [];
        return sum + (first === '0' && last === '0' ? 0 : Number(last) - Number(first) + 1);
      }, 0);

    const beginAndCancel = async (file: Partial<ServedFile> = {}) => {
      const cancelled = new AbortController();
      const error = await rejection(
        fetch(
          { misbehave: stuckAt(400_000), ...file },
          {},
          {
            parts: 1,
            signal: cancelled.signal,
            onInterruption: () => cancelled.abort(),
          },
        ),
      );
      expect(error.name).to.equal('AbortError');
      return server.requests.length;
    };

    it('where it was, after it was cancelled', async () => {
      const before = await beginAndCancel();
      await fetch({});
      expect(bytesServed(before)).to.be.lessThan(content.length - 300_000);
      await expectWhole();
    });

    it('from the beginning, when the server has another version now', async () => {
      await beginAndCancel({ content: patterned(content.length, 9), etag: '"v0"' });
      await fetch({});
      await expectWhole();
    });

    it('from the beginning, when what came before proves wrong', async () => {
      await beginAndCancel({ content: patterned(content.length, 9) });
      await fetch({});
      await expectWhole();
    });

    it('from the beginning, when the file is gone or cut', async () => {
      await beginAndCancel();
      await truncate(`${path()}.part`, 10);
      await fetch({});
      await expectWhole();
      await rm(path());
      await beginAndCancel();
      await rm(`${path()}.part`);
      await fetch({});
      await expectWhole();
    });
  });

  it('starts over when the file changes meanwhile', async () => {
    const old = patterned(content.length, 5);
    server.files.set('/image', {
      content: old,
      etag: '"v0"',
      misbehave: (_, __, count) => {
        if (count === 2) server.files.set('/image', { content, etag: '"v1"' });
        return false;
      },
    });
    await fetchFile(
      { url: `${server.url}/image`, path: path(), digests: { sha256 } },
      { client, room, parts: 4, smallestPart: 1000 },
    );
    await expectWhole();
  });

  describe('M2: from an address that leads to another mirror each time, with other ETags', () => {
    const fromMirrors = (
      mirrors: readonly (Partial<ServedFile> & { readonly content: Buffer })[],
      digests: Digests = { sha256 },
      parts = 4,
    ) => {
      redirectToMirrors(server, '/image', mirrors);
      return fetchFile(
        { url: `${server.url}/image`, path: path(), digests },
        { client, room, parts, smallestPart: 1000 },
      );
    };

    it('comes whole from the one that was found first', async () => {
      await fromMirrors([{ content }, { content }, { content }]);
      await expectWhole();
      expect(server.requests.filter((request) => request.includes(' /mirror1'))).to.deep.equal([]);
    });

    it('comes whole without a digest too', async () => {
      await fromMirrors([{ content }, { content }], {});
      await expectWhole();
    });

    const broken = (after: number): Partial<ServedFile> => ({
      // Its own ETag holds: only the redirector can help.
      misbehave: (request, response, count) => {
        const range = rangeOf(request);
        if (!range || range.last === 0) return false;
        if (count > 2) return end(response.writeHead(404));
        return breakingOff(after)(request, response, count);
      },
    });

    it('goes on at another mirror where the first is gone, and the digest decides', async () => {
      await fromMirrors([{ content, ...broken(300_000) }, { content }], { sha256 }, 1);
      await expectWhole();
    });

    it('begins anew where the two halves do not belong together', async () => {
      await fromMirrors(
        [{ content: patterned(content.length, 9), ...broken(300_000) }, { content }, { content }],
        { sha256 },
        1,
      );
      await expectWhole();
    });

    it('never puts two mirrors together where no digest tells', async () => {
      await fromMirrors(
        [{ content: patterned(content.length, 9), ...broken(300_000) }, { content }, { content }],
        {},
        1,
      );
      await expectWhole();
    });
  });

  it('takes an address with a password for a mistake', async () => {
    const error = await rejection(
      fetchFile(
        { url: 'http://me:hush@127.0.0.1/x?token=hush', path: path(), digests: {} },
        { client, room, parts: 1 },
      ),
    );
    expect(codeOf(error)).to.equal('FETCH_FAILED');
    expect(error.message).not.to.contain('hush');
  });

  it('leaves the file readable for others', async () => {
    await fetch({});
    expect((await stat(path())).mode & 0o777).to.equal(0o644);
  });
});

type Misbehaviour = NonNullable<ServedFile['misbehave']>;

/** Answers with these very bytes, and the file behind them. */
function raw(head: (body: Buffer) => string): Misbehaviour {
  return (request) => {
    request.socket.write(head(content));
    request.socket.end(content);
    return true;
  };
}

function end(response: { end(): unknown }): boolean {
  response.end();
  return true;
}

/** Serves so many bytes of what is asked for, then cuts the connection. */
function breakingOff(after: number): Misbehaviour {
  return (request, response) => {
    const range = rangeOf(request);
    if (!range || range.last === 0) return false;
    const last = Math.min(range.last, content.length - 1);
    const slice = content.subarray(range.first, last + 1);
    response.writeHead(206, {
      etag: '"v1"',
      'content-length': slice.length,
      'content-range': `bytes ${range.first}-${last}/${content.length}`,
    });
    if (slice.length <= after) return end({ end: () => response.end(slice) });
    response.write(slice.subarray(0, after), () => response.destroy());
    return true;
  };
}

function stuckAt(place: number): Misbehaviour {
  return (request, response, count) => {
    const range = rangeOf(request);
    if (!range || range.last < place) return false;
    if (range.first < place) return breakingOff(place - range.first)(request, response, count);
    response.destroy();
    return true;
  };
}

function generous(request: Parameters<Misbehaviour>[0], response: Parameters<Misbehaviour>[1]): boolean {
  const range = rangeOf(request);
  if (!range || range.last === 0) return false;
  const last = Math.min(range.last, content.length - 1);
  response.writeHead(206, {
    etag: '"v1"',
    'content-range': `bytes ${range.first}-${last}/${content.length}`,
  });
  response.end(content.subarray(range.first));
  return true;
}

function misplaced(request: Parameters<Misbehaviour>[0], response: Parameters<Misbehaviour>[1]): boolean {
  const range = rangeOf(request);
  if (!range || range.last === 0) return false;
  response.writeHead(206, { etag: '"v1"', 'content-range': `bytes 5-${range.last + 5}/${content.length}` });
  response.end(content.subarray(5));
  return true;
}

function everChanging(
  _: Parameters<Misbehaviour>[0],
  response: Parameters<Misbehaviour>[1],
  count: number,
): boolean {
  response.writeHead(206, { etag: `"v${count}"`, 'content-range': `bytes 0-0/${content.length + count}` });
  response.end('x');
  return true;
}

function enormous(_: Parameters<Misbehaviour>[0], response: Parameters<Misbehaviour>[1]): boolean {
  response.writeHead(206, { etag: '"v1"', 'content-range': 'bytes 0-0/900000000000000' });
  response.end('x');
  return true;
}
