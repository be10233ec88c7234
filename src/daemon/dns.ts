import { hostname } from 'node:os';
import { Counter, Gauge } from 'prom-client';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { OwnNames } from '../dns/own-names.js';
import { DnsServer, type DnsSettings } from '../dns/server.js';
import type { HostStore } from '../host/host-store.js';
import type { HttpMetrics } from '../http/http-metrics.js';
import type { ReachLimit } from '../limits.js';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';

export interface DnsWorld {
  readonly config: () => Config;
  readonly fleet: HostStore;
  readonly isKnown: (address: Ipv4) => boolean;
  readonly metrics: HttpMetrics;
  readonly reach: ReachLimit;
  readonly log: Logger;
}

/** @throws DnsPortUnusable */
export async function startDns({
  config,
  fleet,
  isKnown,
  metrics,
  reach,
  log,
}: DnsWorld): Promise<DnsServer> {
  const registers = [metrics.registry];
  const questions = new Counter({
    name: 'imago_dns_questions_total',
    help: 'Questions by outcome: own, forwarded; silent: no upstream answered; refused, malformed, foreign, limited.',
    labelNames: ['outcome'],
    registers,
  });
  const { network, dns } = config();
  const server: DnsServer = new DnsServer({
    address: formatIpv4(network.serverAddress),
    port: dns.port,
    settings: () => dnsSettings(config()),
    names: currentNames(config, fleet),
    isKnown,
    answered: (outcome) => questions.inc({ outcome }),
    reach,
    log,
  });
  const waiting: Gauge = new Gauge({
    name: 'imago_dns_outstanding',
    help: 'Questions that wait for an upstream.',
    registers,
    collect: () => waiting.set(server.outstanding),
  });
  await server.start();
  return server;
}

function dnsSettings({ network, dhcp, dns }: Config): DnsSettings {
  return {
    ...dns,
    upstreams: dns.upstreams.map((address) => ({ address, port: dns.upstreamPort })),
    networks: [network.subnet, ...dhcp.subnets.map(({ subnet }) => subnet)],
  };
}

/** Made anew when it is next needed after a host or the configuration changed. */
function currentNames(config: () => Config, fleet: HostStore): () => OwnNames {
  let made: { readonly of: Config; readonly names: OwnNames } | undefined;
  fleet.subscribe(() => (made = undefined));
  return () => {
    const of = config();
    if (made?.of !== of) {
      const { domain, subnet } = of.network;
      made = {
        of,
        names: new OwnNames(fleet.hosts(), {
          domain,
          subnet,
          ttlSeconds: of.dns.ttlSeconds,
          reserved: [hostname()],
        }),
      };
    }
    return made.names;
  };
}
