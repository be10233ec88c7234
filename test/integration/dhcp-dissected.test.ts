import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ascii, ip, type PacketFields } from '../unit/dhcp/packets.js';
import { requests } from '../unit/dhcp/pcap.js';
import { DhcpWorld, provisioning, settings, type Answer } from '../unit/dhcp/policy/dhcp-world.js';

const CAPTURES = new URL('../../../test/fixtures/pcap/', import.meta.url);
const RAW_IP = 101;
const PAD = 0;
const END = 255;

/** The option 82 of the relay in the captures is itself a byte too long, and comes back as it was. */
const FAULTY = '_ws.malformed or (_ws.expert.severity == error and not dhcp.option.type == 82)';

const boot = { ...settings.boot, bootUrl: `http://10.75.0.1:4080/${'x'.repeat(233)}` };
const remote = { ...provisioning, extraOptions: [{ code: 26, value: Buffer.from('05dc', 'hex') }] };
const worlds: { name: string; world: () => DhcpWorld }[] = [
  { name: 'as server', world: () => new DhcpWorld({ subnets: [remote] }) },
  { name: 'as server with the longest URL', world: () => new DhcpWorld({ boot }) },
  { name: 'as proxy', world: () => new DhcpWorld({ mode: 'proxy' }) },
];

/** What no capture has. */
const more: PacketFields[] = [
  {
    giaddr: '10.75.0.253',
    options: [
      [53, '01'],
      [82, `0102000105040a4b0000`],
      [61, 'ff00000001000300015254000000aa'],
    ],
  },
  {
    options: [
      [53, '03'],
      [50, ip('10.99.0.5')],
    ],
  },
  {
    ciaddr: '10.75.0.60',
    options: [
      [53, '08'],
      [55, '0103061c2a'],
    ],
  },
  {
    options: [
      [53, '01'],
      [57, '0240'],
      [60, ascii('PXEClient:Arch:00007')],
      [93, '0007'],
      [55, '4243'],
    ],
  },
];

describe('what DHCP answers, as tshark reads it', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-dissected-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const { name, world } of worlds) {
    it(`${name}: not malformed, and each option and address as meant`, () => {
      const answers = [...captured(world()), ...spoken(world())];
      expect(answers).to.have.length.of.at.least(8);
      const path = join(folder, 'answers.pcap');
      writeFileSync(path, pcap(answers));
      expect(tshark(path, '-Y', FAULTY)).to.equal('');
      const fields = [
        'dhcp.id',
        'dhcp.ip.your',
        'dhcp.ip.server',
        'dhcp.ip.relay',
        'dhcp.hw.mac_addr',
        'dhcp.option.type',
      ];
      const lines = tshark(path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field]));
      expect(lines.trimEnd().split('\n').map(asRead)).to.deep.equal(answers.map(asMeant));
    });
  }
});

function captured(world: DhcpWorld): Answer[] {
  return readdirSync(CAPTURES)
    .flatMap((file) => requests(file.replace('.pcap', '')))
    .flatMap((request) => world.sayBytes(request) ?? []);
}

function spoken(world: DhcpWorld): Answer[] {
  return more.flatMap((fields) => world.say(fields) ?? []);
}

function asMeant({ xid, yiaddr, siaddr, giaddr, chaddr, order }: Answer): string {
  return [`0x${xid.toString(16).padStart(8, '0')}`, yiaddr, siaddr, giaddr, chaddr, order.join(',')].join(
    ' ',
  );
}

function asRead(line: string): string {
  const [xid = '', yiaddr = '', siaddr = '', giaddr = '', chaddr = '', types = ''] = line.split('\t');
  const order = types.split(',').filter((type) => Number(type) !== PAD && Number(type) !== END);
  // Of a relay's MACs it shows more than one.
  return [xid, yiaddr, siaddr, giaddr, chaddr.split(',')[0], order.join(',')].join(' ');
}

function tshark(path: string, ...words: string[]): string {
  return execFileSync('tshark', ['-r', path, ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** A capture of the answers, each in an IP packet from 10.75.0.1:67 to port 68, or to a relay. */
function pcap(answers: readonly Answer[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(RAW_IP, 20);
  return Buffer.concat([
    head,
    ...answers.flatMap(({ bytes, to }) => record(bytes, Number(to.split(':')[1]))),
  ]);
}

function record(payload: Buffer, port: number): Buffer[] {
  const packet = Buffer.alloc(28);
  packet.set([0x45, 0]);
  packet.writeUInt16BE(28 + payload.length, 2);
  packet.set([64, 17], 8);
  packet.set([10, 75, 0, 1, 255, 255, 255, 255], 12);
  packet.writeUInt16BE(67, 20);
  packet.writeUInt16BE(port, 22);
  packet.writeUInt16BE(8 + payload.length, 24);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(packet.length + payload.length, 8);
  head.writeUInt32LE(packet.length + payload.length, 12);
  return [head, packet, payload];
}
