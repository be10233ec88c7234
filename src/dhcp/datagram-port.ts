import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { formatIpv4, parseIpv4, type Endpoint } from '../net/ipv4.js';

export type ReceiveDatagram = (datagram: Buffer, sender: Endpoint) => void;

/** A UDP port as the server uses it: datagrams come in batches, answers go out in batches. */
export interface DatagramPort {
  /**
   * @param receive gets each datagram and where it came from; its bytes may be overwritten once it returns.
   * @param batchEnds is called when a batch has been handed over.
   */
  start(receive: ReceiveDatagram, batchEnds: () => void): void;
  /** From the server's own address. What is sent may wait for the next `flush`; the bytes are copied or not reused. */
  send(datagram: Buffer, to: Endpoint): void;
  flush(): void;
  /** Nothing is received any more; sending still works. */
  pause(): void;
  close(): Promise<void>;
}

export interface DatagramPortEvents {
  sendFailed(error: Error): void;
}

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

/** For the loopback of tests, and where a socket cannot be bound to an interface. @throws what binding throws. */
export async function openPlainSocket(local: Endpoint): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(local.port, formatIpv4(local.address));
  await once(socket, 'listening');
  socket.setBroadcast(true);
  return socket;
}
