import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { settings, provisioning } from '../unit/dhcp/policy/dhcp-world.js';
import type { DhcpSettings } from '../../src/dhcp/policy/settings.js';
import { parseIpv4 } from '../../src/net/ipv4.js';
import { parseMac } from '../../src/net/mac-address.js';
import { DhcpLab } from './dhcp-lab.js';

const short: DhcpSettings = { ...settings, subnets: [{ ...provisioning, leaseSeconds: 8 }] };

describe('DHCP with real clients', function () {
  this.timeout(60_000);
  let lab: DhcpLab;
  beforeEach(() => {
    lab = new DhcpLab('dhcp');
  });
  afterEach(() => lab.remove());

  const udhcpc = (device: string, ...more: string[]) =>
    lab.onClient(
      'udhcpc',
      '-i',
      device,
      '-n',
      '-q',
      '-t',
      '2',
      '-T',
      '1',
      '-s',
      lab.file('client-script'),
      ...more,
    );

  it('udhcpc gets an address and all that goes with it', async () => {
    await lab.daemon(settings);
    const { code, output } = await udhcpc('eth0');
    expect(output).to.include('lease of 10.75.0.20 obtained');
    expect(code).to.equal(0);
    expect(lab.read('client-script.bound').split('\n')).to.include.members([
      'ip=10.75.0.20',
      'mask=24',
      'router=10.75.0.254',
      'dns=10.75.0.1 10.75.0.2',
      'domain=rack.test',
      'lease=120',
      'serverid=10.75.0.1',
      'broadcast=10.75.0.255',
    ]);
  });

  it('udhcpc gets it by unicast-or-broadcast as it likes: with the broadcast flag too', async () => {
    await lab.daemon(settings);
    expect((await udhcpc('eth0', '-B')).code).to.equal(0);
  });

  it('nobody is answered on another interface of the same machine', async () => {
    lab.wire('other0', 'eth1', '10.99.0.1/24');
    const daemon = await lab.daemon(settings);
    expect((await udhcpc('eth1')).code).to.equal(1);
    expect(daemon.events.map(({ event }) => event)).to.not.include('DHCP message');
    expect((await udhcpc('eth0')).code).to.equal(0);
  });

  it('dhclient is bound by broadcast, renews by unicast, and releases', async () => {
    const daemon = await lab.daemon(short);
    const files = [
      '-sf',
      lab.file('client-script'),
      '-lf',
      lab.file('leases'),
      '-pf',
      lab.file('pid'),
      '-cf',
      '/dev/null',
    ];
    const client = lab.start(lab.client, 'dhclient', '-d', '-v', ...files, 'eth0');
    await daemon.seen(({ event }) => event === 'address leased');
    const renewal = await daemon.seen(
      ({ type, clientAddress }) => type === 'request' && clientAddress === '10.75.0.20',
    );
    expect(renewal).to.include({ answer: 'ack', address: '10.75.0.20' });
    client.kill('SIGTERM');
    await lab.onClient('dhclient', '-r', ...files, 'eth0');
    expect(await daemon.seen(({ type }) => type === 'release')).to.include({
      reason: 'released',
      about: '10.75.0.20',
    });
  });

  it('a lease survives kill -9 of the server', async () => {
    const daemon = await lab.daemon(settings);
    await udhcpc('eth0');
    daemon.process.kill('SIGKILL');
    await once(daemon.process, 'exit');
    expect(lab.read('leases.jsonl')).to.match(/"address":"10.75.0.20","state":"bound"/);
    const again = await lab.daemon({ ...settings, authoritative: true });
    const { output } = await udhcpc('eth0', '-r', '10.75.0.20');
    expect(output).to.include('lease of 10.75.0.20 obtained');
    expect(again.events[0]).to.include({ event: 'DHCP is answered', leases: 1 });
  });

  it('without room for leases only those are given that are on disk, and fixed addresses; all once there is', async () => {
    // A disk of one megabyte, which is full before the journal could reserve room.
    const disk = lab.file('disk');
    const journalPath = join(disk, 'leases.jsonl');
    execFileSync('mkdir', [disk]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk]);
    const [known = '', fixed = '', fresh = ''] = [1, 2, 3].map((last) => `52:54:00:00:00:0${last}`);
    const asks = async (mac: string, ...more: string[]) => {
      await lab.onClient('ip', 'link', 'set', 'eth0', 'address', mac);
      return (await udhcpc('eth0', ...more)).output;
    };
    try {
      const until = Date.now() + 100_000;
      const lease = { address: '10.75.0.30', state: 'bound', until: new Date(until).toISOString() };
      writeFileSync(journalPath, `${JSON.stringify({ ...lease, key: 'hw-01525400000001', mac: known })}\n`);
      writeFileSync(join(disk, 'filler'), Buffer.alloc(1_015_000));
      const reservations = [{ mac: parseMac(fixed), address: parseIpv4('10.75.0.50') }];
      const daemon = await lab.daemon({ ...settings, reservations }, { journalPath });
      expect(await asks(fresh)).to.include('no lease, failing');
      expect(await asks(fresh)).to.include('no lease, failing');
      expect(await asks(fixed)).to.match(/lease of 10\.75\.0\.50 .*lease time 120/);
      const asked = Date.now();
      const [, seconds] = /lease of 10\.75\.0\.30 .*lease time (\d+)/.exec(await asks(known)) ?? [];
      expect(asked + Number(seconds) * 1000).to.be.within(until - 30_000, until);
      rmSync(join(disk, 'filler'));
      await daemon.seen(({ event }) => event.startsWith('leases can be written again'));
      expect(await asks(fresh)).to.match(/lease of 10\.75\.0\.2\d .*lease time 120/);
      expect(await asks(known)).to.match(/lease of 10\.75\.0\.30 .*lease time 120/);
      expect(lab.read('disk/leases.jsonl')).to.include('"10.75.0.50"');
      const told = daemon.events.map(({ event }) => event).filter((event) => event.startsWith('leases can'));
      expect(told).to.deep.equal([
        'leases cannot be written: only fixed addresses and what is left of leases on disk are given until they can',
        'leases can be written again: all addresses are leased',
      ]);
    } finally {
      // Lazily: the daemon still has its journal open there.
      execFileSync('umount', ['-l', disk]);
    }
  });

  it('an address that was used before and is used by a stranger now is not offered', async () => {
    const pool = { first: parseIpv4('10.75.0.20'), last: parseIpv4('10.75.0.21') };
    const daemon = await lab.daemon({ ...settings, subnets: [{ ...provisioning, pool, leaseSeconds: 1 }] });
    const asks = async (mac: string) => {
      await lab.onClient('ip', 'addr', 'flush', 'dev', 'eth0', 'to', '10.75.0.0/24');
      await lab.onClient('ip', 'link', 'set', 'eth0', 'address', mac);
      const started = performance.now();
      const { output } = await udhcpc('eth0');
      return { output, milliseconds: performance.now() - started };
    };
    expect((await asks('52:54:00:00:00:01')).output).to.include('lease of 10.75.0.20');
    expect((await asks('52:54:00:00:00:02')).output).to.include('lease of 10.75.0.21');
    // 10.75.0.20 stays in use although its lease has ended.
    await lab.onClient('ip', 'addr', 'add', '192.0.2.1/32', 'dev', 'eth0');
    await lab.onClient('ip', 'addr', 'add', '10.75.0.20/32', 'dev', 'lo');
    await lab.onClient('ip', 'route', 'add', '10.75.0.1/32', 'dev', 'eth0');
    await new Promise((resolve) => {
      setTimeout(resolve, 1100);
    });
    const { output, milliseconds } = await asks('52:54:00:00:00:03');
    expect(output).to.include('lease of 10.75.0.21');
    expect(milliseconds).to.be.lessThan(1500);
    expect(daemon.events.map(({ event }) => event)).to.include('address is in use by a stranger: set aside');
  });

  it('says who is in the way when the port is taken', async () => {
    lab.start(
      lab.server,
      'dnsmasq',
      '-d',
      '-i',
      'prov0',
      '--port=0',
      '--dhcp-range=10.75.0.200,10.75.0.210',
      '--leasefile-ro',
    );
    let taken = false;
    while (!taken) taken = (await lab.onServer('ss', '-lun')).output.includes(':67');
    const daemon = await lab.daemon(settings);
    expect(daemon.events[0]?.['message']).to.include('UDP port 67').and.to.include('ss -lunp');
  });

  it('starts on an interface that has no carrier yet, and answers when it has', async () => {
    await lab.onClient('ip', 'link', 'set', 'eth0', 'down');
    const daemon = await lab.daemon(settings);
    expect(daemon.events.at(-1)?.event).to.equal('ready');
    expect((await udhcpc('eth0')).code).to.equal(0);
  });

  it('says what is there when the address is not', async () => {
    const daemon = await lab.daemon({ ...settings, serverAddress: parseIpv4('10.75.0.2') });
    expect(daemon.events[0]?.['message'])
      .to.include('10.75.0.2 is not there')
      .and.to.include('prov0 10.75.0.1');
    await lab.onClient('ip', 'link', 'set', 'eth0', 'down');
    const again = await lab.daemon({ ...settings, serverAddress: parseIpv4('10.75.0.2') });
    expect(again.events[0]?.['message']).to.include('10.75.0.2 is not there');
  });

  it('tells who looks for an IPv6 router that there is none', async () => {
    await lab.daemon(settings);
    await lab.onClient('ip', 'link', 'set', 'eth0', 'down');
    const fields = ['-T', 'fields', '-e', 'icmpv6.type', '-e', 'icmpv6.nd.ra.router_lifetime'];
    const advertisements = ['-f', 'icmp6 and ip6[40] == 134', '-c', '1'];
    const capture = lab.start(lab.server, 'tshark', '-l', '-i', 'prov0', ...advertisements, ...fields);
    await once(capture.stderr ?? capture, 'data');
    await lab.onClient('ip', 'link', 'set', 'eth0', 'up');
    const [line]: Buffer[] = await once(capture.stdout ?? capture, 'data');
    expect(line?.toString().trim()).to.equal('134\t0');
  });

  it('perfdhcp finds no drop at a modest rate', async () => {
    const wide = new DhcpLab('perf', 16);
    try {
      const pool = { first: parseIpv4('10.75.1.0'), last: parseIpv4('10.75.200.255') };
      const { network } = provisioning.subnet;
      await wide.daemon(
        { ...settings, subnets: [{ ...provisioning, subnet: { network, prefixLength: 16 }, pool }] },
        { verbose: false },
      );
      await wide.onClient('ip', 'addr', 'add', '10.75.0.2/16', 'dev', 'eth0');
      const { output } = await wide.onClient(
        'perfdhcp',
        '-4',
        '-l',
        'eth0',
        '-R',
        '2000',
        '-r',
        '500',
        '-p',
        '3',
        '-W',
        '2000000',
        '10.75.0.1',
      );
      expect(output).to.match(/non unique addresses: 0/);
      // With two seconds at the end for what is on its way; a busy machine may still lose a few.
      const drops = [...output.matchAll(/^drops: (\d+)/gm)].map(([, count]) => Number(count));
      expect(drops).to.have.length(2);
      expect(Math.max(...drops)).to.be.at.most(5);
    } finally {
      await wide.remove();
    }
  });
});
