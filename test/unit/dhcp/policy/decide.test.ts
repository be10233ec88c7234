import { expect } from 'chai';
import { ascii, ip, MAC, uint32, type PacketFields } from '../packets.js';
import { DhcpWorld, provisioning, SERVER } from './dhcp-world.js';
import { parseIpv4, parseSubnet } from '../../../../src/net/ipv4.js';
import { parseMac } from '../../../../src/net/mac-address.js';

const OTHER_MAC = '52:54:00:00:00:02';
const discover: PacketFields = { options: [[53, '01']] };

describe('the DHCP decision', () => {
  let world: DhcpWorld;
  beforeEach(() => {
    world = new DhcpWorld();
  });

  it('answers a DISCOVER byte for byte as RFC 2131 wants it', () => {
    const offer = world.say({ xid: 0xa1b2c3d4, secs: 7, flags: 0x8000, options: [[53, '01']] });
    const expected =
      `02010600 a1b2c3d4 0000 8000 00000000 ${ip('10.75.0.20')} 00000000 00000000 525400000001${'00'.repeat(10)}` +
      `${'00'.repeat(192)} 63825363 350102 3604${ip(SERVER)} 330400000078 3a040000003c 3b0400000069 ` +
      `0104ffffff00 0304${ip('10.75.0.254')} 0608${ip('10.75.0.1')}${ip('10.75.0.2')} 0f09${ascii('rack.test')} ` +
      `1c040a4b00ff 2a04${ip('10.75.0.3')} ff`;
    const hex = expected.replaceAll(' ', '');
    expect(offer?.bytes.toString('hex')).to.equal(hex.padEnd(600, '0'));
    expect(offer?.to).to.equal('255.255.255.255:68');
  });

  it('broadcasts to a client that asked for unicast: a UDP socket cannot be told its MAC', () => {
    const offer = world.say({ flags: 0, ...discover });
    expect(offer).to.include({ flags: 0, to: '255.255.255.255:68' });
  });

  describe('SELECTING', () => {
    it('acknowledges the address it offered', () => {
      const offer = world.say(discover);
      const ack = world.say({
        options: [
          [53, '03'],
          [50, ip('10.75.0.20')],
          [54, ip(SERVER)],
        ],
      });
      expect(offer?.yiaddr).to.equal('10.75.0.20');
      expect(ack).to.include({ yiaddr: '10.75.0.20', ciaddr: '0.0.0.0', to: '255.255.255.255:68' });
      expect(ack?.options).to.include({ 53: '05', 51: uint32(120), 58: uint32(60), 59: uint32(105) });
    });

    it('is silent when the client chose another server, and frees what it offered', () => {
      world.say(discover);
      expect(
        world.say({
          options: [
            [53, '03'],
            [50, ip('10.75.0.77')],
            [54, ip('10.75.0.9')],
          ],
        }),
      ).to.equal(undefined);
      expect(world.ignored).to.deep.equal(['other-server']);
      expect(world.leases.at(parseIpv4('10.75.0.20'))?.state).to.equal('released');
    });

    it('never takes a bound lease back because of that', () => {
      world.lease(MAC);
      world.say({
        options: [
          [53, '03'],
          [50, ip('10.75.0.77')],
          [54, ip('10.75.0.9')],
        ],
      });
      expect(world.leases.at(parseIpv4('10.75.0.20'))?.state).to.equal('bound');
    });

    for (const old of ['10.75.0.44', '10.76.0.44', '192.168.9.9']) {
      it(`N9: takes our offer while it still shows ${old}, the address it had`, () => {
        const remote = { ...provisioning, subnet: parseSubnet('10.76.0.0/24'), pool: undefined };
        const { pool: _none, ...relayed } = remote;
        world = new DhcpWorld({ subnets: [provisioning, relayed] });
        const offer = world.say({ ciaddr: old, options: [[53, '01']] });
        const ack = world.say({
          ciaddr: old,
          options: [
            [53, '03'],
            [50, ip(offer?.yiaddr ?? '')],
            [54, ip(SERVER)],
          ],
        });
        expect(ack?.options[53]).to.equal('05');
        // At its old address it may not be reached any more, at the new one not yet.
        expect(ack).to.include({ yiaddr: '10.75.0.20', ciaddr: '0.0.0.0', to: '255.255.255.255:68' });
      });
    }

    it('honours an offer that a restart has forgotten', () => {
      const ack = world.say({
        options: [
          [53, '03'],
          [50, ip('10.75.0.33')],
          [54, ip(SERVER)],
        ],
      });
      expect(ack).to.include({ yiaddr: '10.75.0.33' });
    });

    it('refuses what somebody else holds', () => {
      world.lease(OTHER_MAC);
      const nak = world.say({
        options: [
          [53, '03'],
          [50, ip('10.75.0.20')],
          [54, ip(SERVER)],
        ],
      });
      expect(nak?.options[53]).to.equal('06');
      expect(nak).to.include({ yiaddr: '0.0.0.0', siaddr: '0.0.0.0', to: '255.255.255.255:68' });
      expect(nak?.options).to.not.have.property('51');
    });

    for (const address of [
      '10.75.0.1',
      '10.75.0.254',
      '10.75.0.150',
      '10.75.0.255',
      '10.75.0.0',
      '192.168.0.1',
    ]) {
      it(`refuses ${address}, which is no pool address`, () => {
        const nak = world.say({
          options: [
            [53, '03'],
            [50, ip(address)],
            [54, ip(SERVER)],
          ],
        });
        expect(nak?.options[53]).to.equal('06');
      });
    }
  });

  describe('INIT-REBOOT', () => {
    const reboot = (address: string, chaddr = MAC): PacketFields => ({
      chaddr,
      options: [
        [53, '03'],
        [50, ip(address)],
      ],
    });

    it('acknowledges the right address', () => {
      const address = world.lease(MAC);
      expect(world.say(reboot(address))?.options[53]).to.equal('05');
    });

    it('refuses an address of another network, whoever asks', () => {
      expect(world.say(reboot('192.168.1.5'))).to.deep.include({ to: '255.255.255.255:68' });
      expect(world.say(reboot('192.168.1.5'))?.options[53]).to.equal('06');
    });

    it('refuses a known client with a wrong address', () => {
      world.lease(MAC);
      expect(world.say(reboot('10.75.0.55'))?.options[53]).to.equal('06');
    });

    it('is silent to an unknown client', () => {
      expect(world.say(reboot('10.75.0.55'))).to.equal(undefined);
      expect(world.ignored).to.deep.equal(['unknown-client']);
    });

    it('refuses an unknown client where it is the authority', () => {
      world = new DhcpWorld({ authoritative: true });
      expect(world.say(reboot('10.75.0.55'))?.options[53]).to.equal('06');
    });

    it('refuses an address that its client found in use', () => {
      const address = world.lease(MAC);
      world.say({
        options: [
          [53, '04'],
          [50, ip(address)],
          [54, ip(SERVER)],
        ],
      });
      expect(world.say(reboot(address))?.options[53]).to.equal('06');
      expect(world.say({ ciaddr: address, options: [[53, '03']] })?.options[53]).to.equal('06');
    });

    it('acknowledges an expired lease that nobody else got', () => {
      const address = world.lease(MAC);
      world.pass(1000);
      expect(world.say(reboot(address))?.options[53]).to.equal('05');
    });
  });

  describe('RENEWING and REBINDING', () => {
    it('acknowledges to the address of the client', () => {
      const ciaddr = world.lease(MAC);
      world.pass(60);
      const ack = world.say({ ciaddr, options: [[53, '03']] });
      expect(ack).to.include({ yiaddr: ciaddr, ciaddr, to: `${ciaddr}:68` });
      expect(ack?.options).to.include({ 53: '05', 51: uint32(120) });
    });

    it('prolongs the lease', () => {
      const ciaddr = world.lease(MAC);
      world.pass(100);
      world.say({ ciaddr, options: [[53, '03']] });
      world.pass(100);
      expect(world.lease(OTHER_MAC)).to.not.equal(ciaddr);
    });

    it('refuses an address that another client holds', () => {
      const ciaddr = world.lease(OTHER_MAC);
      world.lease(MAC);
      expect(world.say({ ciaddr, options: [[53, '03']] })?.options[53]).to.equal('06');
    });

    it('is silent to an unknown client', () => {
      expect(world.say({ ciaddr: '10.75.0.60', options: [[53, '03']] })).to.equal(undefined);
    });
  });

  describe('DECLINE', () => {
    const decline = (chaddr: string, options: PacketFields['options']): PacketFields => ({
      chaddr,
      options: [[53, '04'], ...(options ?? [])],
    });

    it('sets the address aside and offers another one', () => {
      const address = world.lease(MAC);
      expect(
        world.say(
          decline(MAC, [
            [50, ip(address)],
            [54, ip(SERVER)],
          ]),
        ),
      ).to.equal(undefined);
      expect(world.say(discover)?.yiaddr).to.equal('10.75.0.21');
      expect(world.lease(OTHER_MAC)).to.equal('10.75.0.22');
    });

    it('of a fixed address: it rests too, and the client gets another one meanwhile', () => {
      world = new DhcpWorld({ leaseFixedAddresses: true }, { [MAC]: { address: parseIpv4('10.75.0.130') } });
      const address = world.lease(MAC);
      expect(address).to.equal('10.75.0.130');
      world.say(
        decline(MAC, [
          [50, ip(address)],
          [54, ip(SERVER)],
        ]),
      );
      expect(world.say(discover)?.yiaddr).to.equal('10.75.0.20');
      world.pass(601);
      expect(world.say(discover)?.yiaddr).to.equal('10.75.0.130');
    });

    it('gives the address out again when the while is over', () => {
      world = new DhcpWorld({
        subnets: [
          { ...provisioning, pool: { first: parseIpv4('10.75.0.20'), last: parseIpv4('10.75.0.20') } },
        ],
        probe: false,
      });
      const address = world.lease(MAC);
      world.say(
        decline(MAC, [
          [50, ip(address)],
          [54, ip(SERVER)],
        ]),
      );
      expect(world.say(discover)).to.equal(undefined);
      world.pass(601);
      expect(world.lease(OTHER_MAC)).to.equal(address);
    });

    it('of one address after the other does not empty the pool', () => {
      for (let count = 0; count < 50; count += 1) {
        world.say(
          decline(MAC, [
            [50, ip(world.lease(MAC))],
            [54, ip(SERVER)],
          ]),
        );
      }
      expect([...world.leases.all()].filter(({ state }) => state === 'declined')).to.have.length(5);
      expect(world.ignored.at(-1)).to.equal('declined-too-often');
    });

    const meaningless: { name: string; chaddr: string; options: PacketFields['options'] }[] = [
      { name: 'without option 50', chaddr: MAC, options: [[54, ip(SERVER)]] },
      { name: 'without option 54', chaddr: MAC, options: [[50, ip('10.75.0.20')]] },
      {
        name: 'of a foreign client',
        chaddr: OTHER_MAC,
        options: [
          [50, ip('10.75.0.20')],
          [54, ip(SERVER)],
        ],
      },
      {
        name: 'for another server',
        chaddr: MAC,
        options: [
          [50, ip('10.75.0.20')],
          [54, ip('10.75.0.9')],
        ],
      },
    ];
    for (const { name, chaddr, options } of meaningless) {
      it(`${name} changes nothing`, () => {
        world.lease(MAC);
        expect(world.say(decline(chaddr, options))).to.equal(undefined);
        expect(world.leases.at(parseIpv4('10.75.0.20'))?.state).to.equal('bound');
      });
    }
  });

  describe('RELEASE', () => {
    const release = (chaddr: string, ciaddr: string): PacketFields => ({
      chaddr,
      ciaddr,
      options: [
        [53, '07'],
        [54, ip(SERVER)],
      ],
    });

    it('by the holder frees the address', () => {
      const address = world.lease(MAC);
      expect(world.say(release(MAC, address))).to.equal(undefined);
      expect(world.leases.at(parseIpv4(address))?.state).to.equal('released');
    });

    it('by anyone else changes nothing', () => {
      const address = world.lease(MAC);
      world.say(release(OTHER_MAC, address));
      expect(world.leases.at(parseIpv4(address))?.state).to.equal('bound');
    });

    it('is remembered: the same client gets the same address again', () => {
      world.lease(OTHER_MAC);
      const address = world.lease(MAC);
      world.say(release(MAC, address));
      expect(world.lease(MAC)).to.equal(address);
    });
  });

  describe('INFORM', () => {
    it('is acknowledged to the client without address and time', () => {
      const ack = world.say({ ciaddr: '10.75.0.140', options: [[53, '08']] });
      expect(ack).to.include({ ciaddr: '10.75.0.140', yiaddr: '0.0.0.0', to: '10.75.0.140:68' });
      expect(ack?.options).to.include({ 53: '05', 1: 'ffffff00' });
      expect(ack?.options).to.not.have.any.keys('51', '58', '59');
    });

    it('goes to the client even through a relay', () => {
      const ack = world.say({ ciaddr: '10.75.0.140', giaddr: '10.75.0.253', options: [[53, '08']] });
      expect(ack?.to).to.equal('10.75.0.140:68');
    });

    it('from an address of no network of ours is not answered', () => {
      expect(world.say({ ciaddr: '8.8.8.8', options: [[53, '08']] })).to.equal(undefined);
    });
  });

  describe('through a relay', () => {
    const remote = {
      ...provisioning,
      subnet: parseSubnet('10.76.0.0/24'),
      pool: { first: parseIpv4('10.76.0.50'), last: parseIpv4('10.76.0.60') },
      routers: [parseIpv4('10.76.0.1')],
      leaseSeconds: 600,
    };
    beforeEach(() => {
      world = new DhcpWorld({ subnets: [provisioning, remote] });
    });

    it('serves the network of the relay, and answers the relay', () => {
      const offer = world.say({ giaddr: '10.76.0.1', ...discover });
      expect(offer).to.include({ yiaddr: '10.76.0.50', giaddr: '10.76.0.1', to: '10.76.0.1:67' });
      expect(offer?.options).to.include({ 3: ip('10.76.0.1'), 51: uint32(600) });
    });

    for (const { name, info, port } of [
      { name: 'that sends from another port and says so', info: '1300', port: 1067 },
      { name: 'that says nothing of its port', info: '0102aabb', port: 67 },
    ]) {
      it(`N11: answers a relay ${name} at port ${port} (RFC 8357)`, () => {
        const asked = (...options: [number, string][]) =>
          world.say({ giaddr: '10.76.0.1', options: [...options, [82, info]] }, 'server', '10.76.0.1:1067');
        const offer = asked([53, '01']);
        expect(offer?.to).to.equal(`10.76.0.1:${port}`);
        expect(offer?.options[82]).to.equal(info);
        expect(asked([53, '03'], [50, ip('10.75.0.20')])?.to).to.equal(`10.76.0.1:${port}`);
      });
    }

    it('lets a NAK be broadcast by the relay', () => {
      const nak = world.say({
        giaddr: '10.76.0.1',
        options: [
          [53, '03'],
          [50, ip('10.75.0.20')],
        ],
      });
      expect(nak).to.include({ flags: 0x8000, to: '10.76.0.1:67' });
      expect(nak?.options[53]).to.equal('06');
    });

    it('is silent for a relay of no network, with one line in the log', () => {
      world.lines.length = 0;
      for (let count = 0; count < 5; count += 1) {
        expect(world.say({ giaddr: '172.16.0.1', ...discover })).to.equal(undefined);
      }
      expect(world.lines.filter((line) => line.startsWith('a DHCP client is on no network'))).to.have.length(
        1,
      );
    });

    it('echoes option 82 to the byte, last, even where it holds nonsense', () => {
      for (const info of ['0104aabbccdd0202eeff', '01ff', '00']) {
        const offer = world.say({
          giaddr: '10.76.0.1',
          options: [
            [53, '01'],
            [82, info],
            [61, 'ff00'],
          ],
        });
        expect(offer?.options[82]).to.equal(info);
        expect(offer?.order.at(-1)).to.equal(82);
      }
    });

    it('follows link selection', () => {
      const offer = world.say({
        giaddr: '10.75.0.253',
        options: [
          [53, '01'],
          [82, `0504${ip('10.76.0.0')}`],
        ],
      });
      expect(offer).to.include({ yiaddr: '10.76.0.50', to: '10.75.0.253:67' });
    });

    it('takes the identity that the relay gives it', () => {
      const override: [number, string] = [82, `0b04${ip('10.76.0.1')}`];
      const offer = world.say({ giaddr: '10.76.0.1', options: [[53, '01'], override] });
      expect(offer?.options[54]).to.equal(ip('10.76.0.1'));
      const ack = world.say({
        giaddr: '10.76.0.1',
        options: [[53, '03'], [50, ip('10.76.0.50')], [54, ip('10.76.0.1')], override],
      });
      expect(ack?.options).to.include({ 53: '05', 54: ip('10.76.0.1') });
    });

    it('gives one client an address on each network', () => {
      expect(world.lease(MAC)).to.equal('10.75.0.20');
      expect(world.lease(MAC, { giaddr: '10.76.0.1' })).to.equal('10.76.0.50');
      expect(world.lease(MAC)).to.equal('10.75.0.20');
    });

    it('limits how many clients come from one port', () => {
      world = new DhcpWorld({ leasesPerRelayPort: 2 });
      const from = (port: string): PacketFields => ({
        giaddr: '10.75.0.253',
        options: [[82, `0102${port}`]],
      });
      expect(world.lease('52:54:00:00:01:01', from('0001'))).to.equal('10.75.0.20');
      expect(world.lease('52:54:00:00:01:02', from('0001'))).to.equal('10.75.0.21');
      expect(() => world.lease('52:54:00:00:01:03', from('0001'))).to.throw('relay-port-full');
      expect(world.lease('52:54:00:00:01:02', from('0001'))).to.equal('10.75.0.21');
      expect(world.lease('52:54:00:00:01:03', from('0002'))).to.equal('10.75.0.22');
      world.pass(121);
      expect(world.lease('52:54:00:00:01:04', from('0001'))).to.equal('10.75.0.23');
    });
  });

  describe('the client identifier', () => {
    const duid = 'ff00000001000300015254000000aa';

    it('is echoed', () => {
      for (const id of ['01525400000001', '00112233445566778899aabbccddeeff00', duid]) {
        expect(
          world.say({
            options: [
              [53, '01'],
              [61, id],
            ],
          })?.options[61],
        ).to.equal(id);
      }
    });

    it('in its DUID form is the key of the lease where it is trusted', () => {
      world = new DhcpWorld({ identifyBy: 'clientId' });
      const first = world.lease(MAC, { options: [[61, duid]] });
      expect(world.lease(OTHER_MAC, { options: [[61, duid]] })).to.equal(first);
      expect(world.lease(MAC)).to.not.equal(first);
    });

    for (const identifyBy of ['mac', 'clientId'] as const) {
      it(`in any other form is not: firmware, iPXE and system of one machine keep one address (${identifyBy})`, () => {
        world = new DhcpWorld({ identifyBy });
        const first = world.lease(MAC, { options: [[61, '00112233445566778899aabbccddeeff00']] });
        expect(world.lease(MAC, { options: [[61, '01525400000001']] })).to.equal(first);
        expect(world.lease(MAC)).to.equal(first);
      });
    }

    const remote = {
      ...provisioning,
      subnet: parseSubnet('10.76.0.0/24'),
      pool: { first: parseIpv4('10.76.0.50'), last: parseIpv4('10.76.0.60') },
    };
    for (const { where, fields } of [
      { where: 'on the own network', fields: {} },
      { where: 'behind a relay', fields: { giaddr: '10.76.0.1' } },
    ]) {
      describe(`N5: ${where}`, () => {
        const identified = (id: string): PacketFields => ({ ...fields, options: [[61, id]] });
        beforeEach(() => {
          world = new DhcpWorld({ subnets: [provisioning, remote] });
        });

        it('one machine has one address, whatever identifier each of its systems makes up', () => {
          const ids = ['0a', '0b', '0c'].map((boot) => `ff5400000100030001${boot}`.padEnd(38, '0'));
          const addresses = [...ids, duid, '0001000126a1b2c3525400000001'].map((id) =>
            world.lease(MAC, identified(id)),
          );
          expect(new Set([...addresses, world.lease(MAC, fields)])).to.have.property('size', 1);
        });

        it('two machines from one image, with the same identifier, have two', () => {
          const first = world.lease(MAC, identified(duid));
          expect(world.lease(OTHER_MAC, identified(duid))).to.not.equal(first);
          expect(world.lease(MAC, identified(duid))).to.equal(first);
        });

        it('a renewal without the identifier is answered', () => {
          const ciaddr = world.lease(MAC, identified(duid));
          expect(world.say({ ...fields, ciaddr, options: [[53, '03']] })?.options[53]).to.equal('05');
        });
      });
    }

    it('N5: the same identifier on two networks makes no machine of two', () => {
      world = new DhcpWorld({ subnets: [provisioning, remote] });
      const first = world.lease(MAC, { options: [[61, duid]] });
      world.lease(OTHER_MAC, { giaddr: '10.76.0.1', options: [[61, duid]] });
      expect(world.say({ ciaddr: first, options: [[53, '03']] })?.options[53]).to.equal('05');
      const claimed: PacketFields = {
        chaddr: OTHER_MAC,
        ciaddr: first,
        options: [
          [53, '03'],
          [61, duid],
        ],
      };
      expect(world.say(claimed)).to.equal(undefined);
    });

    const nobodys: { name: string; fields: PacketFields }[] = [
      { name: 'InfiniBand without an address', fields: { htype: 32, hlen: 8, chaddr: '00'.repeat(16) } },
      { name: 'Ethernet of zeros', fields: { chaddr: '00:00:00:00:00:00' } },
      { name: 'Ethernet of ones', fields: { chaddr: 'ff:ff:ff:ff:ff:ff' } },
      { name: 'a multicast address', fields: { chaddr: '01:00:5e:00:00:01' } },
      { name: 'no address', fields: { hlen: 0 } },
    ];
    for (const { name, fields } of nobodys) {
      it(`N3: ${name} is no identity: option 61 is, else nothing`, () => {
        const asked = (...options: [number, string][]): PacketFields => ({
          flags: 0x8000,
          ...fields,
          options: [[53, '01'], ...options],
        });
        const guids = ['20aa', '20bb'].map((start) => start.padEnd(34, '0'));
        const addresses = guids.map((id) => world.say(asked([61, id]))?.yiaddr);
        expect(addresses).to.deep.equal(['10.75.0.20', '10.75.0.21']);
        expect(world.say(asked())).to.equal(undefined);
        expect(world.ignored).to.deep.equal(['no-client-identity']);
        expect([...world.leases.all()].map(({ mac }) => mac)).to.deep.equal([undefined, undefined]);
      });
    }
  });

  describe('times', () => {
    const cases = [
      { name: 'for ever is capped', wanted: 'ffffffff', seconds: 120 },
      { name: 'less is granted', wanted: uint32(90), seconds: 90 },
      { name: 'next to nothing is not', wanted: uint32(1), seconds: 60 },
      { name: 'more is not', wanted: uint32(86400), seconds: 120 },
    ];
    for (const { name, wanted, seconds } of cases) {
      it(name, () => {
        const offer = world.say({
          options: [
            [53, '01'],
            [51, wanted],
          ],
        });
        expect(offer?.options[51]).to.equal(uint32(seconds));
      });
    }
  });

  describe('an exhausted pool', () => {
    const tiny = { ...provisioning, pool: { first: parseIpv4('10.75.0.20'), last: parseIpv4('10.75.0.21') } };

    it('is silent, raises an alarm, and takes nobody’s lease', () => {
      world = new DhcpWorld({ subnets: [tiny] });
      world.lease('52:54:00:00:00:0a');
      world.lease('52:54:00:00:00:0b');
      expect(world.say(discover)).to.equal(undefined);
      expect(world.alarms).to.deep.equal(['10.75.0.0/24']);
      expect(world.lease('52:54:00:00:00:0a')).to.equal('10.75.0.20');
    });

    it('still serves a known host from the host range, and a reservation', () => {
      const reserved = { mac: parseMac('52:54:00:00:00:77'), address: parseIpv4('10.75.0.21') };
      world = new DhcpWorld(
        { subnets: [tiny], reservations: [reserved] },
        { [MAC]: { address: parseIpv4('10.75.0.130') } },
      );
      for (let count = 0; count < 60_000; count += 1) {
        const chaddr = `0200${count.toString(16).padStart(8, '0')}`;
        world.say({ chaddr, options: [[53, '01']] });
      }
      expect(world.lease(MAC)).to.equal('10.75.0.130');
      expect(world.lease('52:54:00:00:00:77')).to.equal('10.75.0.21');
      expect(world.leases.size).to.be.at.most(4);
    }).timeout(20_000);

    it('leases again what has expired', async () => {
      world = new DhcpWorld({ subnets: [tiny] });
      world.lease('52:54:00:00:00:0a');
      world.pass(1);
      world.lease('52:54:00:00:00:0b');
      world.pass(121);
      expect(world.say(discover)).to.equal(undefined);
      await Promise.resolve();
      await Promise.resolve();
      expect(world.probed).to.deep.equal(['10.75.0.20']);
      expect(world.late()?.yiaddr).to.equal('10.75.0.20');
    });

    it('answers once who asks again while the address is probed', async () => {
      world = new DhcpWorld({ subnets: [tiny] });
      world.lease('52:54:00:00:00:0a');
      world.pass(1);
      world.lease('52:54:00:00:00:0b');
      world.pass(121);
      expect(world.say(discover)).to.equal(undefined);
      expect(world.say(discover)).to.equal(undefined);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      expect(world.answers().map(({ yiaddr }) => yiaddr)).to.deep.equal(['10.75.0.20']);
      expect(world.probed).to.deep.equal(['10.75.0.20']);
    });

    it('does not offer again what a stranger answers at', async () => {
      world = new DhcpWorld({ subnets: [tiny] });
      world.lease('52:54:00:00:00:0a');
      world.pass(1);
      world.lease('52:54:00:00:00:0b');
      world.pass(121);
      world.strangers.add('10.75.0.20');
      world.say(discover);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      expect(world.probed).to.deep.equal(['10.75.0.20', '10.75.0.21']);
      expect(world.late()?.yiaddr).to.equal('10.75.0.21');
    });
  });

  describe('a known host', () => {
    const host = { address: parseIpv4('10.75.0.130'), hostname: 'node-1' };

    it('boots with an address of the pool, under its name', () => {
      world = new DhcpWorld({}, { [MAC]: host });
      const offer = world.say(discover);
      expect(offer?.yiaddr).to.equal('10.75.0.20');
      expect(offer?.options[12]).to.equal(ascii('node-1'));
    });

    it('gets its fixed address where the configuration says so', () => {
      world = new DhcpWorld({ leaseFixedAddresses: true }, { [MAC]: host });
      expect(world.lease(MAC)).to.equal('10.75.0.130');
    });

    it('moves to it from the pool with its next boot, not in the middle of this one', () => {
      world = new DhcpWorld({}, { [MAC]: host });
      const bootstrap = world.lease(MAC);
      world.reconfigure({ leaseFixedAddresses: true }, { [MAC]: host });
      expect(world.say({ ciaddr: bootstrap, options: [[53, '03']] })?.options[53]).to.equal('05');
      expect(world.lease(MAC)).to.equal('10.75.0.130');
    });
  });

  describe('lists of who is served', () => {
    const mac = parseMac(MAC);
    const cases = [
      { name: 'a denied client', changes: { deny: [mac] }, chaddr: MAC, answered: false },
      { name: 'another than the denied', changes: { deny: [mac] }, chaddr: OTHER_MAC, answered: true },
      { name: 'an allowed client', changes: { allow: [mac] }, chaddr: MAC, answered: true },
      { name: 'another than the allowed', changes: { allow: [mac] }, chaddr: OTHER_MAC, answered: false },
      { name: 'denied and allowed', changes: { allow: [mac], deny: [mac] }, chaddr: MAC, answered: false },
    ];
    for (const { name, changes, chaddr, answered } of cases) {
      it(`${name}: ${answered ? 'answered' : 'silence'}`, () => {
        world = new DhcpWorld(changes);
        expect(world.say({ chaddr, ...discover }) !== undefined).to.equal(answered);
      });
    }
  });

  it('sends the further options of a network, in place of its own', () => {
    const extraOptions = [
      { code: 26, value: Buffer.from('05dc', 'hex') },
      { code: 3, value: Buffer.from(ip('10.75.0.253'), 'hex') },
    ];
    world = new DhcpWorld({ subnets: [{ ...provisioning, extraOptions }] });
    expect(world.say(discover)?.options).to.include({ 26: '05dc', 3: ip('10.75.0.253') });
  });

  it('keeps every lease when the settings change', () => {
    const address = world.lease(MAC);
    world.reconfigure({ subnets: [{ ...provisioning, leaseSeconds: 300 }] });
    const ack = world.say({ ciaddr: address, options: [[53, '03']] });
    expect(ack?.options).to.include({ 53: '05', 51: uint32(300) });
    expect(world.lease(OTHER_MAC)).to.equal('10.75.0.21');
  });
});
