import type { Socket } from 'node:dgram';
import { formatIpv4, parseIpv4 } from '../net/ipv4.js';
import type { DatagramPort, DatagramPortEvents, ReceiveDatagram } from './datagram-port.js';
import type { Endpoint } from './reply-destination.js';

/** Node's own sockets: for the loopback of tests, and where none can be bound to an interface. */
export class DgramPort implements DatagramPort {
  /** @param own is bound to the server's address, and sends; `others` only receive. */
  constructor(
    private readonly own: Socket,
    private readonly others: readonly Socket[],
    private readonly events: DatagramPortEvents,
  ) {
    for (const socket of this.#all()) socket.on('error', (error) => events.sendFailed(error));
  }

  start(receive: ReceiveDatagram, batchEnds: () => void): void {
    for (const socket of this.#all()) {
      socket.on('message', (datagram, { address, port }) => {
        receive(datagram, { address: parseIpv4(address), port });
        batchEnds();
      });
    }
  }

  send(datagram: Buffer, to: Endpoint): void {
    // A client may name port 0; Node throws at it.
    if (to.port === 0) return this.events.sendFailed(new Error('nothing can be sent to port 0'));
    this.own.send(Buffer.from(datagram), to.port, formatIpv4(to.address), (error) => {
      if (error !== null) this.events.sendFailed(error);
    });
  }

  flush(): void {
    // Each datagram was handed to the system by itself.
  }

  pause(): void {
    for (const socket of this.#all()) socket.removeAllListeners('message');
  }

  async close(): Promise<void> {
    this.pause();
    await Promise.all(this.#all().map(closeSocket));
  }

  #all(): readonly Socket[] {
    return [this.own, ...this.others];
  }
}

function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(resolve);
  });
}
