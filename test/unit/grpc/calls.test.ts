import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import type { ServerInterceptor } from '@grpc/grpc-js';
import { expect } from 'chai';
import { CallPlaces } from '../../../src/grpc/call-places.js';
import { Calls } from '../../../src/grpc/calls.js';
import { Connections } from '../../../src/grpc/connections.js';

type Call = Parameters<ServerInterceptor>[1];

describe('calls where a certificate is asked for', () => {
  it('are refused on a connection that has shown none, were TLS ever to let it through', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const client = connect(port, '127.0.0.1');
    const [socket] = await once(server, 'connection');
    const rules = { inAll: 4, perAddress: 4, idleMs: 1000, silentMs: 1000 };
    const connections = new Connections(
      () => rules,
      () => undefined,
    );
    const peer = connections.accept(socket)!.peer;
    const told: string[] = [];
    const calls = new Calls({
      tls: { certificate: '', key: '', clientCa: 'ca.crt' },
      connections,
      places: new CallPlaces(() => ({ inAll: 1, perAddress: 1, answerBytes: 1 })),
      statusOf: () => 'UNKNOWN',
      limits: () => ({
        connections: 4,
        connectionsPerAddress: 4,
        calls: 1,
        callsPerAddress: 1,
        callSeconds: 1,
        idleSeconds: 1,
      }),
      observer: {
        called: (call, status) => void told.push(`${call} ${status}`),
        turnedAway: () => undefined,
        reach: () => undefined,
      },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      clock: () => 0,
      renew: () => undefined,
    });
    const sent: unknown[] = [];
    const call = { getPeer: () => peer, sendStatus: (status: unknown) => void sent.push(status) } as Call;
    const method = { path: '/lab.Words/Echo' } as Parameters<ServerInterceptor>[0];
    calls.interceptor(method, call).start({} as Parameters<Call['start']>[0]);
    expect(sent).to.deep.equal([
      { code: 16, details: 'show a certificate of the CA that this server names' },
    ]);
    expect(told).to.deep.equal(['lab.Words/Echo UNAUTHENTICATED']);
    client.destroy();
    server.close();
  });
});
