import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DhcpPolicy } from '../../../src/dhcp/decision.js';
import { messageTypes } from '../../../src/dhcp/options.js';
import { DhcpServer } from '../../../src/dhcp/server.js';
import { NoSuchInterface } from '../../../src/dhcp/errors.js';
import { parseIpv4, parseSubnet, UNSPECIFIED_IPV4 } from '../../../src/net/ipv4.js';
import { packet, parse } from './packets.js';
import { RefusingDisk } from './refusing-disk.js';

const LOOPBACK = parseIpv4('127.0.0.1');
const RELAY = '127.0.0.2';

/** Gives everyone the address that the last byte of its MAC says: an ACK, durable before it is sent. */
const byMac: DhcpPolicy = {
  pools: [
    {
      subnet: parseSubnet('10.0.0.0/24'),
      range: { first: parseIpv4('10.0.0.1'), last: parseIpv4('10.0.0.250') },
      excluded: () => false,
    },
  ],
  proxyPort: false,
  declineSeconds: 600,
  identifyBy: 'mac',
  routerAdvertisement: false,
  decide(request, _port, leases, now) {
    if (request.hops === 99) throw new Error('a fault in the policy');
    const address = parseIpv4(`10.0.0.${request.chaddr[5] ?? 0}`);
    const key = `hw-${Buffer.from(request.chaddr).toString('hex')}`;
    const known = leases.at(address);
    const isCertain = known !== undefined && (leases.onDiskUntil?.(known) ?? Infinity) > now;
    if (leases.onDiskUntil !== undefined && !isCertain)
      return { kind: 'ignore', reason: 'leases-not-written' };
    return {
      kind: 'reply',
      reply: {
        type: messageTypes.ack,
        htype: 1,
        chaddr: request.chaddr,
        xid: request.xid,
        flags: 0,
        ciaddr: UNSPECIFIED_IPV4,
        yiaddr: address,
        siaddr: UNSPECIFIED_IPV4,
        giaddr: request.giaddr,
        sname: '',
        file: '',
        options: [],
        relayAgent: undefined,
        returnTo: 'client',
        maxLength: 548,
      },
      effect: {
        kind: 'bind',
        atOnce: leases.onDiskUntil !== undefined,
        grant: {
          address,
          key,
          expiresAt: now + 60_000,
          mac: undefined,
          hostname: '',
          relayPort: '',
          chainedUntil: 0,
          declines: 0,
        },
      },
    };
  },
};

const silent = () => undefined;

describe('DhcpServer', () => {
  let events: EventEmitter;
  let errors: string[];
  const tell = (event: string) => (_facts: object, message: string) => events.emit(event, message);
  const log = {
    isLevelEnabled: () => true,
    debug: silent,
    info: tell('told'),
    warn: silent,
    error: tell('alarmed'),
  };
  let folder: string;
  let journalPath: string;
  let server: DhcpServer;
  let relay: Socket;
  let port: number;
  const observer = {
    received: silent,
    replied: silent,
    ignored: silent,
    optionLeftOut: silent,
    nothingToBoot: silent,
    leaseChanged: silent,
    poolExhausted: silent,
    flushed: silent,
    journalFailed: silent,
    sendFailed: silent,
  };

  beforeEach(async () => {
    events = new EventEmitter();
    errors = [];
    events.on('alarmed', (message: string) => errors.push(message));
    folder = await mkdtemp(join(tmpdir(), 'imago-dhcp-'));
    journalPath = join(folder, 'leases.jsonl');
    relay = createSocket('udp4');
    relay.bind(0, RELAY);
    await once(relay, 'listening');
    ({ port } = relay.address());
    server = newServer();
    await server.start();
  });
  afterEach(async () => {
    relay.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  function newServer(clock: () => number = Date.now): DhcpServer {
    return new DhcpServer(
      byMac,
      {
        interfaceName: undefined,
        serverAddress: LOOPBACK,
        allowOtherNetworks: false,
        journalPath,
        ports: { server: port, client: port },
      },
      { log, observer, clock },
    );
  }

  async function ask(bytes: Buffer): Promise<Buffer> {
    const answer: Promise<Buffer[]> = once(relay, 'message');
    relay.send(bytes, port, '127.0.0.1');
    const [datagram] = await answer;
    return datagram ?? Buffer.alloc(0);
  }

  const request = (last: string, hops = 0) =>
    packet({ giaddr: RELAY, hops, chaddr: `5254000000${last}`, options: [[53, '03']] });

  it('has the lease on disk before it answers', async () => {
    const ack = parse(await ask(request('07')));
    expect(ack.yiaddr).to.equal('10.0.0.7');
    expect(await readFile(journalPath, 'utf8')).to.include('"10.0.0.7"');
    expect(server.leases()).to.have.length(1);
  });

  it('knows the leases again after a restart', async () => {
    await ask(request('07'));
    await ask(request('08'));
    await server.close();
    server = newServer();
    await server.start();
    expect(server.leases().map(({ address }) => address - parseIpv4('10.0.0.0'))).to.deep.equal([7, 8]);
    expect(server.leaseAt(parseIpv4('10.0.0.8'))?.key).to.equal('hw-525400000008');
  });

  it('N5: takes up leases that the version before bound to client identifiers', async () => {
    await server.close();
    const until = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
    const line = (last: number, key: string, seconds: number, mac?: string): string =>
      JSON.stringify({ address: `10.0.0.${last}`, state: 'bound', until: until(seconds), key, mac });
    const mac = '52:54:00:00:00:07';
    const lines = [
      line(40, 'id-ff00000001000300015254000000aa', 900, mac),
      line(41, 'id-ff00000001000300015254000000bb', 300, mac),
      line(42, 'id-ff00000001000300015254000000aa', 600, '52:54:00:00:00:08'),
      line(43, 'hw-01525400000009', 600, '52:54:00:00:00:09'),
      line(44, 'id-20aabb', 600),
    ];
    await writeFile(journalPath, lines.map((text) => `${text}\n`).join(''));
    server = newServer();
    await server.start();
    const found = server.leases().map(({ address, key }) => [address - parseIpv4('10.0.0.0'), key]);
    expect(found).to.have.deep.members([
      [40, 'hw-01525400000007'],
      [41, 'hw-01525400000007'],
      [42, 'hw-01525400000008'],
      [43, 'hw-01525400000009'],
      [44, 'id-20aabb'],
    ]);
  });

  it('still knows whose a lease was that is over', async () => {
    await ask(request('08'));
    await server.close();
    server = newServer(() => Date.now() + 3_600_000);
    await server.start();
    const address = parseIpv4('10.0.0.8');
    expect(server.leaseAt(address)).to.equal(undefined);
    expect(server.lastLeaseAt(address)?.key).to.equal('hw-525400000008');
    expect(server.lastLeaseAt(parseIpv4('10.0.0.9'))).to.equal(undefined);
  });

  it('survives datagrams that are no DHCP, and faults of its own', async () => {
    for (let length = 0; length < 300; length += 10)
      relay.send(Buffer.alloc(length, length), port, '127.0.0.1');
    relay.send(request('09', 99), port, '127.0.0.1');
    expect(parse(await ask(request('07'))).yiaddr).to.equal('10.0.0.7');
  });

  it('shares flushes: a hundred at once are a hundred answers', async () => {
    const seen = new Set<string>();
    const all = new Promise<void>((resolve) => {
      relay.on('message', (datagram) => {
        seen.add(parse(datagram).yiaddr);
        if (seen.size === 100) resolve();
      });
    });
    for (let last = 1; last <= 100; last += 1)
      relay.send(request(last.toString(16).padStart(2, '0')), port, '127.0.0.1');
    await all;
    expect(server.leases()).to.have.length(100);
  });

  it('while the disk refuses leases sends only what need not be written; then everything by itself', async () => {
    await ask(request('07'));
    const disk = await RefusingDisk.insert();
    try {
      const stalled = once(events, 'alarmed');
      relay.send(request('08'), port, '127.0.0.1');
      expect(await stalled).to.deep.equal([
        'leases cannot be written: only fixed addresses and what is left of leases on disk are given until they can',
      ]);
      expect(server.trouble).to.match(/^leases cannot be written \(EROFS.*\): new addresses/);
      // The answer that was held is not sent later: what comes first is that to the next question.
      expect(parse(await ask(request('07'))).yiaddr).to.equal('10.0.0.7');
      await disk.refusedAgain();
      const resumed = once(events, 'told');
      await disk.mend();
      expect(await resumed).to.deep.equal(['leases can be written again: all addresses are leased']);
    } finally {
      await disk.mend();
    }
    expect(server.trouble).to.equal(undefined);
    expect(parse(await ask(request('08'))).yiaddr).to.equal('10.0.0.8');
    expect(errors).to.have.length(1);
    await server.close();
    server = newServer();
    await server.start();
    expect(server.leases().map(({ address }) => address - parseIpv4('10.0.0.0'))).to.have.members([7, 8]);
  });

  it('while the disk refuses leases takes none for certain that a crash would undo', async () => {
    await ask(request('07'));
    const disk = await RefusingDisk.insert();
    try {
      const stalled = once(events, 'alarmed');
      relay.send(request('09'), port, '127.0.0.1');
      await stalled;
      // In the table it is bound, on the disk it is not: its client is not told that it has it.
      relay.send(request('09'), port, '127.0.0.1');
      expect(parse(await ask(request('07'))).yiaddr).to.equal('10.0.0.7');
    } finally {
      await disk.mend();
    }
  });

  it('says what is there when the interface is not', async () => {
    const elsewhere = new DhcpServer(
      byMac,
      {
        interfaceName: 'nowhere0',
        serverAddress: LOOPBACK,
        allowOtherNetworks: false,
        journalPath: `${journalPath}2`,
      },
      { log, observer, clock: Date.now },
    );
    const error: unknown = await elsewhere.start().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(NoSuchInterface);
    expect(error).to.have.property('message').that.includes('nowhere0').and.includes('lo 127.0.0.1');
  });
});
