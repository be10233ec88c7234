import type { IncomingMessage } from 'node:http';
import type { Peer } from '../access/caller.js';
import { tryParseIpv4 } from '../net/ipv4.js';

/** Node writes IPv4 on a dual-stack socket as `::ffff:10.75.0.9`. */
export function peerOf({ socket: { remoteAddress, localAddress } }: Pick<IncomingMessage, 'socket'>): Peer {
  return {
    ip: tryParseIpv4((remoteAddress ?? '').replace(/^::ffff:/, '')),
    isServer: remoteAddress !== undefined && remoteAddress === localAddress,
  };
}
