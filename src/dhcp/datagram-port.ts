import type { Destination } from './reply-destination.js';

/** A UDP port as the server uses it: datagrams come in batches, answers go out in batches. */
export interface DatagramPort {
  /**
   * @param receive gets each datagram; its bytes may be overwritten once it returns.
   * @param batchEnds is called when a batch has been handed over.
   */
  start(receive: (datagram: Buffer) => void, batchEnds: () => void): void;
  /** From the server's own address. What is sent may wait for the next `flush`; the bytes are copied or not reused. */
  send(datagram: Buffer, to: Destination): void;
  flush(): void;
  /** Nothing is received any more; sending still works. */
  pause(): void;
  close(): Promise<void>;
}

export interface DatagramPortEvents {
  sendFailed(error: Error): void;
}
