import { expect } from 'chai';
import { ip, MAC, uint32, type PacketFields } from '../packets.js';
import { DhcpWorld, provisioning, SERVER } from './dhcp-world.js';
import type { DhcpSettings, KnownHost } from '../../../../src/dhcp/policy/settings.js';
import { parseIpv4 } from '../../../../src/net/ipv4.js';
import { parseMac } from '../../../../src/net/mac-address.js';

const OTHER_MAC = '52:54:00:00:00:02';
const FIRST = '10.75.0.20';
const LONG: Partial<DhcpSettings> = { subnets: [{ ...provisioning, leaseSeconds: 1000 }] };

const asked: Record<string, (address: string) => PacketFields> = {
  DISCOVER: () => ({ options: [[53, '01']] }),
  SELECTING: (address) => ({
    options: [
      [53, '03'],
      [50, ip(address)],
      [54, ip(SERVER)],
    ],
  }),
  'INIT-REBOOT': (address) => ({
    options: [
      [53, '03'],
      [50, ip(address)],
    ],
  }),
  RENEWING: (address) => ({ ciaddr: address, options: [[53, '03']] }),
};

describe('the DHCP decision while the disk refuses leases', () => {
  for (const [state, ask] of Object.entries(asked)) {
    it(`${state}: a lease that is on disk is given for what is left of it, T1 and T2 in proportion`, () => {
      const world = new DhcpWorld(LONG);
      expect(world.lease(MAC)).to.equal(FIRST);
      world.stall();
      world.pass(600);
      const answer = world.say(ask(FIRST));
      expect(answer).to.include({ yiaddr: FIRST });
      expect(answer?.options).to.include({ 51: uint32(400), 58: uint32(200), 59: uint32(350) });
      const { expiresAt = 0 } = world.leases.at(parseIpv4(FIRST)) ?? {};
      expect(expiresAt - world.now).to.equal(400_000);
    });

    it(`${state}: with less than half a minute left there is no answer`, () => {
      const world = new DhcpWorld(LONG);
      world.lease(MAC);
      world.stall();
      world.pass(970);
      expect(world.say(ask(FIRST))?.options[51]).to.equal(uint32(30));
      world.pass(1);
      expect(world.say(ask(FIRST))).to.equal(undefined);
      expect(world.ignored).to.deep.equal(['leases-not-written']);
    });

    it(`${state}: a lease that did not reach the disk is not confirmed`, () => {
      const world = new DhcpWorld(LONG);
      world.lease(MAC);
      world.stall(FIRST);
      expect(world.say(ask(FIRST))).to.equal(undefined);
      expect(world.ignored).to.deep.equal(['leases-not-written']);
    });
  }

  it('asked for less, gives less, and gives the rest when it is asked for', () => {
    const world = new DhcpWorld(LONG);
    world.lease(MAC);
    world.stall();
    const answer = world.say({
      ciaddr: FIRST,
      options: [
        [53, '03'],
        [51, uint32(70)],
      ],
    });
    expect(answer?.options[51]).to.equal(uint32(70));
    world.pass(65);
    expect(world.say(asked['RENEWING']?.(FIRST) ?? {})?.options[51]).to.equal(uint32(935));
  });

  it('repeated requests never add up to more than was on disk', () => {
    const world = new DhcpWorld({ ...LONG, offerSeconds: 300 });
    world.lease(MAC);
    const end = world.leases.at(parseIpv4(FIRST))?.expiresAt ?? 0;
    world.stall();
    for (let step = 0; step < 96; step += 1) {
      for (const ask of Object.values(asked)) {
        const seconds = Number.parseInt(world.say(ask(FIRST))?.options[51] ?? '', 16);
        expect(world.now + seconds * 1000).to.be.at.most(end);
        expect(world.leases.at(parseIpv4(FIRST))).to.include({ state: 'bound', expiresAt: end });
      }
      world.pass(10);
    }
  });

  it('a fresh lease from the pool is neither offered nor given, and no address is lost by that', () => {
    const world = new DhcpWorld();
    world.stall();
    for (const ask of Object.values(asked)) expect(world.say(ask(FIRST))?.options[53]).to.not.equal('05');
    expect(world.ignored).to.include('leases-not-written');
    expect(world.leases.size).to.equal(0);
    world.resume();
    expect(world.lease(MAC)).to.equal(FIRST);
  });

  it('an address that was released or is another’s is not given to its last holder', () => {
    const world = new DhcpWorld();
    world.lease(MAC);
    world.stall();
    world.say({ ciaddr: FIRST, options: [[53, '07']] });
    for (const ask of Object.values(asked)) expect(world.say(ask(FIRST))?.options[53]).to.not.equal('05');
    for (const ask of Object.values(asked)) {
      expect(world.say({ ...ask(FIRST), chaddr: OTHER_MAC })?.options[53]).to.not.equal('05');
    }
  });

  const reserved = { mac: parseMac(MAC), address: parseIpv4('10.75.0.50') };
  const host: KnownHost = { address: parseIpv4('10.75.0.120') };
  const owners: {
    name: string;
    changes?: Partial<DhcpSettings>;
    hosts?: Record<string, KnownHost>;
    given: string | undefined;
  }[] = [
    {
      name: 'a reservation for its MAC',
      changes: { reservations: [reserved] },
      given: '10.75.0.50',
    },
    {
      name: 'a host whose fixed addresses are leased',
      changes: { leaseFixedAddresses: true },
      hosts: { [MAC]: host },
      given: '10.75.0.120',
    },
    {
      name: 'a host that would get an address of the pool else',
      hosts: { [MAC]: host },
      given: '10.75.0.120',
    },
    {
      name: 'a host whose address is in no range that is kept for hosts: a pool could give it away',
      changes: { leaseFixedAddresses: true },
      hosts: { [MAC]: { address: parseIpv4('10.75.0.60') } },
      given: undefined,
    },
    {
      name: 'a reservation for a client identifier: two machines may have the same',
      changes: { reservations: [{ clientId: '00aa', address: parseIpv4('10.75.0.50') }] },
      given: undefined,
    },
    {
      name: 'a reservation in the range of the hosts: one of them may have it',
      changes: { reservations: [{ ...reserved, address: parseIpv4('10.75.0.130') }] },
      given: undefined,
    },
  ];
  for (const { name, changes, hosts, given } of owners) {
    it(`${name} → ${given ?? 'no answer'}`, () => {
      const world = new DhcpWorld(changes, hosts);
      world.stall();
      const identified = (fields: PacketFields | undefined): PacketFields => ({
        ...fields,
        options: [...(fields?.options ?? []), [61, '00aa']],
      });
      const offer = world.say(identified(asked['DISCOVER']?.('')));
      expect(offer?.yiaddr).to.equal(given);
      const wanted = given ?? '10.75.0.50';
      for (const state of ['SELECTING', 'INIT-REBOOT', 'RENEWING']) {
        const answer = world.say(identified(asked[state]?.(wanted)));
        expect(answer?.options[53] === '05', state).to.equal(given !== undefined);
        if (given !== undefined) expect(answer?.options[51]).to.equal(uint32(120));
      }
      if (given === undefined) return;
      // Whoever else asks, and whatever becomes of the lease: nobody else gets it.
      const forgetful = new DhcpWorld(changes, hosts);
      for (let machine = 10; machine < 99; machine += 1) {
        const chaddr = `52:54:00:00:01:${machine}`;
        for (const state of ['SELECTING', 'INIT-REBOOT', 'RENEWING']) {
          const answer = forgetful.say({ ...asked[state]?.(given), chaddr });
          expect(answer?.options[53]).to.not.equal('05');
        }
        expect(forgetful.say({ options: [[53, '01']], chaddr })?.yiaddr).to.not.equal(given);
      }
    });
  }

  it('a fixed address that a stranger has from before it was one is his until his lease ends', () => {
    const world = new DhcpWorld(LONG);
    expect(world.lease(OTHER_MAC)).to.equal(FIRST);
    world.reconfigure({ ...LONG, reservations: [{ mac: parseMac(MAC), address: parseIpv4(FIRST) }] });
    world.stall();
    world.pass(100);
    expect(world.say(asked['INIT-REBOOT']?.(FIRST) ?? {})?.options[53]).to.not.equal('05');
    const his = world.say({ ...asked['RENEWING']?.(FIRST), chaddr: OTHER_MAC });
    expect(his?.options[51]).to.equal(uint32(900));
    world.pass(901);
    expect(world.say({ ...asked['RENEWING']?.(FIRST), chaddr: OTHER_MAC })?.options[53]).to.not.equal('05');
    expect(world.say(asked['INIT-REBOOT']?.(FIRST) ?? {})?.options[53]).to.equal('05');
  });
});
