import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const PATIENCE_MS = 60_000;

/**
 * One connection of a machine: HTTP/1.1 on a bare socket, so that the load costs little beside what is measured. Answers
 * have a Content-Length; one call at a time.
 */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #length = 0;
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  /** @param from the machine's own address. */
  constructor(
    private readonly server: { readonly host: string; readonly port: number },
    from: string,
  ) {
    this.#socket = connect({ ...server, localAddress: from, noDelay: true });
    this.#socket.setTimeout(PATIENCE_MS, () => this.#fail(new Error('no answer within a minute')));
    this.#socket.on('data', (bytes) => {
      this.#received.push(bytes);
      this.#length += bytes.length;
      this.#look();
    });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  call(method: string, path: string, body?: string): Promise<Answer> {
    const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    if (this.#failure) this.#fail(this.#failure);
    else
      this.#socket.write(
        `${method} ${path} HTTP/1.1\r\nHost: ${this.server.host}\r\n${length}\r\n${body ?? ''}`,
      );
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  #look(): void {
    const bytes = this.#received.length === 1 ? this.#received[0] : Buffer.concat(this.#received);
    if (!bytes) return;
    this.#received = [bytes];
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = bytes.toString('latin1', 0, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#length < end + 4 + length) return;
    this.#received = [];
    this.#length = 0;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve({
      status: Number(head.slice(9, 12)),
      body: bytes.toString('utf8', end + 4, end + 4 + length),
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    this.#socket.destroy();
  }
}
