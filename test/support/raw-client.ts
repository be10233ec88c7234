import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection on which a test says what it likes, and reads only when it wants to. */
export class RawClient {
  #said = '';
  #isClosed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('error', () => undefined); // a reset is an end as well
    socket.on('close', () => (this.#isClosed = true));
  }

  /** @param from an address of this machine, as 127.0.0.2 */
  static async open(url: string, from = '127.0.0.1'): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), localAddress: from });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** What came so far, of a client that reads. */
  get said(): string {
    return this.#said;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(text: string): void {
    this.socket.write(text);
  }

  read(): void {
    this.socket.on('data', (chunk) => (this.#said += chunk.toString('latin1')));
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Sends this and reads until the server ends the connection. */
export async function talk(url: string, text: string): Promise<string> {
  const client = await RawClient.open(url);
  client.read();
  client.write(text);
  await until(() => client.isClosed);
  return client.said;
}

const LONGEST_WAIT_MS = 15_000;

/** Waits for what other turns of the event loop bring about. @throws when they do not */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > LONGEST_WAIT_MS) throw new Error('what is waited for did not come about');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
