import fc from 'fast-check';
import { readCorpus } from '../../fuzz/corpus.js';
import { fuzz as fuzzPacket } from '../../fuzz/tftp-packet.js';
import { fuzz as fuzzTransfer } from '../../fuzz/tftp-transfer.js';

describe('TFTP under fuzzing', () => {
  it('the codec holds', () => {
    const request = fc
      .tuple(
        fc.constantFrom(1, 2, 6),
        fc.array(
          fc.oneof(fc.constantFrom('blksize', 'windowsize', 'tsize', 'timeout', 'octet'), fc.string()),
          {
            maxLength: 12,
          },
        ),
      )
      .map(([opcode, words]) => Buffer.from(`\0${String.fromCodePoint(opcode)}${words.join('\0')}\0`));
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), request), fuzzPacket), {
      numRuns: 5000,
    });
  });

  it('the transfer machine holds', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 5, maxLength: 400, size: 'max' }), fuzzTransfer), {
      numRuns: 5000,
    });
  });

  for (const { folder, fuzz } of [
    { folder: 'tftp-packet', fuzz: fuzzPacket },
    { folder: 'tftp-transfer', fuzz: fuzzTransfer },
  ]) {
    it(`${folder} takes each case of the corpus`, () => {
      for (const bytes of readCorpus(folder)) fuzz(bytes);
    });
  }
});
