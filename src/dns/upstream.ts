import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';
import { framed, isAnswerTo, MessageStream, withId } from './message.js';

export interface UpstreamServer {
  readonly address: Ipv4;
  readonly port: number;
}

export type Transport = 'udp' | 'tcp';

/**
 * The first server's answer to the query, or the next one's where it is silent; undefined when all are, and when nobody waits any more. Each
 * query goes from a port of its own under a number of its own, so that nobody who does not see it can answer it (RFC 5452).
 * @param timeoutMs For each server.
 */
export async function askUpstream(
  query: Buffer,
  transport: Transport,
  servers: readonly UpstreamServer[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  for (const server of servers) {
    if (signal.aborted) return undefined;
    const asked = withId(query, randomInt(0x10000));
    const ask = transport === 'udp' ? byUdp : byTcp;
    const answer = await settledWithin(timeoutMs, signal, (settle) => ask(asked, server, settle));
    if (answer) return withId(answer, query.readUInt16BE(0));
  }
  return undefined;
}

type Settle = (answer?: Buffer) => void;

/** @param begin Starts what settles, and returns what ends it. */
function settledWithin(
  timeoutMs: number,
  signal: AbortSignal,
  begin: (settle: Settle) => () => void,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const settle = (answer?: Buffer): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      end();
      resolve(answer);
    };
    const giveUp = (): void => settle();
    const timer = setTimeout(giveUp, timeoutMs);
    signal.addEventListener('abort', giveUp);
    const end = begin(settle);
  });
}

function byUdp(query: Buffer, { address, port }: UpstreamServer, settle: Settle): () => void {
  const socket = createSocket('udp4');
  socket.on('error', () => settle());
  socket.on('message', (answer) => {
    if (isAnswerTo(query, answer)) settle(answer);
  });
  // Connected: the kernel passes on nothing of anybody else. A callback would be given the failure in place of 'error'.
  socket.once('connect', () => socket.send(query, () => undefined));
  socket.connect(port, formatIpv4(address));
  return () => {
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    socket.close();
  };
}

function byTcp(query: Buffer, { address, port }: UpstreamServer, settle: Settle): () => void {
  const socket = connect({ host: formatIpv4(address), port });
  const stream = new MessageStream(0xffff);
  socket.on('error', () => settle());
  socket.once('close', () => settle());
  socket.on('data', (bytes) => {
    const [answer] = stream.take(bytes);
    if (answer) settle(isAnswerTo(query, answer) ? answer : undefined);
  });
  socket.write(framed(query));
  return () => {
    socket.removeAllListeners('close');
    socket.destroy();
  };
}
