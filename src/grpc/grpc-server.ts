import type { AddressInfo, Server as NetServer } from 'node:net';
import {
  logVerbosity,
  Server as GrpcEngine,
  ServerCredentials,
  setLogVerbosity,
  type ConnectionInjector,
} from '@grpc/grpc-js';
import { CallPlaces, type CallRules } from './call-places.js';
import { Calls } from './calls.js';
import { Connections, type ConnectionRules } from './connections.js';
import { GrpcListenFailed } from './errors.js';
import type { GrpcLimits, GrpcServerParts, GrpcTimes } from './grpc-parts.js';
import { openListener } from './listener.js';

const usualTimes: GrpcTimes = { handshake: 10_000, silent: 20_000, drain: 5_000 };

/** Calls on one connection: a client keeps further ones with itself. */
const STREAMS_PER_CONNECTION = 64;
const ANSWER_BYTES = 64 * 1024 * 1024;
/** A peer that is gone without a word is noticed after both. */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 60_000, 'grpc.keepalive_timeout_ms': 20_000 };

export interface GrpcServer {
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Calls that are not over. */
  readonly calls: number;
  /** Accepts nobody more, and gives calls that are under way a moment. */
  close(): Promise<void>;
}

/** @throws CertificateUnusable, GrpcListenFailed */
export async function startGrpcServer(parts: GrpcServerParts): Promise<GrpcServer> {
  const { limits, observer, log } = parts;
  const times = { ...usualTimes, ...parts.times };
  const connections = new Connections(
    () => connectionRules(limits(), times),
    (limit, facts) => observer.reach(limit, facts),
  );
  const places = new CallPlaces(() => callRules(limits()));
  setLogVerbosity(logVerbosity.NONE); // it writes past our log, as often as a client likes
  const engine = new GrpcEngine({
    ...KEEPALIVE,
    'grpc.enable_channelz': 0,
    'grpc.max_concurrent_streams': STREAMS_PER_CONNECTION,
    'grpc.max_receive_message_length': parts.messageBytes,
    interceptors: [(method, call) => calls.interceptor(method, call)],
  });
  // TLS is ended here: so its failures and its callers' certificates are known, and its bounds are ours.
  const injector = engine.createConnectionInjector(ServerCredentials.createInsecure());
  const { server, renew } = openListener({
    ...parts,
    connections,
    handshakeMs: times.handshake,
    take: (socket) => injector.injectConnection(socket),
    renewed: () => {
      injector.drain(times.drain);
      connections.closeSilent();
    },
  });
  const calls = new Calls({ ...parts, connections, places, renew });
  for (const method of parts.methods) calls.serve(engine, method);
  await bound(server, parts);
  server.on('error', (error) => log.error({ err: error }, 'gRPC listener'));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections.size;
    },
    get calls() {
      return places.open;
    },
    close: () => closed(server, injector, connections, times.drain),
  };
}

function connectionRules(limits: GrpcLimits, times: GrpcTimes): ConnectionRules {
  return {
    inAll: limits.connections,
    perAddress: limits.connectionsPerAddress,
    idleMs: limits.idleSeconds * 1000,
    silentMs: times.silent,
  };
}

function callRules({ calls, callsPerAddress }: GrpcLimits): CallRules {
  return { inAll: calls, perAddress: callsPerAddress, answerBytes: ANSWER_BYTES };
}

function bound(server: NetServer, { address, port, setting }: GrpcServerParts): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) =>
      reject(new GrpcListenFailed(address, port, setting, error.code ?? error.message, error));
    server.once('error', fail);
    server.listen({ host: address, port, backlog: 1024 }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function closed(
  server: NetServer,
  injector: ConnectionInjector,
  connections: Connections,
  drainMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => connections.closeAll(), drainMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    // Idle ones end at once, others after their last call.
    injector.destroy();
    connections.closeSilent();
  });
}
