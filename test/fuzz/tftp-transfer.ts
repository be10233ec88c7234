import { blockCount, Transfer, type Step } from '../../src/tftp/transfer.js';

const EVENT_BYTES = 3;
/** As often as one window may be sent without progress, and once more for each event that may cause a send. */
const SENDS_WITHOUT_PROGRESS = 40;

/**
 * The first bytes are a file and an agreement, the others what happens and when: acknowledgements near and far, errors,
 * repeated requests, time. Whatever comes, blocks are of the file, no window is exceeded, nothing is sent after the end,
 * no client is sent a window again and again, and a silent one is given up.
 */
export function fuzz(bytes: Uint8Array): void {
  const [sizeHigh = 0, sizeLow = 0, blockByte = 0, windowByte = 0, flags = 0] = bytes;
  const blockSize = 8 + blockByte;
  const windowSize = 1 + (windowByte & 63);
  const size = (sizeHigh * 256 + sizeLow) * (flags & 4 ? 16 : 1);
  const last = blockCount(size, blockSize);
  const transfer = new Transfer({
    size,
    blockSize,
    windowSize,
    hasOack: (flags & 1) === 1,
    timeoutSeconds: flags & 2 ? 1 + (flags >> 3) : undefined,
  });
  let now = 0;
  let isOver = false;
  let acknowledged = 0;
  let sends = 0;

  const check = (step: Step): void => {
    if (isOver && step.do !== 'nothing') throw new Error(`${step.do} after the end`);
    if (transfer.acknowledgedBlocks < acknowledged) throw new Error('a transfer went back');
    if (transfer.acknowledgedBlocks > acknowledged) sends = 0;
    acknowledged = transfer.acknowledgedBlocks;
    if (acknowledged > last) throw new Error('more was acknowledged than there is');
    if (step.do === 'finish') isOver = true;
    if (step.do === 'send-oack' || step.do === 'send-blocks') sends += 1;
    if (sends > 2 * SENDS_WITHOUT_PROGRESS) throw new Error('a client is flooded');
    if (step.do !== 'send-blocks') return;
    if (step.first !== acknowledged + 1)
      throw new Error('a window does not start behind what is acknowledged');
    if (step.count < 1 || step.count > windowSize) throw new Error(`${step.count} blocks in a window`);
    if (step.first + step.count - 1 > last) throw new Error('a block behind the end');
  };

  check(transfer.start(now));
  for (let at = 5; at + EVENT_BYTES <= bytes.length; at += EVENT_BYTES) {
    const [what = 0, high = 0, low = 0] = bytes.subarray(at, at + EVENT_BYTES);
    now += what >> 3;
    const block = high * 256 + low;
    if ((what & 7) < 3) check(transfer.acknowledged((acknowledged + (low % (windowSize + 2))) & 0xffff, now));
    else if ((what & 7) === 3) check(transfer.acknowledged(block, now));
    else if ((what & 7) === 4) check(transfer.requestedAgain(now));
    else if ((what & 7) === 5 && block === 0) check(transfer.clientFailed());
    else {
      now += block;
      check(transfer.timedOut(now));
    }
  }
  for (let turn = 0; turn <= SENDS_WITHOUT_PROGRESS && Number.isFinite(transfer.deadline); turn += 1) {
    now = Math.max(now, transfer.deadline);
    check(transfer.timedOut(now));
  }
  if (Number.isFinite(transfer.deadline)) throw new Error('a silent client is kept for ever');
}
