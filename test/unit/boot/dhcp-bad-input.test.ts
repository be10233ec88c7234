import { expect } from 'chai';
import fc from 'fast-check';
import { ascii, packet, type PacketFields } from '../dhcp/packets.js';
import { DhcpWorld } from './dhcp-world.js';

describe('bad input to DHCP', () => {
  const silenced: { name: string; fields: PacketFields }[] = [
    { name: 'a wrong cookie', fields: { cookie: '63825364', options: [[53, '01']] } },
    { name: 'hlen 255', fields: { hlen: 255, options: [[53, '01']] } },
    { name: 'hlen 17', fields: { hlen: 17, options: [[53, '01']] } },
    { name: 'hlen 0 and no client identifier', fields: { hlen: 0, options: [[53, '01']] } },
    { name: 'op 2', fields: { op: 2, options: [[53, '01']] } },
    { name: 'op 0', fields: { op: 0, options: [[53, '01']] } },
    { name: 'no option 53', fields: { options: [[55, '0103']] } },
    { name: 'no option at all', fields: { rawOptions: '' } },
    { name: 'an unknown type', fields: { options: [[53, '63']] } },
    { name: 'a type of two bytes', fields: { options: [[53, '0101']] } },
    { name: 'an option that runs over', fields: { rawOptions: '350101 3cff 41'.replaceAll(' ', '') } },
    { name: 'an option without a length', fields: { rawOptions: '35010137' } },
    { name: 'an empty option 53', fields: { options: [[53, '']] } },
    {
      name: 'an empty option 50',
      fields: {
        options: [
          [53, '01'],
          [50, ''],
        ],
      },
    },
    {
      name: 'an empty option 61',
      fields: {
        options: [
          [53, '01'],
          [61, ''],
        ],
      },
    },
    {
      name: 'an empty option 12',
      fields: {
        options: [
          [53, '01'],
          [12, ''],
        ],
      },
    },
    {
      name: 'a requested address of three bytes',
      fields: {
        options: [
          [53, '01'],
          [50, '0a4b00'],
        ],
      },
    },
    {
      name: 'a lease time of two bytes',
      fields: {
        options: [
          [53, '01'],
          [51, '0078'],
        ],
      },
    },
    {
      name: 'overload 4',
      fields: {
        options: [
          [53, '01'],
          [52, '04'],
        ],
      },
    },
    {
      name: 'an overloaded file that runs over',
      fields: {
        options: [
          [53, '01'],
          [52, '01'],
        ],
        fileHex: `0cff${'41'.repeat(126)}`,
      },
    },
  ];
  for (const { name, fields } of silenced) {
    it(`${name}: silence, and the next client is served`, () => {
      const world = new DhcpWorld();
      expect(world.say(fields)).to.equal(undefined);
      expect(world.ignored).to.have.length(1);
      expect(world.ignored).to.not.include('fault');
      expect(world.say({ options: [[53, '01']] })?.yiaddr).to.equal('10.75.0.20');
    });
  }

  it('every shorter message is silenced', () => {
    const world = new DhcpWorld();
    const whole = packet({
      options: [
        [53, '01'],
        [61, '01525400000001'],
      ],
    });
    for (let length = 0; length < whole.length - 1; length += 1) world.sayBytes(whole.subarray(0, length));
    expect(world.ignored).to.not.include('fault');
  });

  it('a client identifier of 254 bytes is echoed', () => {
    const id = `00${'ab'.repeat(253)}`;
    expect(
      new DhcpWorld().say({
        options: [
          [53, '01'],
          [61, id],
        ],
      })?.options[61],
    ).to.equal(id);
  });

  it('a host name with control characters is cleaned before it is kept or logged', () => {
    const world = new DhcpWorld();
    world.lease('52:54:00:00:00:01', { options: [[12, ascii('evil\r\n\u001b[2Jname\u0000x')]] });
    expect([...world.leases.all()][0]?.hostname).to.equal('evil\ufffd\ufffd\ufffd[2Jname\ufffdx');
    for (const line of world.lines) expect(line).to.not.match(/\p{Cc}|\\[rn]|\\u00[01]/u);
  });

  it('any bytes at all, at debug log level: no fault', () => {
    const world = new DhcpWorld();
    const options = fc.array(
      fc.tuple(
        fc.constantFrom(12, 43, 50, 51, 52, 53, 54, 55, 57, 60, 61, 77, 82, 93, 97, 118, 175),
        fc.uint8Array({ maxLength: 40 }),
      ),
    );
    const message = fc.record({
      head: fc.uint8Array({ minLength: 240, maxLength: 240 }),
      options,
      type: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(message, ({ head, options, type }) => {
        const bytes = Buffer.from(head);
        bytes[0] = 1;
        bytes[2] = (bytes[2] ?? 0) % 17;
        bytes.writeUInt32BE(0x63825363, 236);
        const parts = options.map(([code, value]) =>
          Buffer.concat([Buffer.from([code, value.length]), value]),
        );
        world.sayBytes(Buffer.concat([bytes, Buffer.from([53, 1, type]), ...parts, Buffer.from([255])]));
        world.sayBytes(Buffer.from(head), 'proxy');
        expect(world.ignored).to.not.include('fault');
      }),
      { numRuns: 2000 },
    );
  });
});
