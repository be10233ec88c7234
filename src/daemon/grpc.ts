import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { GrpcApi } from '../grpc/grpc-api.js';
import type { GrpcObserver } from '../grpc/grpc-parts.js';
import { startGrpcServer, type GrpcServer } from '../grpc/grpc-server.js';
import type { ReachLimit } from '../limits.js';
import { formatIpv4 } from '../net/ipv4.js';

export interface GrpcWorld {
  readonly config: () => Config;
  readonly registry: Registry;
  readonly reach: ReachLimit;
  readonly log: Logger;
}

const sectionOf = { matchbox: 'matchbox', 'pxe-init': 'pxeInit' } as const satisfies Record<
  GrpcApi['name'],
  string
>;

/** A listener for each API. @throws CertificateUnusable, GrpcListenFailed; none listens then */
export async function startGrpc(
  apis: readonly GrpcApi[],
  { config, registry, reach, log }: GrpcWorld,
): Promise<{ close(): Promise<void> }> {
  const servers = new Map<GrpcApi['name'], GrpcServer>();
  const close = async () => {
    await Promise.all(Array.from(servers.values(), (server) => server.close()));
  };
  const observer = grpcObserver(registry, reach, servers);
  try {
    for (const { name, ...api } of apis) {
      const section = sectionOf[name];
      const { listeners, network } = config();
      const listener = listeners[section].grpc;
      if (!listener) continue;
      const { port, address = network.serverAddress, certificate, key, clientCa } = listener;
      const where = { address: formatIpv4(address), port };
      const server = await startGrpcServer({
        ...api,
        ...where,
        setting: `listeners.${section}.grpc.port`,
        ...(certificate !== undefined && key !== undefined && { tls: { certificate, key, clientCa } }),
        limits: () => config().limits.grpc,
        observer,
        log,
        clock: () => performance.now(),
      });
      servers.set(name, server);
      log.info({ ...where, api: name, tls: certificate !== undefined }, 'gRPC listens');
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

function grpcObserver(
  registry: Registry,
  reach: ReachLimit,
  servers: ReadonlyMap<string, GrpcServer>,
): GrpcObserver {
  const registers = [registry];
  const calls = new Counter({
    name: 'imago_grpc_calls_total',
    help: 'Calls of gRPC that are over, by status; CANCELLED: given up, out of time, or its message refused.',
    labelNames: ['call', 'status'],
    registers,
  });
  const times = new Histogram({
    name: 'imago_grpc_call_seconds',
    help: 'Time from the beginning of a call to the end of its answer.',
    labelNames: ['call'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const turnedAway = new Counter({
    name: 'imago_grpc_turned_away_total',
    help: 'Connections that came to no call, by reason: tls, handshake-time, no-certificate, foreign-certificate.',
    labelNames: ['reason'],
    registers,
  });
  const connections: Gauge<'api'> = new Gauge({
    name: 'imago_grpc_connections',
    help: 'Connections open at the listener of an API.',
    labelNames: ['api'],
    registers,
    collect: () => {
      for (const [api, server] of servers) connections.set({ api }, server.connections);
    },
  });
  return {
    called(call, status, seconds) {
      calls.inc({ call, status });
      times.observe({ call }, seconds);
    },
    turnedAway: (reason) => turnedAway.inc({ reason }),
    reach,
  };
}
