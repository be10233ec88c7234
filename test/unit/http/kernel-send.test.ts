import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { openHouse, type House } from '../../support/http-house.js';

const SIZE = 3 * 1024 * 1024 + 17;

/** Files large enough to leave past Node, each of bytes of its own. */
describe('large files over plain sockets', () => {
  let house: House;
  const files = new Map<string, Buffer>();
  before(async () => {
    house = await openHouse();
    for (const name of ['one.bin', 'two.bin']) {
      const bytes = randomBytes(SIZE);
      files.set(name, bytes);
      await house.write(`images/v1/${name}`, bytes);
    }
  });
  after(() => house.close());

  const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const want = (name: string, start = 0, end = SIZE) =>
    sha(files.get(name)?.subarray(start, end) ?? Buffer.alloc(0));
  const port = () => Number(new URL(house.url).port);
  /** Of this process, sockets of the server among them. */
  const descriptors = () => readdirSync('/proc/self/fd').length;

  /** Until the number of descriptors is what it was. */
  async function settled(before: number): Promise<number> {
    for (let tries = 0; tries < 100 && descriptors() > before; tries += 1) await delay(20);
    return descriptors();
  }

  const ranges: readonly [range: string, start: number, end: number][] = [
    ['bytes=0-', 0, SIZE],
    ['bytes=1000000-', 1_000_000, SIZE],
    ['bytes=1-2000000', 1, 2_000_001],
    ['bytes=-300000', SIZE - 300_000, SIZE],
  ];
  it('is whole, and the service is here', async () => {
    expect(house.services.sender).to.not.equal(undefined);
    const answer = await fetch(`${house.url}/images/one.bin`);
    expect(answer.headers.get('content-length')).to.equal(String(SIZE));
    expect(sha(new Uint8Array(await answer.arrayBuffer()))).to.equal(want('one.bin'));
  });
  for (const [range, start, end] of ranges)
    it(`has the part ${range}`, async () => {
      const answer = await fetch(`${house.url}/images/one.bin`, { headers: { range } });
      expect(answer.status).to.equal(206);
      expect(answer.headers.get('content-range')).to.equal(`bytes ${start}-${end - 1}/${SIZE}`);
      expect(sha(new Uint8Array(await answer.arrayBuffer()))).to.equal(want('one.bin', start, end));
    });

  /** Sends the requests at once over one connection, and reads until it is closed. */
  function conversation(requests: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect(port(), '127.0.0.1', () => socket.write(requests));
      socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
      socket.on('error', reject).on('end', () => resolve(Buffer.concat(chunks)));
    });
  }

  function bodiesIn(bytes: Buffer): { status: string; body: Buffer }[] {
    const found: { status: string; body: Buffer }[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf('\r\n\r\n', at);
      const head = bytes.toString('latin1', at, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      found.push({ status: head.slice(9, 12), body: bytes.subarray(end + 4, end + 4 + length) });
      at = end + 4 + length;
    }
    return found;
  }

  it('keeps answers apart that were asked for at once over one connection', async () => {
    const get = (path: string, last = '') => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${last}\r\n`;
    const all = bodiesIn(
      await conversation(
        get('/images/one.bin') +
          get('/boot.ipxe') +
          get('/images/two.bin') +
          get('/', 'Connection: close\r\n'),
      ),
    );
    expect(all.map(({ status }) => status)).to.deep.equal(['200', '200', '200', '200']);
    expect(sha(all[0]?.body ?? Buffer.alloc(0))).to.equal(want('one.bin'));
    expect(all[1]?.body.toString()).to.match(/^#!ipxe/);
    expect(sha(all[2]?.body ?? Buffer.alloc(0))).to.equal(want('two.bin'));
    expect(all[3]?.body.toString()).to.equal('this is imago 1.2.3\n');
  });

  it('ends the connection after an answer by HTTP/1.0', async () => {
    const [answer] = bodiesIn(await conversation('GET /images/one.bin HTTP/1.0\r\n\r\n'));
    expect(sha(answer?.body ?? Buffer.alloc(0))).to.equal(want('one.bin'));
  });

  it('breaks the connection off where the file was cut short meanwhile', async () => {
    await house.write('images/v1/cut.bin', Buffer.alloc(40 * 1024 * 1024, 1));
    const before = descriptors();
    const received = await new Promise<number>((resolve) => {
      let bytes = 0;
      const socket: Socket = connect(port(), '127.0.0.1', () => {
        socket.write('GET /images/cut.bin HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
      });
      socket.once('data', () => {
        socket.pause();
        void truncate(join(house.folder, 'images/v1/cut.bin'), 1024).then(() => socket.resume());
      });
      socket.on('data', (chunk: Buffer) => void (bytes += chunk.length));
      socket.on('close', () => resolve(bytes));
      socket.on('error', () => undefined);
    });
    expect(received).to.be.lessThan(40 * 1024 * 1024);
    expect(await settled(before)).to.be.at.most(before);
  });

  it('leaves no descriptor and no byte in a wrong place, however connections are cut', async () => {
    // Each of its threads has some of its own.
    await Promise.all(
      ['one', 'two', 'one', 'two'].map((name) =>
        fetch(`${house.url}/images/${name}.bin`).then((answer) => answer.arrayBuffer()),
      ),
    );
    const before = descriptors();
    const cut = (name: string, after: number) =>
      new Promise<boolean>((resolve) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const socket: Socket = connect(port(), '127.0.0.1', () => {
          socket.write(`GET /images/${name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
          if (after === 0) socket.destroy();
        });
        socket.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes >= after) socket.resetAndDestroy();
        });
        socket.on('error', () => undefined);
        socket.on('close', () => {
          const all = Buffer.concat(chunks);
          const body = all.subarray(all.indexOf('\r\n\r\n') + 4);
          resolve(bytes === 0 || files.get(name)?.subarray(0, body.length).equals(body) === true);
        });
      });
    // 7919 is prime: cut in all places.
    const all = Array.from({ length: 300 }, (_, index) =>
      cut(index % 2 ? 'one.bin' : 'two.bin', (index * 7919 * 9) % SIZE),
    );
    expect((await Promise.all(all)).every(Boolean)).to.equal(true);
    expect(await settled(before)).to.be.at.most(before);
    expect((await fetch(`${house.url}/boot.ipxe`)).status).to.equal(200);
  });
});
