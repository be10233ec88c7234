import { addressOf, SendBatch } from '../net/linux/datagrams.js';
import type { Libc } from '../net/linux/libc.js';
import type { BlockRun } from './file-window.js';
import { DATA_HEADER_LENGTH, OPCODE } from './packet.js';
import type { Peer } from './transport.js';

/** One header of each possible DATA packet, one behind the other. */
export class DataHeaders {
  readonly bytes = Buffer.allocUnsafeSlow(0x10000 * DATA_HEADER_LENGTH);
  readonly #address: number;

  constructor(libc: Libc) {
    for (let block = 0; block < 0x10000; block += 1) {
      this.bytes.writeUInt16BE(OPCODE.data, block * DATA_HEADER_LENGTH);
      this.bytes.writeUInt16BE(block, block * DATA_HEADER_LENGTH + 2);
    }
    this.#address = addressOf(libc, this.bytes);
  }

  addressOf(block: number): number {
    return this.#address + (block & 0xffff) * DATA_HEADER_LENGTH;
  }
}

/** Whole windows of blocks, each cut into its packets by the kernel: a message points at headers and at the octets of the file. */
export class BlockBatch extends SendBatch {
  constructor(
    libc: Libc,
    fd: number,
    private readonly headers: DataHeaders,
    onFault: (reason: string) => void,
  ) {
    super(libc, fd, onFault);
  }

  /** @param contentAt The address of `run.bytes`. */
  addBlocks(to: Peer, run: BlockRun, contentAt: number): void {
    const segment = DATA_HEADER_LENGTH + run.blockSize;
    const perMessage = this.datagramsPerMessage(segment);
    for (let index = 0; index < run.count; index += perMessage) {
      const blocks = Math.min(perMessage, run.count - index);
      if (!this.hasRoom(blocks * 2)) return;
      this.begin(to, run.bytes);
      const vectors = this.#blockVectors(run, index, blocks, contentAt + run.offset);
      this.end(vectors, blocks > 1 ? segment : 0);
    }
  }

  #blockVectors(run: BlockRun, index: number, blocks: number, contentAt: number): number {
    let vectors = 0;
    for (let each = index; each < index + blocks; each += 1) {
      const from = each * run.blockSize;
      const length = Math.min(run.blockSize, run.length - from);
      this.addVector(this.headers.addressOf(run.first + each), DATA_HEADER_LENGTH);
      vectors += 1;
      if (length === 0) continue; // the empty block that ends a file of full ones
      this.addVector(contentAt + from, length);
      vectors += 1;
    }
    return vectors;
  }
}
