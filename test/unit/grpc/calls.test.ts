import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { ServerInterceptor } from '@grpc/grpc-js';
import { expect } from 'chai';
import { useFakeTimers, type SinonFakeTimers } from 'sinon';
import { CallPlaces } from '../../../src/grpc/call-places.js';
import { Calls } from '../../../src/grpc/calls.js';
import { Connections } from '../../../src/grpc/connections.js';

type Call = Parameters<ServerInterceptor>[1];
type Listener = Parameters<Call['start']>[0];

const limits = {
  connections: 4,
  connectionsPerAddress: 4,
  calls: 1,
  callsPerAddress: 1,
  callSeconds: 1,
  idleSeconds: 1,
};

/** The engine is not there: what it does with a call, the test does. */
describe('a call, seen from its beginning on', () => {
  let server: Server;
  let client: Socket;
  let connections: Connections;
  let peer: string;
  let places: CallPlaces;
  let told: string[];
  let sent: unknown[];
  let clock: SinonFakeTimers | undefined;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as { port: number }).port, '127.0.0.1');
    const [socket] = (await once(server, 'connection')) as [Socket];
    [told, sent] = [[], []];
    const rules = { inAll: 4, perAddress: 4, idleMs: 1000, silentMs: 1000 };
    connections = new Connections(
      () => rules,
      () => undefined,
    );
    peer = connections.accept(socket)!.peer;
    places = new CallPlaces(() => ({ inAll: 1, perAddress: 1, answerBytes: 1 }));
  });
  afterEach(() => {
    clock?.restore();
    client.destroy();
    server.close();
  });

  /** @param engine what it does once a call begins */
  const begin = (engine: (listener: Listener) => void, clientCa?: string) => {
    const calls = new Calls({
      tls: { certificate: '', key: '', clientCa },
      connections,
      places,
      statusOf: () => 'UNKNOWN',
      limits: () => limits,
      observer: {
        called: (call, status) => void told.push(`${call} ${status}`),
        turnedAway: () => undefined,
        reach: (limit) => void told.push(limit),
      },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      clock: () => 0,
      renew: () => undefined,
    });
    const call = {
      getPeer: () => peer,
      sendStatus: (status: unknown) => void sent.push(status),
      start: engine,
    } as Call;
    const method = { path: '/lab.Words/Echo' } as Parameters<ServerInterceptor>[0];
    const none = () => undefined;
    const listener = {
      onReceiveMetadata: none,
      onReceiveMessage: none,
      onReceiveHalfClose: none,
      onCancel: none,
    };
    calls.interceptor(method, call).start(listener);
  };

  it('is refused on a connection that has shown no certificate, were TLS ever to let it through', () => {
    begin(() => expect.fail('it began'), 'ca.crt');
    expect(sent).to.deep.equal([
      { code: 16, details: 'show a certificate of the CA that this server names' },
    ]);
    expect(told).to.deep.equal(['lab.Words/Echo UNAUTHENTICATED']);
    expect(places.open).to.equal(0);
  });

  it('has no place when it was given up before it began: nothing is heard of it again', () => {
    begin(() => undefined);
    expect(told).to.deep.equal(['lab.Words/Echo CANCELLED']);
    expect(places.open).to.equal(0);
    expect(connections.at(peer)?.calls).to.equal(0);
  });

  it('has so long, and no longer a limit once it is over', () => {
    clock = useFakeTimers({ shouldClearNativeTimers: true });
    let under: Listener | undefined;
    begin((listener) => {
      under = listener;
      listener.onReceiveMetadata({} as Parameters<Listener['onReceiveMetadata']>[0]);
    });
    expect(places.open).to.equal(1);
    clock.tick(999);
    expect(sent).to.deep.equal([]);
    under?.onCancel();
    under?.onCancel();
    expect(places.open).to.equal(0);
    clock.tick(1000);
    expect(sent).to.deep.equal([]);
    expect(told).to.deep.equal(['lab.Words/Echo CANCELLED']);
  });
});
