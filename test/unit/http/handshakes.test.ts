import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { Handshakes } from '../../../src/http/handshakes.js';

const limits = {
  time: 10_000,
  atOnce: 4,
  atOncePerAddress: 2,
  own: { burst: 1, perMinute: 1 },
  perAddress: { burst: 3, perMinute: 60 },
  inAll: { burst: 6, perMinute: 60 },
};

/** A connection from there, which remembers whether it was closed. */
class FakeSocket extends EventEmitter {
  static #ports = 1000;
  isClosed = false;
  readonly remotePort = (FakeSocket.#ports += 1);

  constructor(readonly remoteAddress: string) {
    super();
  }

  destroy(): void {
    this.isClosed = true;
    this.emit('close');
  }
}

describe('connections at their TLS handshake', () => {
  let now: number;
  let reached: string[];
  let handshakes: Handshakes;
  beforeEach(() => {
    now = 0;
    reached = [];
    handshakes = new Handshakes(
      ({ remoteAddress = '' }) => ({
        address: remoteAddress,
        ip: undefined,
        isServer: remoteAddress === '127.0.0.1',
        isKnown: false,
      }),
      { now: () => now, reach: (limit) => void reached.push(limit) },
      limits,
    );
  });

  const begin = (address: string) => {
    const socket = new FakeSocket(address);
    handshakes.begin(socket as unknown as Socket);
    return socket;
  };
  const end = (socket: FakeSocket) => handshakes.end(socket as unknown as Socket);

  it('are counted until they are over', () => {
    const [one, other] = [begin('10.0.0.1'), begin('10.0.0.2')];
    expect(handshakes.size).to.equal(2);
    end(one);
    other.destroy();
    expect(handshakes.size).to.equal(0);
    expect(one.isClosed).to.equal(false);
    expect(reached).to.deep.equal([]);
  });

  it('of one address: the oldest goes for one too many', () => {
    const sockets = [1, 2, 3].map(() => begin('10.0.0.1'));
    expect(sockets.map(({ isClosed }) => isClosed)).to.deep.equal([true, false, false]);
    expect(reached).to.deep.equal(['https-handshakes-per-address']);
    expect(handshakes.size).to.equal(2);
  });

  it('in all: the oldest goes for one too many, but not one from this server', () => {
    const own = begin('127.0.0.1');
    const sockets = [1, 2, 3, 4].map((host) => begin(`10.0.0.${host}`));
    expect(sockets.map(({ isClosed }) => isClosed)).to.deep.equal([true, false, false, false]);
    expect(own.isClosed).to.equal(false);
    expect(reached).to.deep.equal(['https-handshakes']);
  });

  it('of one address begin so many at once, then so many a minute', () => {
    for (let count = 0; count < 1 + 3; count += 1) end(begin('10.0.0.1'));
    expect(begin('10.0.0.1').isClosed).to.equal(true);
    expect(reached).to.deep.equal(['https-handshake-rate-per-address']);
    expect(begin('10.0.0.2').isClosed, 'another address').to.equal(false);
    now += 1000;
    expect(begin('10.0.0.1').isClosed).to.equal(false);
  });

  it('in all begin so many at once beyond what each has for itself, then so many a minute', () => {
    for (const host of [1, 2]) for (let count = 0; count < 1 + 3; count += 1) end(begin(`10.0.0.${host}`));
    const greedy = '10.0.0.3';
    end(begin(greedy));
    expect(begin(greedy).isClosed).to.equal(true);
    expect(reached).to.deep.equal(['https-handshake-rate']);
    expect(begin('10.0.0.4').isClosed, 'who comes for the first time').to.equal(false);
    now += 1000;
    expect(begin(greedy).isClosed).to.equal(false);
  });

  it('of this server begin at any rate', () => {
    for (let count = 0; count < 50; count += 1) end(begin('127.0.0.1'));
    expect(begin('127.0.0.1').isClosed).to.equal(false);
    expect(reached).to.deep.equal([]);
  });

  it('end with the listener', () => {
    const sockets = [begin('10.0.0.1'), begin('10.0.0.2')];
    handshakes.closeAll();
    expect(sockets.map(({ isClosed }) => isClosed)).to.deep.equal([true, true]);
    expect(handshakes.size).to.equal(0);
  });
});
