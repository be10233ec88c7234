import fc from 'fast-check';
import { readCorpus } from '../../fuzz/corpus.js';
import { fuzz as fuzzDecision } from '../../fuzz/dhcp-decision.js';
import { fuzz as fuzzMessage } from '../../fuzz/dhcp-message.js';
import { packet } from './packets.js';

/** Messages that are nearly right: real options with odd values, cut, and with bits turned over. */
const option = fc.tuple(
  fc.oneof(
    fc.constantFrom(12, 43, 50, 51, 52, 53, 54, 55, 57, 60, 61, 66, 67, 77, 82, 93, 94, 97, 118, 175),
    fc.nat(255),
  ),
  fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ maxLength: 255 }),
    fc.constant(Uint8Array.of(10, 75, 0, 1)),
  ),
);
const nearlyRight = fc
  .record({
    type: fc.integer({ min: 0, max: 10 }),
    op: fc.constantFrom(1, 1, 1, 2),
    hlen: fc.constantFrom(6, 6, 6, 0, 16, 17, 255),
    giaddr: fc.constantFrom('0.0.0.0', '10.75.0.1', '10.76.0.1', '1.2.3.4'),
    ciaddr: fc.constantFrom('0.0.0.0', '10.75.0.20', '10.76.0.51', '255.255.255.255'),
    mac: fc.nat(300),
    options: fc.array(option, { maxLength: 12 }),
    fileHex: fc.uint8Array({ maxLength: 128 }),
    cut: fc.oneof(fc.constant(2000), fc.nat(600)),
    flip: fc.option(fc.tuple(fc.nat(400), fc.nat(255))),
  })
  .map(({ type, mac, options, fileHex, cut, flip, ...header }) => {
    const bytes = packet({
      ...header,
      chaddr: `5254${mac.toString(16).padStart(8, '0')}`,
      fileHex: Buffer.from(fileHex).toString('hex'),
      options: [
        [53, type.toString(16).padStart(2, '0')],
        ...options.map(([code, value]): [number, string] => [code, Buffer.from(value).toString('hex')]),
      ],
    }).subarray(0, cut);
    if (flip !== null && flip[0] < bytes.length) bytes[flip[0]] = flip[1];
    return bytes;
  });
const anything = fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes));

describe('DHCP under odd input', () => {
  for (const { name, fuzz } of [
    { name: 'the codec', fuzz: fuzzMessage },
    { name: 'the whole decision', fuzz: fuzzDecision },
  ]) {
    it(`${name} takes whatever comes`, () => {
      fc.assert(
        fc.property(fc.oneof(nearlyRight, nearlyRight, anything), (bytes) => fuzz(bytes)),
        { numRuns: 3000 },
      );
    }).timeout(30_000);

    it(`${name} takes each case of the corpus`, () => {
      for (const bytes of readCorpus('dhcp')) fuzz(bytes);
    });
  }
});
