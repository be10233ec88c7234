import { expect } from 'chai';
import fc from 'fast-check';
import { ascii, ip, MAC, packet, type PacketFields } from '../packets.js';
import { DhcpWorld, SERVER } from './dhcp-world.js';

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
    { name: 'an empty option 53', fields: { options: [[53, '']] } },
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

  const asked: [number, string][] = [
    [53, '01'],
    [60, ascii('PXEClient:Arch:00007:UNDI:003016')],
    [93, '0007'],
    [97, `00${'ab'.repeat(16)}`],
  ];
  /** What the machine says as it should, but for the one that is odd. */
  const beside = (code: number, ...values: readonly string[]): PacketFields => ({
    options: [
      ...asked.filter(([other]) => other !== code),
      ...values.map((value): [number, string] => [code, value]),
    ],
  });
  const empty = [
    1, 3, 6, 12, 15, 26, 28, 42, 43, 50, 51, 52, 54, 55, 56, 57, 58, 59, 60, 61, 66, 67, 77, 82, 93, 94, 97,
    118, 175,
  ];
  const leftOut: { name: string; fields: PacketFields; option: string; file?: string }[] = [
    ...empty.map((code) => ({
      name: `an empty option ${code}`,
      fields: beside(code, ''),
      option: `${code}`,
      ...(code === 60 && { file: '' }),
    })),
    ...(
      [
        [57, '05'],
        [57, '000005c0'],
        [51, '0078'],
        [50, '0a4b00'],
        [50, '0a4b00330a4b0034'],
        [118, '0a4b'],
        [93, '000700'],
        [80, '01'],
        [52, '04'],
      ] as const
    ).map(([code, value]) => ({
      name: `option ${code} = ${value}`,
      fields: beside(code, value),
      option: `${code}`,
    })),
    ...(
      [
        [50, ip('10.75.0.33')],
        [51, '00000078'],
        [52, '01'],
        [57, '05c0'],
      ] as const
    ).map(([code, value]) => ({
      name: `option ${code} twice`,
      fields: beside(code, value, value),
      option: `${code}`,
    })),
    ...['05020a4b', '0b00', '0b050a4b000101'].map((value) => ({
      name: `option 82 = ${value}`,
      fields: beside(82, value),
      option: `82.${Number.parseInt(value.slice(0, 2), 16)}`,
    })),
    { name: 'an option that runs over', fields: { rawOptions: '3501013cff41' }, option: '60', file: '' },
    { name: 'an option without a length', fields: { rawOptions: '35010137' }, option: '55', file: '' },
    {
      name: 'an overloaded file that runs over',
      fields: { ...beside(52, '01'), fileHex: `0cff${'41'.repeat(126)}` },
      option: '12',
    },
  ];
  for (const { name, fields, option, file = 'snponly.efi' } of leftOut) {
    it(`N4: ${name} is left out and counted, and the DISCOVER is answered`, () => {
      const world = new DhcpWorld();
      const offer = world.say(fields);
      expect(offer).to.include({ yiaddr: '10.75.0.20', file });
      expect(world.leftOut).to.deep.equal([option]);
      expect(world.ignored).to.deep.equal([]);
    });
  }

  it('N4: what relays say is echoed to the byte even where a part of it is odd', () => {
    const offer = new DhcpWorld().say({ giaddr: '10.75.0.9', ...beside(82, '0102aabb05020a4b') });
    expect(offer?.options[82]).to.equal('0102aabb05020a4b');
  });

  const meaningless: [number, string][] = [
    [50, ''],
    [54, ''],
    [54, '0a4b00010a'],
  ];
  for (const [code, value] of meaningless) {
    it(`N4: a REQUEST with option ${code} = '${value}' is silenced: without it it would mean something else`, () => {
      const world = new DhcpWorld();
      const address = world.lease(MAC);
      const request: [number, string][] = [
        [50, ip(address)],
        [54, ip(SERVER)],
      ];
      const options = [[53, '03'] as [number, string], ...request.filter(([other]) => other !== code)];
      expect(world.say({ options: [...options, [code, value]] })).to.equal(undefined);
      // A renewal needs neither.
      const renewal = world.say({
        ciaddr: address,
        options: [
          [53, '03'],
          [code, value],
        ],
      });
      expect(renewal?.options[53]).to.equal('05');
    });
  }

  it('no shorter message is a fault', () => {
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
