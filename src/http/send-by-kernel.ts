import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Context } from 'koa';
import type { SenderThreads, SentFile } from '../net/linux/sender-threads.js';

import { whenOver } from './request-over.js';

/** Below, two copies cost less than two threads that talk. */
export const LEAST_BYTES = 256 * 1024;

/** How often a reader is seen to go on: Node ends a connection on which it sees nothing move. */
const LOOK_MS = 10_000;

/** The socket of an answer where its bytes may leave past Node: neither encrypted nor gone. */
export function plainSocketOf({ socket }: ServerResponse): Socket | undefined {
  return socket instanceof Socket && !(socket instanceof TLSSocket) && descriptorOf(socket) !== undefined
    ? socket
    : undefined;
}

/** Which bytes of the file; `end` is included. */
interface SentRange {
  readonly start: number;
  readonly end: number;
}

export interface KernelParts {
  readonly sender: SenderThreads;
  readonly socket: Socket;
  /** The descriptor of the file. */
  readonly file: number;
  /** Given how many bytes its reader has been sent, whenever that is asked. */
  readonly hold: (sent: () => number) => void;
  /** Streams the part after the head, where the system does not send such files. */
  readonly stream: () => void;
  readonly close: () => Promise<void>;
}

/**
 * Sends the head of an answer by Node and the bytes of the file by the system, which copies them from the file to the socket. The
 * file is closed when that is over.
 * @throws TooMuchHeld before anything is sent; the file is the caller's then
 */
export function sendByKernel(ctx: Context, { start, end }: SentRange, parts: KernelParts): void {
  const { res } = ctx;
  let sending: SentFile | undefined;
  parts.hold(() => sending?.sent() ?? 0);
  ctx.respond = false;
  ctx.length = end - start + 1;
  res.flushHeaders();
  const looking = setInterval(() => goesOn(), LOOK_MS).unref();
  let before = 0;
  const goesOn = () => {
    const sent = sending?.sent() ?? 0;
    // As what Node writes itself would.
    if (sent > before) parts.socket.setTimeout(parts.socket.timeout ?? 0);
    before = sent;
  };
  whenOver(res, () => {
    clearInterval(looking);
    sending?.cancel();
  });
  void bodyAfterHead();

  async function bodyAfterHead(): Promise<void> {
    const hasLeft = await headLeft(parts.socket);
    const socket = descriptorOf(parts.socket);
    if (!hasLeft || res.closed || socket === undefined) {
      res.destroy();
      return parts.close();
    }
    sending = parts.sender.begin({ socket, file: parts.file, start, length: end - start + 1 });
    const outcome = sending ? await sending.over : 'unfit';
    if (outcome === 'unfit') {
      parts.stream();
      return undefined;
    }
    if (outcome === 'sent') res.end();
    else res.destroy();
    return parts.close();
  }
}

/** Whether all that was written before has gone to the system. */
function headLeft(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.write('', (error) => resolve(!error));
  });
}

/** Node has no public name for it. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: unknown } | null };
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}
