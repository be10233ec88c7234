import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/**
 * TFTP packets built and taken apart by hand, straight from RFC 1350 §5 and RFC 2347: nothing here is shared with the codec
 * under test.
 */
export function request(filename: string, options: readonly (readonly [string, string])[] = []): Buffer {
  return requestOf(1, [filename, 'octet', ...options.flat()]);
}

/** @param opcode 1 to read, 2 to write. */
export function requestOf(opcode: number, words: readonly string[]): Buffer {
  return Buffer.concat([
    Buffer.of(0, opcode),
    Buffer.from(words.map((word) => `${word}\0`).join(''), 'latin1'),
  ]);
}

export function ack(block: number): Buffer {
  return Buffer.of(0, 4, block >> 8, block & 255);
}

export function error(code: number, text: string): Buffer {
  return Buffer.concat([Buffer.of(0, 5, 0, code), Buffer.from(`${text}\0`)]);
}

/** In words: `DATA 1 (512)`, `OACK blksize=1428 tsize=7`, `ERROR 1`. */
export function inWords(packet: Buffer): string {
  const number = packet.length >= 4 ? packet.readUInt16BE(2) : -1;
  switch (packet.readUInt16BE(0)) {
    case 3:
      return `DATA ${number} (${packet.length - 4})`;
    case 4:
      return `ACK ${number}`;
    case 5:
      return `ERROR ${number}`;
    case 6: {
      const words = packet.toString('latin1', 2).split('\0').slice(0, -1);
      const pairs = words.flatMap((word, index) => (index % 2 === 0 ? [`${word}=${words[index + 1]}`] : []));
      return ['OACK', ...pairs].join(' ');
    }
  }
  return packet.toString('hex');
}

export interface RawAnswer {
  readonly bytes: Buffer;
  /** In words. */
  readonly said: string;
  readonly port: number;
}

/** A client that sends bytes and keeps what comes. */
export class RawClient {
  readonly #heard: RawAnswer[] = [];
  readonly #waiting: ((answer: RawAnswer) => void)[] = [];

  private constructor(
    private readonly socket: Socket,
    readonly server: number,
    private readonly address: string,
  ) {
    socket.on('message', (bytes, { port }) => {
      const answer = { bytes, said: inWords(bytes), port };
      const next = this.#waiting.shift();
      if (next) next(answer);
      else this.#heard.push(answer);
    });
  }

  static async open(server: number, address = '127.0.0.1', own = '127.0.0.1'): Promise<RawClient> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
    socket.bind(0, own);
    await once(socket, 'listening');
    return new RawClient(socket, server, address);
  }

  send(bytes: Buffer, port: number = this.server): void {
    this.socket.send(bytes, port, this.address);
  }

  /** The next that comes, or that has come and was not taken. */
  async next(): Promise<RawAnswer> {
    const heard = this.#heard.shift();
    return (
      heard ??
      new Promise((resolve) => {
        this.#waiting.push(resolve);
      })
    );
  }

  async ask(bytes: Buffer, port?: number): Promise<RawAnswer> {
    this.send(bytes, port);
    return this.next();
  }

  /** All that has come and was not taken, in words. */
  take(): string[] {
    return this.#heard.splice(0).map(({ said }) => said);
  }

  close(): void {
    this.socket.close();
  }
}
