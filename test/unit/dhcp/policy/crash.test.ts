import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { EventEmitter, once } from 'node:events';
import { dhcpPolicy } from '../../../../src/dhcp/policy/decide.js';
import type { DhcpPolicy } from '../../../../src/dhcp/decision.js';
import { encodeReply, LONGEST_REPLY } from '../../../../src/dhcp/reply.js';
import { KeptLeases } from '../../../../src/dhcp/kept-leases.js';
import { decodeMessage } from '../../../../src/dhcp/message.js';
import { parseIpv4 } from '../../../../src/net/ipv4.js';
import { parseMac } from '../../../../src/net/mac-address.js';
import { ip, packet, parse, type PacketFields, type ParsedPacket } from '../packets.js';
import { RefusingDisk } from '../refusing-disk.js';
import { provisioning, SERVER, settings, unheard } from './dhcp-world.js';

const MACS = ['01', '02', '03', '04', '05'].map((last) => `52:54:00:00:00:${last}`);
const [reserved = '', host = ''] = MACS;
const ADDRESSES = ['10.75.0.20', '10.75.0.21', '10.75.0.50', '10.75.0.120'];

/** Fewer addresses than machines, one of them reserved, one of a host. */
const policy: DhcpPolicy = dhcpPolicy(
  {
    ...settings,
    probe: false,
    offerSeconds: 40,
    subnets: [
      {
        ...provisioning,
        pool: { first: parseIpv4('10.75.0.20'), last: parseIpv4('10.75.0.21') },
        leaseSeconds: 100,
      },
    ],
    reservations: [{ mac: parseMac(reserved), address: parseIpv4('10.75.0.50') }],
  },
  { byMac: (mac) => (mac === host ? { address: parseIpv4('10.75.0.120') } : undefined) },
);

/** A server on a disk that refuses and a machine that crashes; whoever was told something is remembered. */
class Rack {
  now = Date.UTC(2026, 0, 1);
  acknowledged = 0;
  readonly #told = new Map<string, { readonly mac: string; readonly until: number }>();
  readonly #events = new EventEmitter();
  #path: string;
  #starts = 0;
  #durable = 0;
  #kept = this.#newLeases();
  #disk: RefusingDisk | undefined;

  constructor(private readonly folder: string) {
    this.#path = join(folder, 'leases-0');
  }

  async start(): Promise<void> {
    this.#durable = 0;
    this.#kept = this.#newLeases();
    await this.#kept.open(this.#path, 'mac');
  }

  #newLeases(): KeptLeases {
    return new KeptLeases(policy.pools, {
      ...unheard,
      durable: (sequence) => {
        this.#durable = sequence;
        this.#events.emit('durable');
      },
    });
  }

  /** @param reaching the part of each refused write that reaches the disk. */
  async refuse(reaching: number): Promise<void> {
    this.#disk ??= await RefusingDisk.insert((length) => Math.floor(length * reaching));
  }

  async mend(): Promise<void> {
    await this.#disk?.mend();
    this.#disk = undefined;
    await this.#written();
  }

  /** The disk is whole again afterwards, and has what reached it. */
  async crash(): Promise<void> {
    this.#starts += 1;
    const path = join(this.folder, `leases-${this.#starts}`);
    await copyFile(this.#path, path);
    await this.stop();
    this.#path = path;
    await this.start();
  }

  async stop(): Promise<void> {
    await this.mend();
    await this.#kept.close();
  }

  async say(mac: string, fields: PacketFields): Promise<ParsedPacket | undefined> {
    const bytes = packet({ ...fields, chaddr: mac });
    const decision = policy.decide(decodeMessage(bytes), 'server', this.#kept.table, this.now);
    const refused =
      this.#disk !== undefined && this.#kept.table.onDiskUntil === undefined && this.#disk.refused();
    const change = decision.effect && this.#kept.record(decision.effect);
    const waits = decision.kind === 'reply' && change !== undefined;
    if (decision.kind === 'ignore') this.#forget(mac, decision.reason, fields.ciaddr ?? '');
    if (refused !== false && this.#isWriting) {
      await refused;
      await this.#disk?.refusedAgain();
      return undefined;
    }
    if (this.#disk === undefined) await this.#written();
    else expect(waits, 'somebody waits for a disk that refuses').to.equal(false);
    if (decision.kind === 'ignore') return undefined;
    const answer = parse(Buffer.from(encodeReply(decision.reply, Buffer.alloc(LONGEST_REPLY))));
    if (answer.options[53] === '05') this.#tell(mac, answer);
    return answer;
  }

  get #isWriting(): boolean {
    return this.#durable < this.#kept.sequence;
  }

  async #written(): Promise<void> {
    while (this.#isWriting) await once(this.#events, 'durable');
  }

  #tell(mac: string, answer: ParsedPacket): void {
    const before = this.#told.get(answer.yiaddr);
    const isFree = before === undefined || before.mac === mac || before.until <= this.now;
    expect(isFree, `${answer.yiaddr} is that of ${before?.mac}, and was given to ${mac}`).to.equal(true);
    const until = this.now + Number.parseInt(answer.options[51] ?? '', 16) * 1000;
    this.#told.set(answer.yiaddr, { mac, until });
    this.acknowledged += 1;
  }

  #forget(mac: string, reason: string, address: string): void {
    if (reason === 'released' && this.#told.get(address)?.mac === mac) this.#told.delete(address);
  }

  addressOf(mac: string): string | undefined {
    return [...this.#told].find(([, told]) => told.mac === mac && told.until > this.now)?.[0];
  }

  async powerOn(mac: string): Promise<void> {
    const offer = await this.say(mac, { options: [[53, '01']] });
    if (offer === undefined) return;
    const selected: [number, string][] = [
      [50, ip(offer.yiaddr)],
      [54, ip(SERVER)],
    ];
    await this.say(mac, { options: [[53, '03'], ...selected] });
  }

  async renew(mac: string): Promise<void> {
    const ciaddr = this.addressOf(mac);
    if (ciaddr !== undefined) await this.say(mac, { ciaddr, options: [[53, '03']] });
  }

  async release(mac: string): Promise<void> {
    const ciaddr = this.addressOf(mac);
    if (ciaddr !== undefined) await this.say(mac, { ciaddr, options: [[53, '07']] });
  }
}

const mac = fc.constantFrom(...MACS);
const address = fc.constantFrom(...ADDRESSES);
type Step = (rack: Rack) => Promise<unknown>;
const act = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });
const step = fc.oneof(
  act(
    8,
    mac.map((who) => (rack) => rack.powerOn(who)),
  ),
  act(
    6,
    mac.map((who) => (rack) => rack.renew(who)),
  ),
  act(
    3,
    fc.tuple(mac, address).map(
      ([who, where]) =>
        (rack) =>
          rack.say(who, {
            options: [
              [53, '03'],
              [50, ip(where)],
            ],
          }),
    ),
  ),
  act(
    1,
    mac.map((who) => (rack) => rack.release(who)),
  ),
  act(
    5,
    fc.integer({ min: 1, max: 60 }).map((seconds) => (rack) => {
      rack.now += seconds * 1000;
      return Promise.resolve();
    }),
  ),
  act(
    4,
    fc.double({ min: 0, max: 1, noNaN: true }).map((reaching) => (rack) => rack.refuse(reaching)),
  ),
  act(
    2,
    fc.constant((rack) => rack.mend()),
  ),
  act(
    2,
    fc.constant((rack) => rack.crash()),
  ),
);

describe('DHCP on a disk that refuses, in a machine that crashes', () => {
  it('never gives an address to two machines', async () => {
    let acknowledged = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const folder = await mkdtemp(join(tmpdir(), 'imago-crash-'));
        const rack = new Rack(folder);
        await rack.start();
        try {
          for (const next of steps) await next(rack);
        } finally {
          await rack.stop();
          await rm(folder, { recursive: true });
        }
        acknowledged += rack.acknowledged;
      }),
      { numRuns: 300 },
    );
    expect(acknowledged).to.be.above(100);
  }).timeout(60_000);
});
