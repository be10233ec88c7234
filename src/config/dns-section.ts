import { z } from 'zod';
import { ipv4, port } from './values.js';

const places = (fallback: number) => z.int().min(1).max(65_535).default(fallback);

export const dnsSection = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        'Answer DNS on network.serverAddress. Name that address in network.dns to have machines ask it.',
      ),
    upstreams: z
      .array(ipv4)
      .max(4)
      .default([])
      .describe(
        'Who is asked for all that is no name of a host, in order. Without any such questions are refused.',
      ),
    port: port.default(53),
    upstreamPort: port.default(53),
    ttlSeconds: z
      .int()
      .min(0)
      .max(86_400)
      .default(60)
      .describe('How long others may remember the name or address of a host, in seconds.'),
    maxQueries: places(512).describe('Questions that wait for an upstream.'),
    maxQueriesPerClient: places(64).describe('The same, of one address.'),
    maxConnections: places(128).describe('Connections by TCP.'),
    maxConnectionsPerClient: places(8).describe('The same, of one address.'),
  })
  .describe(
    'Names: hosts by name, with and without network.domain, and by address; all else is asked of other servers. Machines of the provisioned networks alone are answered.',
  );
