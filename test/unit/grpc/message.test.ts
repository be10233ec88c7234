import { expect } from 'chai';
import fc from 'fast-check';
import { DecodeError } from '../../../src/errors.js';
import { bytes, inner, inners, message, text, textMap, texts } from '../../../src/grpc/message.js';

const part = message({ kernel: text(1), initrd: texts(2), args: texts(4) });
const whole = message({
  id: text(1),
  labels: textMap(4),
  content: bytes(5),
  part: inner(6, part),
  parts: inners(17, part),
});

const empty = { id: '', labels: new Map(), content: new Uint8Array(), part: undefined, parts: [] };
const decoded = (hex: string) => whole.decode(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('messages of Protocol Buffers', () => {
  const written = [
    { name: 'what is empty is absent', value: empty, hex: '' },
    { name: 'a text', value: { ...empty, id: 'a' }, hex: '0a 01 61' },
    { name: 'a text of two bytes a character', value: { ...empty, id: 'é' }, hex: '0a 02 c3a9' },
    {
      name: 'both sides of an entry, empty or not',
      value: { ...empty, labels: new Map([['a', '']]) },
      hex: '22 05 0a 01 61 12 00',
    },
    {
      name: 'an inner message without content',
      value: { ...empty, part: part.decode(Buffer.alloc(0)) },
      hex: '32 00',
    },
    {
      name: 'fields in the order of their numbers, a tag of two bytes, empty items of a list',
      value: {
        ...empty,
        part: { kernel: 'k', initrd: ['', 'i'], args: ['q'] },
        parts: [{ kernel: '', initrd: [], args: [] }],
      },
      hex: '32 0b 0a 01 6b 12 00 12 01 69 22 01 71 8a 01 00',
    },
    {
      name: 'a length of two bytes',
      value: { ...empty, content: new Uint8Array(300).fill(7) },
      hex: `2a ac02 ${'07'.repeat(300)}`,
    },
  ];
  for (const { name, value, hex } of written) {
    it(`writes and reads ${name}`, () => {
      expect(whole.encode(value).toString('hex')).to.equal(hex.replaceAll(' ', ''));
      expect(decoded(hex)).to.deep.equal(value);
    });
  }

  const read = [
    { name: 'the last of a text counts', hex: '0a 01 61 0a 01 62', value: { id: 'b' } },
    {
      name: 'an inner message in pieces is one',
      hex: '32 03 0a 01 6b 32 03 12 01 69',
      value: { part: { kernel: 'k', initrd: ['i'], args: [] } },
    },
    {
      name: 'the last entry of a key counts',
      hex: '22 06 0a 01 61 12 01 62 22 06 0a 01 61 12 01 63',
      value: { labels: new Map([['a', 'c']]) },
    },
    { name: 'an entry without a side has it empty', hex: '22 00', value: { labels: new Map([['', '']]) } },
    {
      name: 'unknown fields of every layout are passed over',
      hex: '18 96 01 11 0102030405060708 1a 01 00 1d 01020304 1b 08 01 1b 1c 1c 0a 01 61',
      value: { id: 'a' },
    },
    { name: 'a field laid out another way is unknown', hex: '08 01', value: {} },
    {
      name: 'a key of a prototype is one like any other',
      hex: '22 0e 0a 09 5f5f70726f746f5f5f 12 01 61',
      value: { labels: new Map([['__proto__', 'a']]) },
    },
  ];
  for (const { name, hex, value } of read) {
    it(`reads: ${name}`, () => expect(decoded(hex)).to.deep.equal({ ...empty, ...value }));
  }

  const faulty = [
    { name: 'it ends within a length', hex: '0a', says: 'ends in the middle' },
    { name: 'it ends within a text', hex: '0a 05 61', says: 'ends in the middle' },
    { name: 'a length beyond all memory', hex: '0a ffffffffffffffff7f', says: 'ends in the middle' },
    { name: 'a number without end', hex: '08 ffffffffffffffffffffff01', says: 'more than ten bytes' },
    { name: 'a field of number 0', hex: '02 00', says: 'number cannot be' },
    { name: 'a field of a number beyond 2^29', hex: 'fa ffffff1f 00', says: 'number cannot be' },
    { name: 'a text that is no UTF-8', hex: '0a 01 ff', says: 'field id: its text is no UTF-8' },
    { name: 'a label that is no UTF-8', hex: '22 03 0a 01 ff', says: 'field labels: its text is no UTF-8' },
    { name: 'a group that ends another', hex: '1b 24', says: 'cannot be' },
    { name: 'an end of no group', hex: '1c', says: 'cannot be' },
    { name: 'a layout that there is not', hex: '1f', says: 'cannot be' },
    { name: 'groups in groups without end', hex: '1b'.repeat(100), says: 'cannot be' },
    { name: 'fields without end', hex: '12 00'.repeat(20_001), says: 'more fields than any call needs' },
  ];
  for (const { name, hex, says } of faulty) {
    it(`refuses: ${name}`, () => expect(() => decoded(hex)).to.throw(DecodeError, says));
  }

  it('counts fields of inner messages too', () => {
    const inside = Buffer.from('1200'.repeat(12_000), 'hex');
    const one = part.decode(inside);
    expect(() => whole.decode(whole.encode({ ...empty, parts: [one] }))).not.to.throw();
    expect(() => whole.decode(whole.encode({ ...empty, parts: [one, one] }))).to.throw(
      DecodeError,
      'more fields',
    );
  });

  it('keeps nothing of the message that bytes came in', () => {
    const { content } = decoded('2a 02 0102');
    expect(content.buffer.byteLength).to.equal(2);
  });

  it('reads what it writes, whatever that is', () => {
    const unicode = fc.string({ unit: 'binary' });
    const parts = fc.record({ kernel: unicode, initrd: fc.array(unicode), args: fc.array(unicode) });
    const values = fc.record({
      id: unicode,
      labels: fc.array(fc.tuple(unicode, unicode)).map((entries) => new Map(entries)),
      content: fc.uint8Array(),
      part: fc.option(parts, { nil: undefined }),
      parts: fc.array(parts),
    });
    fc.assert(
      fc.property(values, (value) => {
        expect(whole.decode(whole.encode(value))).to.deep.equal(value);
      }),
      { numRuns: 50 },
    );
  });

  it('answers any bytes with a message or a DecodeError', () => {
    const near = fc.array(
      fc.constantFrom(0x0a, 0x22, 0x2a, 0x32, 0x8a, 0x01, 0x00, 0x02, 0x1b, 0x1c, 0xff, 0x61),
    );
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      near.map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(any, (input) => {
        try {
          whole.decode(input);
        } catch (error) {
          expect(error).to.be.instanceOf(DecodeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
