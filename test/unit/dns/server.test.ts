import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { OwnNames } from '../../../src/dns/own-names.js';
import { DnsServer, type DnsOutcome, type DnsSettings } from '../../../src/dns/server.js';
import { framed, type Question } from '../../../src/dns/message.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { formatIpv4, parseIpv4, parseSubnet } from '../../../src/net/ipv4.js';

/** A server elsewhere: TXT `elsewhere` for every name, unless it is silent. */
class Upstream {
  readonly asked: Buffer[] = [];
  isSilent = false;
  /** Sent before each answer. */
  forged: ((query: Buffer) => Buffer) | undefined;
  readonly #udp: UdpSocket = createSocket('udp4');
  readonly #tcp: Server = createServer();
  port = 0;

  async start(): Promise<this> {
    this.#udp.bind(0, '127.0.0.1');
    await once(this.#udp, 'listening');
    this.port = this.#udp.address().port;
    this.#udp.on('message', (query, { port, address }) => {
      this.asked.push(query);
      if (this.isSilent) return;
      if (this.forged) this.#udp.send(this.forged(query), port, address);
      // Large answers by TCP alone: the client is told so.
      this.#udp.send(isLarge(query) ? truncated(query) : answered(query), port, address);
    });
    this.#tcp.listen(this.port, '127.0.0.1');
    await once(this.#tcp, 'listening');
    this.#tcp.on('connection', (socket) => {
      socket.on('data', (bytes: Buffer) => {
        const answer = answered(bytes.subarray(2));
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([length, answer]));
      });
      socket.on('error', () => socket.destroy());
    });
    return this;
  }

  stop(): void {
    this.#udp.close();
    this.#tcp.close();
  }
}

function isLarge(query: Buffer): boolean {
  return query.includes('large');
}

function truncated(query: Buffer): Buffer {
  const answer = withCounts(query, 0);
  answer[2] = (answer[2] ?? 0) | 0x02;
  return answer;
}

function answered(query: Buffer): Buffer {
  const text = Buffer.from(isLarge(query) ? 'x'.repeat(200) : 'elsewhere');
  const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, text.length + 1, text.length]);
  return Buffer.concat([withCounts(query, 1), record, text]);
}

/** Header and question, as an answer; what else the query has is left out. */
function withCounts(query: Buffer, answers: number): Buffer {
  const end = query.indexOf(0, 12) + 5;
  const answer = Buffer.from(query.subarray(0, end));
  answer.writeUInt16BE(0x8180, 2);
  answer.writeUInt16BE(answers, 6);
  answer.writeUInt32BE(0, 8);
  return answer;
}

/** `ser1.x`: none of ours. */
const QUESTION = Buffer.from('000701000001000000000000047365723101780000010001', 'hex');

describe('the server of DNS', () => {
  let upstream: Upstream;
  let server: DnsServer;
  let settings: DnsSettings;
  let outcomes: DnsOutcome[];
  let limits: string[];
  let port: number;
  let resolver: Resolver;

  const hosts = [
    newHost(parseSerial('ser1'), { hostname: 'Core-1', internalAddress: parseIpv4('10.75.0.10') }),
    newHost(parseSerial('VMware 56'), { internalAddress: parseIpv4('10.75.0.11') }),
    newHost(parseSerial('homeless')),
  ];
  const names = new OwnNames(hosts, {
    domain: 'Rack.test',
    subnet: parseSubnet('10.75.0.0/24'),
    ttlSeconds: 60,
  });

  /** Whose address is leased, or a host's. */
  let known: Set<string>;

  beforeEach(async () => {
    known = new Set();
    upstream = await new Upstream().start();
    outcomes = [];
    limits = [];
    settings = {
      upstreams: [{ address: parseIpv4('127.0.0.1'), port: upstream.port }],
      networks: [parseSubnet('127.0.0.0/8')],
      maxQueries: 3,
      maxQueriesPerClient: 2,
      maxConnections: 3,
      maxConnectionsPerClient: 2,
    };
    server = new DnsServer({
      address: '127.0.0.1',
      port: 0,
      settings: () => settings,
      names: () => names,
      isKnown: (address) => known.has(formatIpv4(address)),
      answered: (outcome) => outcomes.push(outcome),
      reach: (limit) => limits.push(limit),
      log: { warn: () => undefined },
      timeoutMs: 300,
    });
    // A port that is free for TCP may be somebody's for UDP: then another.
    port = await server.start().catch(() => server.start());
    resolver = new Resolver({ tries: 1, timeout: 5000 });
    resolver.setServers([`127.0.0.1:${port}`]);
  });
  afterEach(async () => {
    await server.close();
    upstream.stop();
  });

  const failure = (asked: Promise<unknown>) =>
    asked.then(
      () => 'answered',
      ({ code }: { code: string }) => code,
    );

  for (const { name, ask, want } of [
    {
      name: 'a host by its name',
      ask: () => resolver.resolve4('core-1', { ttl: true }),
      want: [{ address: '10.75.0.10', ttl: 60 }],
    },
    {
      name: 'a host in its domain, in any letters',
      ask: () => resolver.resolve4('CORE-1.rack.TEST'),
      want: ['10.75.0.10'],
    },
    {
      name: 'a host by the name that its serial makes',
      ask: () => resolver.resolve4('vmware-56.rack.test'),
      want: ['10.75.0.11'],
    },
    { name: 'an address', ask: () => resolver.reverse('10.75.0.10'), want: ['core-1.rack.test'] },
    {
      name: 'an address that nobody has',
      ask: () => failure(resolver.reverse('10.75.0.99')),
      want: 'ENOTFOUND',
    },
    {
      name: 'a host without an address',
      ask: () => failure(resolver.resolve4('homeless')),
      want: 'ENOTFOUND',
    },
    { name: 'what a host does not have', ask: () => failure(resolver.resolve6('core-1')), want: 'ENODATA' },
  ]) {
    it(`Y12: answers for ${name} itself`, async () => {
      expect(await ask()).to.deep.equal(want);
      expect(upstream.asked).to.deep.equal([]);
      expect(outcomes).to.deep.equal(['own']);
    });
  }

  for (const name of ['www.example.net', 'other.rack.test', '10.76.0.1.in-addr.arpa']) {
    it(`Y12: asks others for ${name}`, async () => {
      expect(await resolver.resolveTxt(name)).to.deep.equal([['elsewhere']]);
      expect(outcomes).to.deep.equal(['forwarded']);
    });
  }

  it('Y12: asks by TCP who is asked by TCP', async () => {
    expect(await resolver.resolveTxt('large.example.net')).to.deep.equal([['x'.repeat(200)]]);
    expect(outcomes).to.deep.equal(['forwarded', 'forwarded']);
  });

  it('Y12: asks each question under a number of its own', async () => {
    for (let count = 0; count < 8; count += 1) await resolver.resolveTxt('www.example.net');
    expect(new Set(upstream.asked.map((query) => query.readUInt16BE(0))).size).to.be.above(4);
  });

  it('Y12: passes over what is no answer to its question', async () => {
    upstream.forged = (query) => Buffer.concat([answered(query).fill(0xff, 0, 2)]);
    expect(await resolver.resolveTxt('www.example.net')).to.deep.equal([['elsewhere']]);
  });

  it('Y12: asks the next server where one is silent, and says so where all are', async () => {
    const second = await new Upstream().start();
    upstream.isSilent = true;
    settings = {
      ...settings,
      upstreams: [...settings.upstreams, { address: parseIpv4('127.0.0.1'), port: second.port }],
    };
    expect(await resolver.resolveTxt('www.example.net')).to.deep.equal([['elsewhere']]);
    second.isSilent = true;
    expect(await failure(resolver.resolveTxt('www.example.net'))).to.equal('ESERVFAIL');
    second.stop();
    expect(outcomes).to.deep.equal(['forwarded', 'silent']);
  });

  it('Y12: refuses what it would have to ask where there is nobody to ask', async () => {
    settings = { ...settings, upstreams: [] };
    expect(await failure(resolver.resolveTxt('www.example.net'))).to.equal('EREFUSED');
  });

  it('Y12: holds no more questions of one client, and of all, than there are places', async () => {
    upstream.isSilent = true;
    const ask = () => failure(resolver.resolveTxt('www.example.net'));
    expect(await Promise.all([ask(), ask(), ask()])).to.deep.equal(['ESERVFAIL', 'ESERVFAIL', 'ESERVFAIL']);
    expect(limits).to.deep.equal(['dns-queries-per-client']);
    settings = { ...settings, maxQueriesPerClient: 9, maxQueries: 1 };
    await Promise.all([ask(), ask()]);
    expect(limits).to.deep.equal(['dns-queries-per-client', 'dns-queries']);
    expect(server.outstanding).to.equal(0);
  });

  it('Y12: answers nobody outside the provisioned networks', async () => {
    settings = { ...settings, networks: [parseSubnet('10.75.0.0/24')] };
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'close');
    const stranger = createSocket('udp4');
    stranger.send(Buffer.from('00070100000100000000000004736572310000010001', 'hex'), port, '127.0.0.1');
    while (outcomes.length < 2) await new Promise(setImmediate);
    stranger.close();
    expect(outcomes).to.deep.equal(['foreign', 'foreign']);
  });

  it('Y12: closes connections beyond their number, the idlest first, and those that send no message', async () => {
    const open = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all(open.map((socket) => once(socket, 'connect')));
    const third = connect(port, '127.0.0.1');
    await once(open[0]!, 'close');
    expect(limits).to.deep.equal(['dns-connections-per-client']);
    third.write(Buffer.from([0xff, 0xff, 1]));
    await once(third, 'close');
    open[1]?.destroy();
    expect(outcomes).to.deep.equal(['malformed']);
  });

  it('has a place by TCP for a machine that it knows, however many strangers keep theirs', async () => {
    known.add('127.0.0.9');
    const strangers = await Promise.all(['127.0.0.2', '127.0.0.3', '127.0.0.4'].map(connected));
    const machine = await connected('127.0.0.9');
    await once(strangers[0]!, 'close');
    const newcomer = await connected('127.0.0.5');
    await once(strangers[1]!, 'close');
    machine.write(framed(QUESTION));
    const [answer]: Buffer[] = await once(machine, 'data');
    expect(answer?.readUInt16BE(2)).to.equal(7);
    expect(limits).to.deep.equal(['dns-connections', 'dns-connections']);
    for (const socket of [machine, newcomer, strangers[2]!]) socket.destroy();
  });

  it('has a place for the question of a machine that it knows, however many strangers ask', async () => {
    known.add('127.0.0.1');
    upstream.isSilent = true;
    const strangers = await Promise.all(['127.0.0.2', '127.0.0.3', '127.0.0.4'].map(asking));
    while (upstream.asked.length < 3) await new Promise(setImmediate);
    upstream.isSilent = false;
    const evicted = once(strangers[0]!, 'message');
    expect(await resolver.resolveTxt('www.example.net')).to.deep.equal([['elsewhere']]);
    const [answer] = (await evicted) as [Buffer];
    expect((answer[3] ?? 0) & 0xf, 'SERVFAIL').to.equal(2);
    expect(limits).to.deep.equal(['dns-queries']);
    expect(outcomes).to.have.members(['limited', 'forwarded']);
    for (const socket of strangers) socket.close();
  });

  it('turns away a stranger where all questions are of machines that it knows', async () => {
    known = new Set(['127.0.0.2', '127.0.0.3', '127.0.0.4']);
    upstream.isSilent = true;
    const machines = await Promise.all([...known].map(asking));
    while (upstream.asked.length < 3) await new Promise(setImmediate);
    expect(await failure(resolver.resolveTxt('www.example.net'))).to.equal('ESERVFAIL');
    expect([limits, outcomes]).to.deep.equal([['dns-queries'], ['limited']]);
    for (const socket of machines) socket.close();
  });

  it('leaves no question behind when it closes', async () => {
    upstream.isSilent = true;
    const asked = await asking('127.0.0.2');
    while (server.outstanding === 0) await new Promise(setImmediate);
    await server.close();
    await new Promise(setImmediate);
    expect(server.outstanding).to.equal(0);
    asked.close();
  });

  async function connected(localAddress: string): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    await once(socket, 'connect');
    return socket;
  }

  /** A socket that has asked what only another server knows. */
  async function asking(address: string): Promise<UdpSocket> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    socket.send(QUESTION, port, '127.0.0.1');
    return socket;
  }

  it('Y12: says who else may have the port', async () => {
    const other = new DnsServer({
      address: '127.0.0.1',
      port,
      settings: () => settings,
      names: () => names,
      isKnown: () => false,
      answered: () => undefined,
      reach: () => undefined,
      log: { warn: () => undefined },
    });
    const words = await other.start().then(() => 'started', String);
    expect(words).to.include(`DNS cannot listen on 127.0.0.1 port ${port} (EADDRINUSE)`);
  });

  it('goes on where the upstream cannot even be sent to', async () => {
    // Without leave to broadcast the system refuses it at once, as it does an address without a route.
    settings = { ...settings, upstreams: [{ address: parseIpv4('255.255.255.255'), port: 53 }] };
    expect(await failure(resolver.resolveTxt('a.example'))).to.equal('ESERVFAIL');
    expect(await resolver.resolve4('core-1')).to.deep.equal(['10.75.0.10']);
  });
});

describe('the names that DNS knows', () => {
  const at = (address: string) => ({ internalAddress: parseIpv4(address) });
  const addressOf = (name: string, hosts: readonly Host[], reserved: readonly string[] = []) => {
    const names = new OwnNames(hosts, {
      domain: undefined,
      subnet: parseSubnet('10.75.0.0/24'),
      ttlSeconds: 60,
      reserved,
    });
    const section = Buffer.concat([
      Buffer.from([name.length]),
      Buffer.from(`${name}\0\0\x01\0\x01`, 'latin1'),
    ]);
    const question: Question = { id: 1, name, type: 1, class: 1, wantsRecursion: false, section };
    const answer = names.answer(question);
    return answer?.readUInt16BE(6) === 1 ? [...answer.subarray(-4)].join('.') : undefined;
  };
  const serial = parseSerial;

  for (const { what, hosts, want } of [
    {
      what: 'that an operator gave',
      hosts: [
        newHost(serial('etcd1'), { state: 'running', ...at('10.75.0.11') }),
        newHost(serial('xyz77'), { hostname: 'etcd1', ...at('10.75.0.10') }),
      ],
      want: '10.75.0.10',
    },
    {
      what: 'of the machine that runs',
      hosts: [
        newHost(serial('etcd-1'), { state: 'configured', hostname: 'other', ...at('10.75.0.11') }),
        newHost(serial('etcd1'), { state: 'running', ...at('10.75.0.10') }),
      ],
      want: '10.75.0.10',
    },
  ])
    it(`a machine that comes later takes no name ${what}`, () => {
      expect(addressOf('etcd1', hosts)).to.equal(want);
    });

  it('nobody takes those that programs trust, nor that of this server', () => {
    for (const name of ['wpad', 'localhost', 'isatap', 'imago-1'])
      expect(addressOf(name, [newHost(serial(name), at('10.75.0.11'))], ['Imago-1'])).to.equal(undefined);
  });
});
