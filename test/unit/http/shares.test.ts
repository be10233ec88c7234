import { expect } from 'chai';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { openFiles } from '../../support/open-files.js';
import { RawClient, until } from '../../support/raw-client.js';

const KNOWN = '127.0.0.9';
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}\r\n`;
const last = 'Connection: close\r\n';

describe('what clients may hold over HTTP', () => {
  let house: House;
  const held: RawClient[] = [];
  const open = async (limits: string, now?: () => number): Promise<void> => {
    house = await openHouse({
      config: `${houseConfig}limits: { http: { ${limits} } }\n`,
      leases: [{ address: KNOWN, mac: '52:54:00:00:00:01' }],
      ...(now && { trafficNow: now }),
    });
    await house.write('images/v1/large.bin', Buffer.alloc(9_000_000));
    await house.write('images/v1/text.bin', Buffer.alloc(250_000));
  };
  afterEach(async () => {
    for (const client of held.splice(0)) client.destroy();
    await house.close();
  });

  const client = async (from: string): Promise<RawClient> => {
    const one = await RawClient.open(house.url, from);
    held.push(one);
    return one;
  };
  /** Each sends this and reads nothing. */
  const flood = async (count: number, from: string, text: string): Promise<RawClient[]> => {
    const clients: RawClient[] = [];
    for (let index = 0; index < count; index += 1) {
      const one = await client(from);
      if (text !== '') one.write(text);
      clients.push(one);
    }
    return clients;
  };
  const answerTo = async (from: string, text: string): Promise<string> => {
    const one = await client(from);
    one.read();
    one.write(text);
    await until(() => one.isClosed);
    return one.said;
  };
  const statusFor = async (from: string, path: string): Promise<number> =>
    Number((await answerTo(from, get(path, last))).slice(9, 12));
  const downloads = () => openFiles().filter((path) => path.endsWith('large.bin')).length;
  const reached = async (limit: string): Promise<number> => {
    const metric = house.services.metrics.registry.getSingleMetric('imago_limit_reached_total');
    return (await metric?.get())?.values.find(({ labels }) => labels['limit'] === limit)?.value ?? 0;
  };

  const silences = [
    { name: 'idle', text: '' },
    { name: 'in the middle of their headers', text: 'GET / HTTP/1.1\r\nHost: x\r\nX-' },
    {
      name: 'in the middle of a body',
      text: 'PUT /etcd/new HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nsize',
    },
  ];
  for (const { name, text } of silences) {
    it(`held: 600 connections of one address that are ${name} leave all but its share to others`, async () => {
      await open('connections: 100, connectionsPerAddress: 40');
      const flooding = await flood(600, '127.0.0.2', text);
      await until(() => flooding.filter(({ isClosed }) => !isClosed).length === 40);
      expect(flooding.slice(-40).every(({ isClosed }) => !isClosed)).to.equal(true);
      expect(await reached('http-connections-per-address')).to.equal(560);
      for (const from of ['127.0.0.3', KNOWN]) expect(await statusFor(from, '/images/vmlinuz')).to.equal(200);
    });
  }

  it('held: the idlest stranger goes when many addresses take all places, and no machine that is known', async () => {
    await open('connections: 40, connectionsPerAddress: 10');
    const [known] = await flood(1, KNOWN, '');
    for (let index = 10; index < 20; index += 1) await flood(10, `127.0.1.${index}`, 'GET / HTTP/1.1\r\nX');
    expect(known?.isClosed).to.equal(false);
    for (const from of ['127.0.0.3', KNOWN]) expect(await statusFor(from, '/images/vmlinuz')).to.equal(200);
    expect(await reached('http-connections')).to.be.greaterThan(60);
  });

  it('A2: readers that stop hold their address’ share, and others download', async () => {
    await open('answerMegabytes: 16, answerMegabytesPerAddress: 2');
    await flood(30, '127.0.0.2', get('/images/large.bin'));
    const refusals = (): Promise<number> => reached('http-answers-per-address');
    // A file is open for a moment before its answer is refused.
    await until(async () => downloads() <= 26 && downloads() + (await refusals()) === 30);
    expect(downloads()).to.be.at.least(20);
    const refused = await answerTo('127.0.0.2', get('/images/large.bin', last));
    expect(refused)
      .to.match(/^HTTP\/1\.1 503 /)
      .and.match(/\r\nRetry-After: 10\r\n/)
      .and.include('limits.http.answerMegabytesPerAddress');
    expect((await answerTo('127.0.0.3', get('/images/large.bin', last))).length).to.be.above(9_000_000);
    expect(await statusFor('127.0.0.2', '/images/vmlinuz')).to.equal(200);
  });

  it('A2: readers that stop lose their answers to machines that are known, and to anybody after a while', async () => {
    let now = 0;
    await open('answerMegabytes: 16, answerMegabytesPerAddress: 16', () => now);
    await flood(200, '127.0.0.2', get('/images/large.bin'));
    await until(async () => downloads() + (await reached('http-answers-per-address')) === 200);
    const full = downloads();
    expect(await statusFor('127.0.0.3', '/images/large.bin')).to.equal(503);
    expect(await statusFor(KNOWN, '/images/large.bin')).to.equal(200);
    await until(() => downloads() < full);
    expect(await reached('http-slow-answers')).to.be.greaterThan(0);
    await flood(4, '127.0.0.2', get('/images/large.bin'));
    now = 121_000;
    expect(await statusFor('127.0.0.3', '/images/large.bin')).to.equal(200);
  });

  it('A2: answers from memory that nobody takes count as well', async () => {
    await open('answerMegabytesPerAddress: 1, waitingRequests: 1000');
    // What the kernel takes is not held here: a connection asks until something is.
    await flood(8, '127.0.0.2', get('/images/text.bin').repeat(40));
    await until(async () => (await statusFor('127.0.0.2', '/')) === 503);
    expect(await statusFor('127.0.0.3', '/')).to.equal(200);
    for (const each of held.splice(0)) each.destroy();
    await until(async () => (await statusFor('127.0.0.2', '/')) === 200);
  });

  const piece = (rest: string) =>
    `POST /api/v1/images/v9/uploads/disk.raw?offset=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n${rest}`;
  const bodies = [
    { name: 'long bodies', text: piece(`Content-Length: 8000000\r\n\r\n${'x'.repeat(7_000_000)}`) },
    {
      name: 'bodies in parts of one byte',
      text: piece(`Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(30_000)}`),
    },
  ];
  for (const { name, text } of bodies) {
    it(`uploads: ${name} that do not end hold their address’ share, and others send theirs`, async () => {
      await open('bodyMegabytes: 24, bodyMegabytesPerAddress: 9');
      const flooding = await flood(4, '127.0.0.2', text);
      for (const each of flooding) each.read();
      await until(() => flooding.some(({ said }) => said.startsWith('HTTP/1.1 503 ')));
      expect(await reached('http-bodies-per-address')).to.be.greaterThan(0);
      const ended = piece(`${last}Content-Length: 5000000\r\n\r\n${'x'.repeat(5_000_000)}`);
      expect(await answerTo('127.0.0.3', ended)).to.match(/^HTTP\/1\.1 200 /);
      for (const each of held.splice(0)) each.destroy();
      await until(async () => (await answerTo('127.0.0.2', ended)).startsWith('HTTP/1.1 200 '));
    });
  }

  it('A9: one address takes its share of the event streams, and others watch', async () => {
    await open('eventWatchers: 12, eventWatchersPerAddress: 8, eventWatchersPerOperator: 3');
    const stream = (more = '') => get('/api/v1/events', `Accept: text/event-stream\r\n${more}`);
    const watching = async (from: string, text: string): Promise<string> => {
      const one = await client(from);
      one.read();
      one.write(text);
      await until(() => one.said.includes('\r\n\r\n'));
      return one.said.slice(9, 12);
    };
    const anna = 'X-Imago-Operator: anna\r\n';
    const statuses: string[] = [];
    for (let count = 0; count < 10; count += 1) statuses.push(await watching('127.0.0.2', stream()));
    expect(statuses).to.deep.equal([...Array<string>(8).fill('200'), '503', '503']);
    for (let count = 3; count < 6; count += 1)
      expect(await watching(`127.0.0.${count}`, stream(anna))).to.equal('200');
    expect(await watching('127.0.0.6', stream(anna))).to.equal('503');
    expect(await watching('127.0.0.6', stream())).to.equal('200');
    expect(await watching('127.0.0.7', stream())).to.equal('503');
    expect(await watching('127.0.0.7', get('/api/v1/events'))).to.equal('503');
    for (const each of held.splice(0)) each.destroy();
    await until(async () => (await watching('127.0.0.6', stream(anna))) === '200');
    expect(await reached('event-watchers-per-address')).to.equal(2);
  });
});
