import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Duplex } from 'node:stream';

export interface CallAnswer {
  /** The number; undefined where the stream ended without one. */
  readonly status: number | undefined;
  readonly message: string;
  readonly answers: readonly Buffer[];
}

/** A caller that knows HTTP/2 and how gRPC frames its messages, and nothing of imago. */
export class GrpcCaller {
  private constructor(readonly session: ClientHttp2Session) {}

  /** @param socket on which TLS is agreed upon already */
  static to(port: number, socket?: Duplex): GrpcCaller {
    const session = connect(`http://127.0.0.1:${port}`, socket && { createConnection: () => socket });
    session.on('error', () => undefined);
    return new GrpcCaller(session);
  }

  /** One call with one message. */
  call(path: string, message: Uint8Array = new Uint8Array()): Promise<CallAnswer> {
    const stream = this.open(path);
    stream.end(framed(message));
    return answerOf(stream);
  }

  /** A call whose message is still to come. */
  open(path: string, headers: Readonly<Record<string, string>> = {}): ClientHttp2Stream {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': path,
      te: 'trailers',
      'content-type': 'application/grpc',
      ...headers,
    });
    stream.on('error', () => undefined);
    return stream;
  }

  async closed(): Promise<void> {
    if (this.session.destroyed) return;
    await new Promise((resolve) => this.session.once('close', resolve));
  }

  close(): void {
    this.session.destroy();
  }
}

export function framed(message: Uint8Array, isPacked = false): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(isPacked ? 1 : 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** What a call comes to. */
export function answerOf(stream: ClientHttp2Stream): Promise<CallAnswer> {
  return new Promise((resolve) => {
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => (headers = received));
    stream.on('trailers', (received) => (trailers = received));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    const tell = () => {
      const all = { ...headers, ...trailers };
      const status = all['grpc-status'];
      resolve({
        status: status === undefined ? undefined : Number(status),
        message: decodeURIComponent(String(all['grpc-message'] ?? '')),
        answers: messagesIn(Buffer.concat(chunks)),
      });
      stream.close();
    };
    stream.on('end', tell);
    stream.on('close', tell);
  });
}

function messagesIn(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    messages.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return messages;
}
