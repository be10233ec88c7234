import { parentPort } from 'node:worker_threads';
import { COUNTED_BYTES, FileSending, type SentOutcome, type SentPart } from './file-sender.js';
import { loadSendfile } from './sendfile.js';

/** To the thread. */
export type SenderOrder =
  | { readonly kind: 'begin'; readonly id: number; readonly part: SentPart; readonly sent: Uint32Array }
  | { readonly kind: 'cancel'; readonly id: number };

/** From it. */
export interface SenderNews {
  readonly id: number;
  readonly outcome: SentOutcome;
}

/** A thread that sends files: what is read from a slow disk holds up no answer but those that it sends itself. */
const port = parentPort;
if (port) {
  const libc = await loadSendfile();
  const sendings = new Map<number, FileSending>();
  port.on('message', (order: SenderOrder) => {
    const { id } = order;
    if (order.kind === 'cancel') {
      sendings.get(id)?.cancel();
      return;
    }
    let isOver = false;
    const sending = new FileSending(
      libc,
      order.part,
      (sent) => void Atomics.store(order.sent, 0, Math.floor(sent / COUNTED_BYTES)),
      (outcome) => {
        isOver = true;
        sendings.delete(id);
        port.postMessage({ id, outcome } satisfies SenderNews);
      },
    );
    if (!isOver) sendings.set(id, sending);
  });
}
