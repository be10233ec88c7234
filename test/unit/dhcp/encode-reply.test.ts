import { expect } from 'chai';
import fc from 'fast-check';
import {
  encodeReply as encodeInto,
  LONGEST_REPLY,
  replyBound,
  type DhcpReply,
} from '../../../src/dhcp/reply.js';
import { decodeMessage } from '../../../src/dhcp/message.js';
import { encodeRawOption } from '../../../src/dhcp/options.js';
import { parseIpv4, toIpv4 } from '../../../src/net/ipv4.js';
import { parse } from './packets.js';

const encodeReply = (reply: DhcpReply): Buffer => encodeInto(reply, Buffer.alloc(LONGEST_REPLY, 0xaa));

const plain: DhcpReply = {
  type: 5,
  htype: 1,
  chaddr: Buffer.from('525400000001', 'hex'),
  xid: 0x01020304,
  flags: 0x8000,
  ciaddr: parseIpv4('10.0.0.1'),
  yiaddr: parseIpv4('10.0.0.2'),
  siaddr: parseIpv4('10.0.0.3'),
  giaddr: parseIpv4('10.0.0.4'),
  sname: 'server',
  file: 'file',
  options: [],
  relayAgent: undefined,
  returnTo: 'client',
  maxLength: 548,
};

describe('encodeReply', () => {
  it('pads to 300 bytes', () => {
    const bytes = encodeReply(plain);
    const head = `0201060001020304000080000a0000010a0000020a0000030a000004525400000001${'00'.repeat(10)}`;
    const sname = Buffer.from('server').toString('hex').padEnd(128, '0');
    const file = Buffer.from('file').toString('hex').padEnd(256, '0');
    expect(bytes.toString('hex')).to.equal(`${head}${sname}${file}63825363350105ff`.padEnd(600, '0'));
  });

  const bounds = [
    { asked: undefined, most: 548 },
    { asked: 576, most: 548 },
    { asked: 0, most: 548 },
    { asked: 300, most: 548 },
    { asked: 1472, most: 1444 },
    { asked: 65535, most: 1472 },
  ];
  for (const { asked, most } of bounds) {
    it(`option 57 = ${asked}: ${most} bytes at most, whole options only, 82 always there and last`, () => {
      const options = Array.from({ length: 20 }, (_, index) =>
        encodeRawOption(128 + index, Buffer.alloc(100, index)),
      );
      const relayAgent = encodeRawOption(82, Buffer.alloc(60, 0xee));
      const bytes = encodeReply({ ...plain, options, relayAgent, maxLength: replyBound(asked) });
      const { order, options: found, length } = parse(bytes);
      expect(length).to.be.at.most(most);
      expect(length).to.be.greaterThan(most - 102);
      expect(order.at(-1)).to.equal(82);
      expect(order.slice(1, -1)).to.deep.equal(order.slice(1, -1).map((_, index) => 128 + index));
      expect(found[82]).to.equal('ee'.repeat(60));
      expect(found[128]).to.equal('00'.repeat(100));
    });
  }

  it('leaves out what does not fit, not what follows it', () => {
    const block = Buffer.concat([
      encodeRawOption(128, Buffer.alloc(200)),
      Buffer.of(0, 0),
      encodeRawOption(129, Buffer.alloc(200)),
      encodeRawOption(130, Buffer.alloc(10)),
    ]);
    expect(parse(encodeReply({ ...plain, options: [block] })).order).to.deep.equal([53, 128, 130]);
  });

  for (const { name, relayAgent } of [
    { name: 'without option 82', relayAgent: undefined },
    { name: 'before option 82', relayAgent: encodeRawOption(82, Buffer.alloc(60, 0xee)) },
  ]) {
    it(`an option that fits exactly is there, ${name}; one byte more, and it is not`, () => {
      const room = 548 - 240 - 3 - 1 - (relayAgent?.length ?? 0);
      const [first, second] = [encodeRawOption(128, Buffer.alloc(100)), room - 102 - 2];
      for (const { length, order } of [
        { length: second, order: [128, 129] },
        { length: second + 1, order: [128] },
      ]) {
        const last = encodeRawOption(129, Buffer.alloc(length));
        // By itself, and in one block with one that does not fit.
        const tooLong = encodeRawOption(130, Buffer.alloc(250));
        for (const options of [[first, last], [Buffer.concat([first, tooLong, last])]]) {
          const bytes = encodeReply({ ...plain, options, relayAgent });
          expect(parse(bytes).order).to.deep.equal([53, ...order, ...(relayAgent ? [82] : [])]);
          expect(bytes.length === 548).to.equal(length === second);
        }
      }
    });
  }

  it('N10: an option of several parts is written whole or not at all', () => {
    const long = encodeRawOption(61, Buffer.alloc(307, 7));
    const short = encodeRawOption(97, Buffer.alloc(17));
    expect(parse(encodeReply({ ...plain, options: [long, short] })).order).to.deep.equal([53, 97]);
    const whole = parse(encodeReply({ ...plain, options: [long, short], maxLength: 1000 }));
    expect(whole.order).to.deep.equal([53, 61, 61, 97]);
    expect(whole.options[61]).to.equal('07'.repeat(307));
  });

  it('cuts a name that is too long instead of running into the next field', () => {
    const { sname, file, options } = parse(
      encodeReply({ ...plain, sname: 's'.repeat(100), file: 'f'.repeat(200) }),
    );
    expect(sname).to.equal('s'.repeat(63));
    expect(file).to.equal('f'.repeat(127));
    expect(options[53]).to.equal('05');
  });

  it('splits a value of more than 255 bytes', () => {
    const encoded = encodeRawOption(128, Buffer.alloc(300, 7));
    expect([encoded[0], encoded[1], encoded[257], encoded[258], encoded.length]).to.deep.equal([
      128, 255, 128, 45, 304,
    ]);
  });

  it('is what decodeMessage reads back', () => {
    const address = fc.integer({ min: 0, max: 0xffffffff }).map(toIpv4);
    const name = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
    const replies = fc.record({
      xid: fc.integer({ min: 0, max: 0xffffffff }),
      flags: fc.integer({ min: 0, max: 0xffff }),
      ciaddr: address,
      yiaddr: address,
      siaddr: address,
      giaddr: address,
      sname: name,
      file: name,
      value: fc.uint8Array({ minLength: 1, maxLength: 255 }),
    });
    fc.assert(
      fc.property(replies, ({ value, ...fields }) => {
        const reply = { ...plain, ...fields, options: [encodeRawOption(43, value)] };
        const message = decodeMessage(encodeReply(reply));
        expect(message).to.deep.include({ ...fields, op: 2, htype: 1 });
        expect(Buffer.from(message.options.get(43) ?? [])).to.deep.equal(Buffer.from(value));
      }),
    );
  });
});
