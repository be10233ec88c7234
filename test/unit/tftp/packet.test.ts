import { expect } from 'chai';
import fc from 'fast-check';
import { DecodeError } from '../../../src/errors.js';
import { decodePacket, encodePacket, opcodeOf, type TftpPacket } from '../../../src/tftp/packet.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const options = (...pairs: [string, string][]): Map<string, string> => new Map(pairs);

describe('TFTP packets', () => {
  describe('as they are on the wire', () => {
    const table: { name: string; wire: string; packet: TftpPacket }[] = [
      {
        name: 'a read request of 1981',
        wire: '\0\x01ipxe.efi\0octet\0',
        packet: { kind: 'rrq', filename: 'ipxe.efi', mode: 'octet', options: options() },
      },
      {
        name: 'a read request with options',
        wire: '\0\x01ipxe.efi\0octet\0tsize\x000\0blksize\x001468\0windowsize\x004\0',
        packet: {
          kind: 'rrq',
          filename: 'ipxe.efi',
          mode: 'octet',
          options: options(['tsize', '0'], ['blksize', '1468'], ['windowsize', '4']),
        },
      },
      {
        name: 'a write request',
        wire: '\0\x02a\0netascii\0',
        packet: { kind: 'wrq', filename: 'a', mode: 'netascii', options: options() },
      },
      {
        name: 'a block',
        wire: '\0\x03\x12\x34abc',
        packet: { kind: 'data', block: 0x1234, data: new Uint8Array(Buffer.from('abc')) },
      },
      {
        name: 'the empty block',
        wire: '\0\x03\0\x01',
        packet: { kind: 'data', block: 1, data: new Uint8Array(0) },
      },
      { name: 'an acknowledgement', wire: '\0\x04\xff\xff', packet: { kind: 'ack', block: 65535 } },
      {
        name: 'an error',
        wire: '\0\x05\0\x08no such luck\0',
        packet: { kind: 'error', code: 8, message: 'no such luck' },
      },
      {
        name: 'an option acknowledgement',
        wire: '\0\x06blksize\x001428\0',
        packet: { kind: 'oack', options: options(['blksize', '1428']) },
      },
    ];
    for (const { name, wire, packet } of table) {
      it(`${name} is read`, () => expect(plain(decodePacket(bytes(wire)))).to.deep.equal(plain(packet)));
      it(`${name} is written`, () =>
        expect(Buffer.from(encodePacket(packet)).toString('latin1')).to.equal(wire));
    }
  });

  describe('as firmware bends them', () => {
    const table: { name: string; wire: string; packet: TftpPacket }[] = [
      {
        name: 'option names and the mode come in any case',
        wire: '\0\x01a\0OcTeT\0BlkSize\x00512\0',
        packet: { kind: 'rrq', filename: 'a', mode: 'octet', options: options(['blksize', '512']) },
      },
      {
        name: 'of an option that comes twice the first one counts',
        wire: '\0\x01a\0octet\0tsize\x000\0TSIZE\x009\0',
        packet: { kind: 'rrq', filename: 'a', mode: 'octet', options: options(['tsize', '0']) },
      },
      {
        name: 'an option without a value is passed over',
        wire: '\0\x01a\0octet\0tsize\x000\0blksize\0',
        packet: { kind: 'rrq', filename: 'a', mode: 'octet', options: options(['tsize', '0']) },
      },
      {
        name: 'a value that is not closed is passed over',
        wire: '\0\x01a\0octet\0blksize\x00512',
        packet: { kind: 'rrq', filename: 'a', mode: 'octet', options: options() },
      },
      {
        name: 'an error need not close its text',
        wire: '\0\x05\0\0stop',
        packet: { kind: 'error', code: 0, message: 'stop' },
      },
      {
        name: 'an acknowledgement may be padded',
        wire: '\0\x04\0\x07\0\0',
        packet: { kind: 'ack', block: 7 },
      },
    ];
    for (const { name, wire, packet } of table) {
      it(name, () => expect(plain(decodePacket(bytes(wire)))).to.deep.equal(plain(packet)));
    }
  });

  describe('refuses', () => {
    const table = [
      { name: 'nothing', wire: '' },
      { name: 'one byte', wire: '\0' },
      { name: 'an unknown opcode', wire: '\0\x07abc' },
      { name: 'an opcode whose high byte is set', wire: '\x01\x01a\0octet\0' },
      { name: 'a request without any NUL', wire: '\0\x01ipxe.efi' },
      { name: 'a request without a mode', wire: '\0\x01ipxe.efi\0' },
      { name: 'a request whose mode is not closed', wire: '\0\x01ipxe.efi\0octet' },
      { name: 'half an acknowledgement', wire: '\0\x04\0' },
      { name: 'a block without its number', wire: '\0\x03' },
      { name: 'an error without its code', wire: '\0\x05\0' },
    ];
    for (const { name, wire } of table) {
      it(name, () => expect(() => decodePacket(bytes(wire))).to.throw(DecodeError));
    }
  });

  it('throws nothing but DecodeError, whatever the bytes', () => {
    const packetLike = fc
      .tuple(fc.integer({ min: 0, max: 8 }), fc.uint8Array({ maxLength: 600 }))
      .map(([opcode, rest]) => Uint8Array.of(0, opcode, ...rest));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), packetLike), (input) => {
        try {
          decodePacket(input);
        } catch (error) {
          expect(error).to.be.instanceOf(DecodeError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('reads what it wrote', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((each) => !each.includes('\0'));
    const lower = text.filter((each) => each === each.toLowerCase());
    const optionMap = fc
      .array(
        fc.tuple(
          lower.filter((each) => each !== ''),
          text,
        ),
        { maxLength: 5 },
      )
      .map((pairs) => new Map(pairs));
    const uint16 = fc.integer({ min: 0, max: 65535 });
    const packet: fc.Arbitrary<TftpPacket> = fc.oneof(
      fc.record({
        kind: fc.constantFrom('rrq' as const, 'wrq' as const),
        filename: text,
        mode: lower,
        options: optionMap,
      }),
      fc.record({
        kind: fc.constant('data' as const),
        block: uint16,
        data: fc.uint8Array({ maxLength: 1500 }),
      }),
      fc.record({ kind: fc.constant('ack' as const), block: uint16 }),
      fc.record({ kind: fc.constant('error' as const), code: uint16, message: text }),
      fc.record({ kind: fc.constant('oack' as const), options: optionMap }),
    );
    fc.assert(
      fc.property(packet, (each) => {
        expect(plain(decodePacket(encodePacket(each)))).to.deep.equal(plain(each));
      }),
      { numRuns: 1000 },
    );
  });

  it('tells the opcode of bytes it cannot read', () => {
    expect(opcodeOf(bytes('\0\x02'))).to.equal(2);
    expect(opcodeOf(bytes('\0'))).to.equal(undefined);
  });
});

/** Free of the difference between Buffer and Uint8Array, and of prototypes. */
function plain(packet: TftpPacket): object {
  return packet.kind === 'data' ? { ...packet, data: [...packet.data] } : { ...packet };
}
