import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { once } from 'node:events';
import { expect } from 'chai';
import { InvalidValue } from '../../../src/errors.js';
import { CallRefused } from '../../../src/grpc/status.js';
import { answerOf, framed, GrpcCaller } from '../../support/grpc-caller.js';
import { failures, openGrpcHouse, until, word, type GrpcHouse } from '../../support/grpc-house.js';

const said = (text: string) => word.encode({ word: text, content: new Uint8Array() });
const OK = 0;
const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;

describe('a gRPC server', () => {
  let house: GrpcHouse;
  const callers: GrpcCaller[] = [];
  const sockets: Socket[] = [];
  const open = async (parts: Parameters<typeof openGrpcHouse>[0] = {}) =>
    (house = await openGrpcHouse(parts));
  const caller = () => {
    const made = GrpcCaller.to(house.server.port);
    callers.push(made);
    return made;
  };
  const rawSocket = async () => {
    const socket = connect(house.server.port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'connect');
    return socket;
  };

  afterEach(async () => {
    for (const { end } of house.waiting) end();
    for (const each of callers.splice(0)) each.close();
    for (const each of sockets.splice(0)) each.destroy();
    await house.close();
  });

  it('answers a call, and counts it', async () => {
    await open();
    const { status, message, answers } = await caller().call('/lab.Words/Echo', said('a'));
    expect({ status, message, answers }).to.deep.equal({ status: OK, message: 'OK', answers: [said('a')] });
    await until(() => house.told.length > 0);
    expect(house.told).to.deep.equal(['lab.Words/Echo OK']);
  });

  const refusals = [
    {
      name: 'an error of ours, by the status of its API',
      thrown: () => new InvalidValue('a name', '', 'write one'),
      status: UNKNOWN,
      says: "'' is not a name: write one",
    },
    {
      name: 'a refusal of its own status',
      thrown: () => new CallRefused('NOT_FOUND', 'no: ä %'),
      status: 5,
      says: 'no: ä %',
    },
    {
      name: 'a fault of ours, and tells nothing of it',
      thrown: () => new Error('/etc/secret'),
      status: UNKNOWN,
      says: 'imago failed to answer this: its log says why',
    },
    {
      name: 'an error with half a character and a new line in it',
      thrown: () => new CallRefused('NOT_FOUND', 'a\ud800b\nc'),
      status: 5,
      says: 'a\ufffdb\ufffdc',
    },
    {
      name: 'an error of any length',
      thrown: () => new CallRefused('NOT_FOUND', 'x'.repeat(100_000)),
      status: 5,
      says: `${'x'.repeat(999)}…`,
    },
  ];
  for (const { name, thrown, status, says } of refusals) {
    it(`tells ${name}`, async () => {
      await open();
      failures['it'] = thrown;
      const answer = await caller().call('/lab.Words/Fail', said('it'));
      expect(answer).to.deep.equal({ status, message: says, answers: [] });
    });
  }

  it('writes faults of its own into the log, one for each call in ten seconds', async () => {
    await open({ clock: () => 0 });
    failures['it'] = () => new Error('broken');
    const one = caller();
    for (let count = 0; count < 20; count += 1) await one.call('/lab.Words/Fail', said('it'));
    expect(house.log.map(({ message }) => message)).to.deep.equal(['gRPC: a call failed']);
  });

  it('refuses what is no message, and what no method is', async () => {
    await open();
    const one = caller();
    const broken = await one.call('/lab.Words/Echo', Buffer.from('0aff', 'hex'));
    expect(broken.status).to.equal(INTERNAL);
    expect(broken.message).to.equal('error unmarshalling request: the message ends in the middle of a field');
    const unknown = await one.call('/lab.Words/Nothing');
    expect(unknown).to.deep.include({ status: UNIMPLEMENTED, answers: [] });
    const twice = one.open('/lab.Words/Echo');
    twice.end(Buffer.concat([framed(said('a')), framed(said('b'))]));
    expect(await answerOf(twice)).to.deep.include({ status: UNIMPLEMENTED, answers: [] });
    const none = one.open('/lab.Words/Echo');
    none.end();
    expect(await answerOf(none)).to.deep.include({ status: UNIMPLEMENTED, answers: [] });
  });

  it('reads no compressed message: of many small ones each would take an engine', async () => {
    await open();
    const packed = caller().open('/lab.Words/Echo', { 'grpc-encoding': 'gzip' });
    packed.end(framed(gzipSync(said('a')), true));
    expect(await answerOf(packed)).to.deep.include({ status: UNIMPLEMENTED, answers: [] });
  });

  it('refuses a message beyond its bound before it has come', async () => {
    await open({ messageBytes: 1000 });
    const one = caller();
    const large = one.open('/lab.Words/Echo');
    large.write(framed(new Uint8Array(1001)).subarray(0, 100));
    const { status, message } = await answerOf(large);
    expect({ status, message }).to.deep.equal({
      status: RESOURCE_EXHAUSTED,
      message: 'Received message larger than max (1001 vs 1000)',
    });
    expect(await one.call('/lab.Words/Echo', said('a'))).to.deep.include({ status: OK });
  });

  it('lets so many calls of an address, and in all, be in work at once', async () => {
    await open({ limits: { callsPerAddress: 3 } });
    const one = caller();
    const three = ['a', 'b', 'c'].map((text) => one.call('/lab.Words/Wait', said(text)));
    await until(() => house.waiting.length === 3);
    expect(await one.call('/lab.Words/Echo', said('d'))).to.deep.equal({
      status: RESOURCE_EXHAUSTED,
      message: 'imago has too many calls in work: try again in a moment',
      answers: [],
    });
    expect(house.told).to.deep.equal(['grpc-calls-per-address', 'lab.Words/Echo RESOURCE_EXHAUSTED']);
    house.waiting[0]?.end();
    await three[0];
    await until(() => house.server.calls === 2);
    expect(await one.call('/lab.Words/Echo', said('d'))).to.deep.include({ status: OK });
  });

  it('counts work whose caller has gone', async () => {
    await open({ limits: { calls: 2 } });
    for (const text of ['a', 'b']) {
      const gone = caller();
      void gone.call('/lab.Words/Wait', said(text));
      await until(() => house.waiting.some(({ word }) => word === text));
      gone.close();
    }
    await until(() => house.server.calls === 0);
    const late = caller();
    expect(await late.call('/lab.Words/Echo', said('c'))).to.deep.include({ status: RESOURCE_EXHAUSTED });
    expect(house.told).to.include('grpc-calls');
    for (const { end } of house.waiting) end();
    await until(() => house.waiting.length === 2);
    expect(await late.call('/lab.Words/Echo', said('c'))).to.deep.include({ status: OK });
  });

  it('gives a call so long, whether its message is slow or its work', async () => {
    await open({ limits: { callSeconds: 0.05 } });
    const one = caller();
    const trickling = one.open('/lab.Words/Echo');
    trickling.write(framed(said('abc')).subarray(0, 6));
    const answers = await Promise.all([answerOf(trickling), one.call('/lab.Words/Wait', said('a'))]);
    for (const answer of answers) {
      expect(answer).to.deep.equal({
        status: DEADLINE_EXCEEDED,
        message: 'the call took longer than imago allows',
        answers: [],
      });
    }
    expect(house.server.calls).to.equal(0);
    expect(house.told).to.include.members(['grpc-call-time', 'lab.Words/Wait DEADLINE_EXCEEDED']);
  });

  it('closes the connection of a caller who does not take his answer', async () => {
    await open({ limits: { callSeconds: 0.5 } });
    const slow = caller();
    const stream = slow.open('/lab.Words/Large');
    stream.pause();
    stream.end(framed(said('1000000')));
    await slow.closed();
    await until(() => house.server.connections === 0 && house.server.calls === 0);
    expect(house.told).to.include('grpc-call-time');
  });

  it('holds so much of answers that are not taken', async () => {
    await open();
    const slow = caller();
    for (let count = 0; count < 3; count += 1) {
      const stream = slow.open('/lab.Words/Large');
      stream.pause();
      stream.end(framed(said(String(30 * 1024 * 1024))));
    }
    await until(() => house.told.includes('grpc-answers'));
    slow.close();
    await until(() => house.server.calls === 0);
    const other = await caller().call('/lab.Words/Large', said('100'));
    expect(other).to.deep.include({ status: OK });
  });

  it('forgets calls that are given up, however soon', async () => {
    await open();
    const hasty = caller();
    for (let count = 0; count < 200; count += 1) hasty.open('/lab.Words/Echo').close(8);
    expect(await caller().call('/lab.Words/Echo', said('a'))).to.deep.include({ status: OK });
    await until(() => house.server.calls === 0);
  });

  describe('its connections', () => {
    it('has so many, and gives the place of the idlest to a new one', async () => {
      await open({ limits: { connections: 4 } });
      const idle = [await rawSocket(), await rawSocket(), await rawSocket(), await rawSocket()];
      await until(() => house.server.connections === 4);
      expect(await caller().call('/lab.Words/Echo', said('a'))).to.deep.include({ status: OK });
      await until(() => idle[0]!.closed);
      expect(idle[1]!.closed).to.equal(false);
      expect(house.told).to.include('grpc-connections');
    });

    it('has so many of one address', async () => {
      await open({ limits: { connectionsPerAddress: 2 } });
      const idle = [await rawSocket(), await rawSocket()];
      await until(() => house.server.connections === 2);
      expect(await caller().call('/lab.Words/Echo', said('a'))).to.deep.include({ status: OK });
      await until(() => idle[0]!.closed);
      expect(idle[1]!.closed).to.equal(false);
      expect(house.told).to.include('grpc-connections-per-address');
    });

    it('refuses a new one when all others work', async () => {
      await open({ limits: { connections: 4 } });
      for (let count = 0; count < 4; count += 1) void caller().call('/lab.Words/Wait', said('a'));
      await until(() => house.waiting.length === 4);
      const [late] = await Promise.all([
        caller().call('/lab.Words/Echo'),
        until(() => house.told.length > 0),
      ]);
      expect(late.status).to.equal(undefined);
      expect(house.told).to.deep.equal(['grpc-connections']);
    });

    it('closes one that never comes to a call', async () => {
      await open({ times: { silent: 20 } });
      const silent = await rawSocket();
      await until(() => silent.closed && house.server.connections === 0);
    });

    it('closes one that has been without a call for long', async () => {
      await open({ limits: { idleSeconds: 0.05 } });
      const quiet = caller();
      expect(await quiet.call('/lab.Words/Echo', said('a'))).to.deep.include({ status: OK });
      await quiet.closed();
      await until(() => house.server.connections === 0);
    });

    it('closes one whose calls are all of methods that there are not, and that it leaves open', async () => {
      await open({ times: { silent: 50 } });
      const odd = caller();
      for (let count = 0; count < 200; count += 1) odd.open('/lab.Words/Nothing');
      await odd.closed();
    });

    it('is not disturbed by what is no HTTP/2', async () => {
      await open();
      for (const noise of [
        'GET / HTTP/1.1\r\n\r\n',
        '\0'.repeat(10_000),
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff',
      ]) {
        const socket = await rawSocket();
        socket.end(Buffer.from(noise, 'latin1'));
        await once(socket, 'close');
      }
      expect(await caller().call('/lab.Words/Echo', said('a'))).to.deep.include({ status: OK });
    });
  });

  it('ends after the calls that are under way, and takes no more', async () => {
    await open();
    const under = caller().call('/lab.Words/Wait', said('a'));
    await until(() => house.waiting.length === 1);
    await rawSocket();
    const closed = house.close();
    house.waiting[0]?.end();
    expect(await under).to.deep.include({ status: OK });
    await closed;
    const refused = await new Promise((resolve) =>
      connect(house.server.port, '127.0.0.1').on('error', resolve),
    );
    expect(refused).to.have.property('code', 'ECONNREFUSED');
  });

  it('cuts off, after a moment, what does not end', async () => {
    await open({ times: { drain: 20 } });
    const under = caller().call('/lab.Words/Wait', said('a'));
    await until(() => house.waiting.length === 1);
    await house.close();
    expect((await under).status).to.not.equal(OK);
  });

  it('says which port it cannot have, and which setting is meant', async () => {
    await open();
    const second = openGrpcHouse({ port: house.server.port }).then(
      () => 'listens',
      (error: Error) => error.message,
    );
    expect(await second).to.equal(
      `gRPC cannot listen on 127.0.0.1 port ${house.server.port} (EADDRINUSE): stop what answers there (\`ss -lntp 'sport = :${house.server.port}'\`), or set listeners.test.port`,
    );
  });
});
