import { expect } from 'chai';
import type { IgnoreReason } from '../../../../src/dhcp/decision.js';
import { parseMac } from '../../../../src/net/mac-address.js';
import { ascii, ip, MAC, type PacketFields } from '../packets.js';
import { DhcpWorld, SERVER } from './dhcp-world.js';

const OTHER_MAC = '52:54:00:00:00:02';
const OTHER_SERVER = '10.75.0.9';
const decline = (address: string, server = SERVER, chaddr = MAC): PacketFields => ({
  chaddr,
  options: [
    [53, '04'],
    [50, ip(address)],
    [54, ip(server)],
  ],
});
const release = (address: string, server = SERVER, chaddr = MAC): PacketFields => ({
  chaddr,
  ciaddr: address,
  options: [
    [53, '07'],
    [54, ip(server)],
  ],
});

/** What gets no answer, why not, and whether the lease of 10.75.0.20 is left as it was. */
describe('the DHCP server is silent', () => {
  for (const { name, says, why, state = 'bound' } of [
    { name: 'to a reply', says: { op: 2, options: [[53, '01']] }, why: 'not-a-request' },
    { name: 'to BOOTP', says: { options: [] }, why: 'no-message-type' },
    { name: 'to a type that nobody knows', says: { options: [[53, '63']] }, why: 'unknown-message-type' },
    {
      name: 'to one who does not say who he is',
      says: { hlen: 0, options: [[53, '01']] },
      why: 'no-client-identity',
    },
    { name: 'to a release', says: release('10.75.0.20'), why: 'released', state: 'released' },
    {
      name: 'to a release of what is another’s',
      says: release('10.75.0.20', SERVER, OTHER_MAC),
      why: 'not-the-holder',
    },
    { name: 'to a release of what nobody has', says: release('10.75.0.21'), why: 'not-the-holder' },
    {
      name: 'to a release at another server',
      says: release('10.75.0.20', OTHER_SERVER),
      why: 'other-server',
    },
    { name: 'to a decline', says: decline('10.75.0.20'), why: 'declined', state: 'declined' },
    {
      name: 'to a decline of what is another’s',
      says: decline('10.75.0.20', SERVER, OTHER_MAC),
      why: 'not-the-holder',
    },
    {
      name: 'to a decline at another server',
      says: decline('10.75.0.20', OTHER_SERVER),
      why: 'other-server',
    },
    {
      name: 'to a decline of no address',
      says: {
        options: [
          [53, '04'],
          [54, ip(SERVER)],
        ],
      },
      why: 'malformed',
    },
    {
      name: 'to a decline that names no server',
      says: {
        options: [
          [53, '04'],
          [50, ip('10.75.0.20')],
        ],
      },
      why: 'malformed',
    },
    { name: 'to a REQUEST that asks for nothing', says: { options: [[53, '03']] }, why: 'malformed' },
    {
      name: 'to who chose another server and was offered nothing here',
      says: {
        chaddr: OTHER_MAC,
        options: [
          [53, '03'],
          [50, ip('10.75.0.77')],
          [54, ip(OTHER_SERVER)],
        ],
      },
      why: 'other-server',
    },
  ] satisfies { name: string; says: PacketFields; why: IgnoreReason; state?: string }[]) {
    it(`${name}: ${why}`, () => {
      const world = new DhcpWorld();
      world.lease(MAC);
      world.forget();
      expect(world.say(says)).to.equal(undefined);
      expect(world.ignored).to.deep.equal([why]);
      const [lease] = [...world.leases.all()];
      expect(lease?.state).to.equal(state);
    });
  }

  it('on port 4011, where it is the server itself', () => {
    const world = new DhcpWorld();
    world.say({ options: [[53, '01']] }, 'proxy');
    expect(world.ignored).to.deep.equal(['not-a-pxe-client']);
  });

  it('to an INFORM from a network that it does not know', () => {
    const world = new DhcpWorld();
    world.say({ ciaddr: '192.0.2.7', options: [[53, '08']] });
    expect(world.ignored).to.deep.equal(['no-subnet']);
  });

  it('as proxy: to who boots nothing, and to who speaks to the server that leases', () => {
    const world = new DhcpWorld({ mode: 'proxy' });
    const pxe: PacketFields['options'] = [[60, ascii('PXEClient:Arch:00000:UNDI:002001')]];
    expect(world.say({ options: [[53, '01']] })).to.equal(undefined);
    expect(world.say({ options: [[53, '03'], ...pxe] })).to.equal(undefined);
    expect(world.ignored).to.deep.equal(['not-a-pxe-client', 'other-server']);
  });

  it('to one at whose request it fails', () => {
    const hosts = new Proxy({}, { get: () => expect.fail('the fleet cannot be read') });
    const world = new DhcpWorld({}, hosts);
    expect(world.say({ options: [[53, '01']] })).to.equal(undefined);
    expect(world.ignored).to.deep.equal(['fault']);
  });

  it('to those it is told to deny, and to all but those it is told to allow', () => {
    const world = new DhcpWorld({ deny: [parseMac(MAC)] });
    world.say({ options: [[53, '01']] });
    expect(world.say({ chaddr: OTHER_MAC, options: [[53, '01']] })).not.to.equal(undefined);
    const other = new DhcpWorld({ allow: [parseMac(MAC)] });
    other.say({ chaddr: OTHER_MAC, options: [[53, '01']] });
    expect(other.say({ options: [[53, '01']] })).not.to.equal(undefined);
    expect([world.ignored, other.ignored]).to.deep.equal([['denied'], ['denied']]);
  });

  it('and says in the log which address a client found in use', () => {
    const world = new DhcpWorld();
    world.lease(MAC);
    world.forget();
    world.say(decline('10.75.0.20'));
    expect(world.lines).to.include('a client found its address in use: set aside {"address":"10.75.0.20"}');
  });

  it('and shows with debug what came and why it is not answered', () => {
    const world = new DhcpWorld();
    world.say({ ...release('10.75.0.20'), xid: 0xabc, giaddr: '10.75.0.7' });
    expect(world.lines).to.deep.equal([
      'DHCP message {"type":"release","client":"52:54:00:00:00:01","xid":"abc","relay":"10.75.0.7","clientAddress":"10.75.0.20","answer":"none","reason":"not-the-holder"}',
    ]);
  });
});
