import type { Endpoint } from './reply-destination.js';

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
