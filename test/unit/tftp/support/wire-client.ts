import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decodePacket, encodePacket, type TftpPacket } from '../../../../src/tftp/packet.js';

export interface Received {
  readonly packet: TftpPacket;
  readonly port: number;
}

/** A client that sends what a test says, packet by packet, and hands over what comes. */
export class WireClient {
  readonly #waiting: ((received: Received) => void)[] = [];
  readonly #received: Received[] = [];
  #lastSent: Promise<void> = Promise.resolve();

  private constructor(
    private readonly socket: Socket,
    readonly server: number,
  ) {
    socket.on('message', (bytes: Uint8Array, from: RemoteInfo) => {
      const received = { packet: decodePacket(bytes), port: from.port };
      const next = this.#waiting.shift();
      if (next) next(received);
      else this.#received.push(received);
    });
  }

  static async open(server: number): Promise<WireClient> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new WireClient(socket, server);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** What has come and was not taken. */
  get unread(): readonly TftpPacket[] {
    return this.#received.map(({ packet }) => packet);
  }

  send(packet: TftpPacket, port: number = this.server): void {
    this.sendBytes(encodePacket(packet), port);
  }

  sendBytes(bytes: Uint8Array, port: number = this.server): void {
    this.#lastSent = new Promise((resolve) => {
      this.socket.send(bytes, port, '127.0.0.1', () => resolve());
    });
  }

  request(filename: string, options: Record<string, string> = {}, mode = 'octet'): void {
    this.send({ kind: 'rrq', filename, mode, options: new Map(Object.entries(options)) });
  }

  ack(block: number, port: number): void {
    this.send({ kind: 'ack', block }, port);
  }

  async next(): Promise<Received> {
    const received = this.#received.shift();
    if (received) return received;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /**
   * Everything the server had sent until it has answered a request for a file that is not there: packets on loopback
   * arrive in order, so nothing that was sent before is still under way.
   */
  async settled(): Promise<readonly TftpPacket[]> {
    const probe = await WireClient.open(this.server);
    for (let round = 0; round < 2; round += 1) {
      probe.request(`no-such-file-${round}`);
      await probe.next();
    }
    await new Promise((resolve) => setImmediate(resolve));
    probe.close();
    return this.unread;
  }

  /** The whole file, as a plain client reads it; the window is the one of the OACK. */
  async download(filename: string, options: Record<string, string> = {}, mode = 'octet'): Promise<Buffer> {
    this.request(filename, options, mode);
    const blocks: Uint8Array[] = [];
    let blockSize = 512;
    let window = 1;
    for (;;) {
      const { packet, port } = await this.next();
      if (packet.kind === 'error') throw new Error(`${packet.code} ${packet.message}`);
      if (packet.kind === 'oack') {
        blockSize = Number(packet.options.get('blksize') ?? blockSize);
        window = Number(packet.options.get('windowsize') ?? window);
        this.ack(0, port);
      }
      if (packet.kind !== 'data' || packet.block !== ((blocks.length + 1) & 0xffff)) continue;
      blocks.push(packet.data);
      const isLast = packet.data.length < blockSize;
      if (isLast || blocks.length % window === 0) this.ack(blocks.length & 0xffff, port);
      if (isLast) {
        await this.#lastSent;
        return Buffer.concat(blocks);
      }
    }
  }

  close(): void {
    this.socket.close();
  }
}
