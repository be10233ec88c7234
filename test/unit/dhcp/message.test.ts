import { expect } from 'chai';
import fc from 'fast-check';
import { DecodeError } from '../../../src/errors.js';
import { decodeMessage, readOption } from '../../../src/dhcp/message.js';
import { options } from '../../../src/dhcp/options.js';
import { ascii, ip, packet } from './packets.js';

describe('decodeMessage', () => {
  it('reads every field of the header', () => {
    const message = decodeMessage(
      packet({
        op: 2,
        htype: 6,
        hlen: 3,
        hops: 4,
        xid: 0xfedcba98,
        secs: 513,
        flags: 0x8001,
        ciaddr: '1.2.3.4',
        yiaddr: '5.6.7.8',
        siaddr: '9.10.11.12',
        giaddr: '255.254.253.252',
        chaddr: 'a1:b2:c3:d4',
        sname: 'server',
        file: 'f'.repeat(128),
        options: [],
      }),
    );
    expect(message).to.deep.include({ op: 2, htype: 6, hops: 4, xid: 0xfedcba98, secs: 513, flags: 0x8001 });
    expect(message).to.include({
      ciaddr: 0x01020304,
      yiaddr: 0x05060708,
      siaddr: 0x090a0b0c,
      giaddr: 0xfffefdfc,
    });
    expect([...message.chaddr]).to.deep.equal([0xa1, 0xb2, 0xc3]);
    expect(message).to.include({ sname: 'server', file: 'f'.repeat(128) });
  });

  it('joins an option that comes twice (RFC 3396)', () => {
    const message = decodeMessage(
      packet({
        options: [
          [61, '0102'],
          [53, '01'],
          [61, '03'],
        ],
      }),
    );
    expect(Buffer.from(message.options.get(61) ?? []).toString('hex')).to.equal('010203');
  });

  it('skips pads, stops at the end option, and needs none', () => {
    const message = decodeMessage(packet({ rawOptions: '0000350101000c026162ff0c0163' }));
    expect([...message.options.keys()]).to.deep.equal([53, 12]);
    expect(decodeMessage(packet({ rawOptions: '350101' })).options.size).to.equal(1);
  });

  const overloads = [
    { overload: '01', codes: [53, 52, 12], file: '', sname: 'the server' },
    { overload: '02', codes: [53, 52, 50], file: 'a file', sname: '' },
    { overload: '03', codes: [53, 52, 12, 50], file: '', sname: '' },
  ];
  for (const { overload, codes, file, sname } of overloads) {
    it(`reads overload ${overload}: the file field before the sname field`, () => {
      const isFile = (Number(overload) & 1) !== 0;
      const isSname = (Number(overload) & 2) !== 0;
      const message = decodeMessage(
        packet({
          options: [
            [53, '01'],
            [52, overload],
          ],
          ...(isFile ? { fileHex: `0c0161ff` } : { file: 'a file' }),
          ...(isSname ? { snameHex: `3204${ip('10.0.0.1')}ff` } : { sname: 'the server' }),
        }),
      );
      expect([...message.options.keys()]).to.deep.equal(codes);
      expect(message).to.include({ file, sname });
    });
  }

  it('is no message without a whole header and its cookie', () => {
    const whole = packet({ options: [] });
    for (let length = 0; length < 240; length += 1) {
      expect(() => decodeMessage(whole.subarray(0, length)), String(length)).to.throw(DecodeError, /too few/);
    }
    expect(decodeMessage(whole.subarray(0, 240)).options.size).to.equal(0);
  });

  it('throws nothing but DecodeError, whatever the bytes', () => {
    const framed = fc
      .tuple(fc.uint8Array({ minLength: 240, maxLength: 240 }), fc.uint8Array({ maxLength: 400 }))
      .map(([head, tail]) => {
        const bytes = Buffer.concat([head, tail]);
        bytes[0] = 1;
        bytes[2] = (bytes[2] ?? 0) % 18;
        bytes.writeUInt32BE(0x63825363, 236);
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), framed), (bytes) => {
        try {
          const message = decodeMessage(bytes);
          for (const type of Object.values(options)) readOption<unknown>(message, type);
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('option values', () => {
  const good = [
    { name: 'address', type: options.requestedAddress, hex: ip('255.0.0.1'), value: 0xff000001 },
    {
      name: 'addresses',
      type: options.routers,
      hex: ip('1.2.3.4') + ip('5.6.7.8'),
      value: [0x01020304, 0x05060708],
    },
    { name: 'seconds', type: options.leaseSeconds, hex: 'fffffffe', value: 0xfffffffe },
    { name: 'size', type: options.maxMessageSize, hex: '05c0', value: 1472 },
    { name: 'type', type: options.messageType, hex: '08', value: 8 },
    { name: 'text', type: options.hostName, hex: ascii('node-1'), value: 'node-1' },
    {
      name: 'text with its NUL',
      type: options.vendorClass,
      hex: `${ascii('PXEClient')}00`,
      value: 'PXEClient',
    },
    { name: 'architectures', type: options.clientArchitectures, hex: '00070010', value: [7, 16] },
  ];
  for (const { name, type, hex, value } of good) {
    it(`${name}: exact, and absent`, () => {
      expect(readOption<unknown>(decodeMessage(packet({ options: [[type.code, hex]] })), type)).to.deep.equal(
        value,
      );
      expect(readOption<unknown>(decodeMessage(packet({ options: [] })), type)).to.equal(undefined);
    });
  }

  const bad = [
    { type: options.requestedAddress, hexes: ['0a4b00', '0a4b000101'] },
    { type: options.routers, hexes: ['0a4b0001ff', '0a'] },
    { type: options.leaseSeconds, hexes: ['ffff', 'ffffffffff'] },
    { type: options.maxMessageSize, hexes: ['05', '050505'] },
    { type: options.messageType, hexes: ['0101'] },
    { type: options.clientArchitectures, hexes: ['00', '000700'] },
  ];
  for (const { type, hexes } of bad) {
    it(`option ${type.code}: short and long are left out`, () => {
      for (const hex of hexes) {
        const message = decodeMessage(packet({ options: [[type.code, hex]] }));
        expect(readOption<unknown>(message, type)).to.equal(undefined);
        expect(message.odd).to.deep.equal([String(type.code)]);
      }
    });
  }
});
