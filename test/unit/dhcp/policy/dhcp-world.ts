import { Answering } from '../../../../src/dhcp/answering.js';
import type { IgnoreReason, ListeningPort } from '../../../../src/dhcp/decision.js';
import type { DhcpObserver } from '../../../../src/dhcp/observer.js';
import { KeptLeases, type KeptLeasesEvents } from '../../../../src/dhcp/kept-leases.js';
import type { LeaseTable } from '../../../../src/dhcp/lease-table.js';
import { dhcpPolicy } from '../../../../src/dhcp/policy/decide.js';
import type { DhcpSettings, DhcpSubnet, KnownHost } from '../../../../src/dhcp/policy/settings.js';
import { formatIpv4, parseIpv4, parseSubnet, type Ipv4 } from '../../../../src/net/ipv4.js';
import { ip, packet, parse, type PacketFields, type ParsedPacket } from '../packets.js';

export const SERVER = '10.75.0.1';
export const BOOT_URL = 'http://10.75.0.1:4080/boot.ipxe';

export const provisioning: DhcpSubnet = {
  subnet: parseSubnet('10.75.0.0/24'),
  pool: { first: parseIpv4('10.75.0.20'), last: parseIpv4('10.75.0.99') },
  leaseSeconds: 120,
  routers: [parseIpv4('10.75.0.254')],
  dnsServers: [parseIpv4('10.75.0.1'), parseIpv4('10.75.0.2')],
  ntpServers: [parseIpv4('10.75.0.3')],
  domain: 'rack.test',
};

export const settings: DhcpSettings = {
  mode: 'server',
  serverAddress: parseIpv4(SERVER),
  authoritative: false,
  subnets: [provisioning],
  hostRange: { first: parseIpv4('10.75.0.100'), last: parseIpv4('10.75.0.200') },
  leaseFixedAddresses: false,
  reservations: [],
  deny: [],
  identifyBy: 'mac',
  offerSeconds: 30,
  declineSeconds: 600,
  probe: true,
  routerAdvertisement: true,
  leasesPerRelayPort: 0,
  boot: {
    bootUrl: BOOT_URL,
    tftpServer: parseIpv4(SERVER),
    loaderBaseUrl: 'http://10.75.0.1:4080/boot/',
  },
};

export interface Answer extends ParsedPacket {
  /** `address:port`. */
  readonly to: string;
  readonly bytes: Buffer;
}

const nothing = (): void => undefined;

/** What happens to leases is told to nobody. */
export const unheard: KeptLeasesEvents = {
  changed: nothing,
  answered: nothing,
  durable: nothing,
  flushed: nothing,
  failed: nothing,
  stalled: nothing,
  resumed: nothing,
};

/** A server without sockets, disk and real time: what is said to it is answered at once. */
export class DhcpWorld {
  now = Date.UTC(2026, 0, 1);
  readonly ignored: (IgnoreReason | 'fault')[] = [];
  readonly alarms: string[] = [];
  /** Options that were passed over. */
  readonly leftOut: string[] = [];
  /** How many clients there was no loader for. */
  unserved = 0;
  readonly lines: string[] = [];
  readonly probed: string[] = [];
  /** Addresses that somebody answers at when they are pinged. */
  readonly strangers = new Set<string>();
  readonly leases: LeaseTable;
  readonly #answering: Answering;
  #answers: Answer[] = [];

  constructor(changes: Partial<DhcpSettings> = {}, hosts: Readonly<Record<string, KnownHost>> = {}) {
    const policy = dhcpPolicy({ ...settings, ...changes }, { byMac: (mac) => hosts[mac] });
    const kept = new KeptLeases(policy.pools, unheard);
    this.leases = kept.table;
    const log = (facts: object, message: string): void => {
      this.lines.push(`${message} ${JSON.stringify(facts)}`);
    };
    this.#answering = new Answering(
      policy,
      (address) => this.#probe(address),
      kept,
      { server: 67, client: 68 },
      {
        clock: () => this.now,
        log: { isLevelEnabled: () => true, debug: log, info: log, warn: log, error: log },
        observer: this.#observer(),
      },
    );
  }

  /** Sends what the fields say, gets what is answered. */
  say(fields: PacketFields, port: ListeningPort = 'server', sender = '0.0.0.0:68'): Answer | undefined {
    return this.sayBytes(packet(fields), port, sender);
  }

  sayBytes(datagram: Buffer, port: ListeningPort = 'server', sender = '0.0.0.0:68'): Answer | undefined {
    this.#answers = [];
    const [address = '', senderPort = ''] = sender.split(':');
    this.#answering.receive(datagram, {
      sender: { address: parseIpv4(address), port: Number(senderPort) },
      port,
      via: {
        send: (view, to) => {
          const bytes = Buffer.from(view);
          this.#answers.push({ ...parse(bytes), bytes, to: `${formatIpv4(to.address)}:${to.port}` });
        },
        flush: () => undefined,
      },
    });
    return this.#answers[0];
  }

  /** The answer that came later, after a probe. */
  late(): Answer | undefined {
    return this.#answers[0];
  }

  /** All that came since something was said last. */
  answers(): readonly Answer[] {
    return this.#answers;
  }

  /** DISCOVER and REQUEST of a plain client. @returns the address. */
  lease(chaddr: string, fields: PacketFields = {}): string {
    const offer = this.say({ ...fields, chaddr, options: [[53, '01'], ...(fields.options ?? [])] });
    if (offer === undefined) throw new Error(`no offer for ${chaddr}: ${this.ignored.at(-1)}`);
    const ack = this.say({
      ...fields,
      chaddr,
      options: [[53, '03'], [50, ip(offer.yiaddr)], [54, offer.options[54] ?? ''], ...(fields.options ?? [])],
    });
    if (ack?.options[53] !== '05') throw new Error(`no ACK for ${chaddr}: ${this.ignored.at(-1)}`);
    return ack.yiaddr;
  }

  /** Clears what was noted so far; the leases stay. */
  forget(): void {
    for (const list of [this.ignored, this.alarms, this.leftOut, this.lines, this.probed]) list.length = 0;
  }

  /** The disk refuses leases from now on: those that are in force are on it, but for the ones of these addresses. */
  stall(...notOnDisk: readonly string[]): void {
    const onDisk = new Map([...this.leases.all()].map((lease) => [lease.address, { ...lease }]));
    for (const address of notOnDisk) onDisk.delete(parseIpv4(address));
    this.leases.onDiskUntil = (lease) => {
      const written = onDisk.get(lease.address);
      if (lease.state !== 'bound' || written?.state !== 'bound' || written.key !== lease.key) return 0;
      return Math.min(written.expiresAt, lease.expiresAt);
    };
  }

  /** The disk takes leases again. */
  resume(): void {
    this.leases.onDiskUntil = undefined;
  }

  pass(seconds: number): void {
    this.now += seconds * 1000;
  }

  /** Other settings, the same leases. */
  reconfigure(changes: Partial<DhcpSettings>, hosts: Readonly<Record<string, KnownHost>> = {}): void {
    this.#answering.policy = dhcpPolicy({ ...settings, ...changes }, { byMac: (mac) => hosts[mac] });
    this.leases.reconfigure(this.#answering.policy.pools, this.#answering.policy.identifyBy);
  }

  #probe(address: Ipv4): Promise<boolean> {
    this.probed.push(formatIpv4(address));
    return Promise.resolve(this.strangers.has(formatIpv4(address)));
  }

  #observer(): DhcpObserver {
    return {
      received: () => undefined,
      replied: () => undefined,
      ignored: (reason) => this.ignored.push(reason),
      optionLeftOut: (option) => this.leftOut.push(option),
      nothingToBoot: () => {
        this.unserved += 1;
      },
      leaseChanged: () => undefined,
      poolExhausted: (network) => this.alarms.push(network),
      flushed: () => undefined,
      journalFailed: () => undefined,
      sendFailed: () => undefined,
    };
  }
}
