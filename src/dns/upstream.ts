import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';
import { MessageStream, framed } from './message-stream.js';
import { isAnswerTo, withId } from './message.js';

export interface UpstreamServer {
  readonly address: Ipv4;
  readonly port: number;
}

export type Transport = 'udp' | 'tcp';

/**
 * The first server's answer to the query, or the next one's where it is silent; undefined when all are. Each query goes from a port
 * of its own under a number of its own, so that nobody who does not see it can answer it (RFC 5452).
 * @param timeoutMs For each server.
 */
export async function askUpstream(
  query: Buffer,
  transport: Transport,
  servers: readonly UpstreamServer[],
  timeoutMs: number,
): Promise<Buffer | undefined> {
  for (const server of servers) {
    const asked = withId(query, randomInt(0x10000));
    const answer = await (transport === 'udp' ? byUdp : byTcp)(asked, server, timeoutMs);
    if (answer) return withId(answer, query.readUInt16BE(0));
  }
  return undefined;
}

function byUdp(
  query: Buffer,
  { address, port }: UpstreamServer,
  timeoutMs: number,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const settle = (answer?: Buffer): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(settle, timeoutMs);
    socket.on('error', () => settle());
    socket.on('message', (answer) => {
      if (isAnswerTo(query, answer)) settle(answer);
    });
    // Connected: the kernel passes on nothing of anybody else. A callback would be given the failure in place of 'error'.
    socket.once('connect', () => socket.send(query, () => undefined));
    socket.connect(port, formatIpv4(address));
  });
}

function byTcp(
  query: Buffer,
  { address, port }: UpstreamServer,
  timeoutMs: number,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: formatIpv4(address), port });
    const settle = (answer?: Buffer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(settle, timeoutMs);
    const stream = new MessageStream(0xffff);
    socket.on('error', () => settle());
    socket.on('close', () => settle());
    socket.on('data', (bytes) => {
      const [answer] = stream.take(bytes);
      if (answer) settle(isAnswerTo(query, answer) ? answer : undefined);
    });
    socket.write(framed(query));
  });
}
