import { formatIpv4, type Ipv4 } from '../net/ipv4.js';
import { isLive, type Lease, type LeaseEffect } from './lease.js';
import { Answering, type AnsweringPorts } from './answering.js';
import type { DhcpDecision, DhcpPolicy, ListeningPort } from './decision.js';
import type { DatagramPort } from './datagram-port.js';
import { openDatagramPort, type DhcpNetworkSettings } from './dhcp-sockets.js';
import { KeptLeases, type KeptLeasesEvents } from './kept-leases.js';
import { leasesAfter, type LeaseTable, type LeaseView } from './lease-table.js';
import type { DhcpMessage } from './message.js';
import { noLinkHelpers, startLinkHelpers } from './link-helpers.js';
import { LimitedLog } from '../net/limited-log.js';
import { standardPorts, type DhcpPorts } from './reply.js';

const PROXY_PORT = 4011;
const NOT_WRITTEN = 'leases cannot be written';

export interface DhcpServerSettings extends DhcpNetworkSettings {
  /** The file that leases are kept in. Its folder must exist. */
  readonly journalPath: string;
  readonly ports?: DhcpPorts;
  readonly proxyPort?: number;
}

/** The edge of DHCP: sockets, clock and disk around the decisions of a policy. */
export class DhcpServer {
  readonly #kept: KeptLeases;
  readonly #limited: LimitedLog;
  readonly #answering: Answering;
  readonly #ports: DhcpPorts;
  #listening: readonly DatagramPort[] = [];
  #helpers = noLinkHelpers;

  constructor(
    policy: DhcpPolicy,
    private readonly settings: DhcpServerSettings,
    private readonly outside: AnsweringPorts,
  ) {
    this.#ports = settings.ports ?? standardPorts;
    this.#limited = new LimitedLog(outside.log, outside.clock);
    this.#kept = new KeptLeases(policy.pools, this.#keptEvents());
    this.#answering = new Answering(policy, undefined, this.#kept, this.#ports, outside);
  }

  get #leases(): LeaseTable {
    return this.#kept.table;
  }

  /** Loads the leases, then listens. @throws an ImagoError that says what is in the way. */
  async start(): Promise<void> {
    await this.#openJournal();
    try {
      await this.#startHelpers();
      await this.#listen(this.#ports.server, 'server');
      if (this.#answering.policy.proxyPort)
        await this.#listen(this.settings.proxyPort ?? PROXY_PORT, 'proxy');
    } catch (error) {
      await this.close();
      throw error;
    }
    const { interfaceName, serverAddress } = this.settings;
    this.outside.log.info(
      { interface: interfaceName, address: formatIpv4(serverAddress), leases: this.#leases.size },
      'DHCP is answered',
    );
  }

  /** Stops listening, then makes durable what was granted and sends the answers that waited for it. */
  async close(): Promise<void> {
    for (const port of this.#listening) port.pause();
    this.#helpers.close();
    this.#helpers = noLinkHelpers;
    await this.#kept.close();
    await Promise.all(this.#listening.map((port) => port.close()));
    this.#listening = [];
  }

  /** Other settings from the next message on; all leases stay. The interface and the ports cannot change. */
  reconfigure(policy: DhcpPolicy): void {
    this.#answering.policy = policy;
    this.#leases.reconfigure(policy.pools, policy.identifyBy);
    this.#leases.prune(this.outside.clock());
  }

  /** Those that are in force now. */
  leases(): Lease[] {
    const now = this.outside.clock();
    return [...this.#leases.all()].filter((lease) => isLive(lease, now)).map((lease) => ({ ...lease }));
  }

  /** How many are in force now. */
  liveLeases(): number {
    return this.#leases.liveCount(this.outside.clock());
  }

  /** What would be answered to the message now, had these effects come to pass before; nothing comes of it. */
  preview(request: DhcpMessage, before: readonly LeaseEffect[] = []): DhcpDecision {
    const leases = before.reduce<LeaseView>(leasesAfter, this.#leases);
    return this.#answering.policy.decide(request, 'server', leases, this.outside.clock());
  }

  /** What an operator has to see to, as a sentence; undefined where all is well. */
  get trouble(): string | undefined {
    const { refusal } = this.#kept;
    return refusal && `${NOT_WRITTEN} (${refusal.message}): new addresses are leased again when they can`;
  }

  /** The lease at an address while it is in force. */
  leaseAt(address: Ipv4): Lease | undefined {
    const lease = this.#leases.at(address);
    return lease !== undefined && isLive(lease, this.outside.clock()) ? { ...lease } : undefined;
  }

  /** The last lease that a client had at an address, though it may be over. One that was given back is none. */
  lastLeaseAt(address: Ipv4): Lease | undefined {
    const lease = this.#leases.at(address);
    return lease?.state === 'bound' ? { ...lease } : undefined;
  }

  async #startHelpers(): Promise<void> {
    const { interfaceName } = this.settings;
    if (interfaceName === undefined) return;
    this.#helpers = await startLinkHelpers(interfaceName, this.#answering.policy, this.outside.log);
    this.#answering.probe = this.#helpers.probe;
  }

  async #openJournal(): Promise<void> {
    const { journalPath: path } = this.settings;
    const damagedLines = await this.#kept.open(path, this.#answering.policy.identifyBy);
    const facts = { path, damagedLines, leases: this.#leases.size };
    if (damagedLines > 0) this.outside.log.warn(facts, 'the lease journal had damaged lines');
  }

  #keptEvents(): KeptLeasesEvents {
    const { log, observer } = this.outside;
    const { journalPath: path } = this.settings;
    return {
      changed: (lease) => observer.leaseChanged(lease),
      durable: () => undefined,
      answered: () => {
        for (const port of this.#listening) port.flush();
      },
      flushed: (count, seconds) => observer.flushed(count, seconds),
      failed: (error) => {
        observer.journalFailed(error);
        const facts = { path, error: error.message };
        this.#limited.write('warn', 'journal', facts, 'the disk refused to take leases');
      },
      stalled: (error) => {
        log.error(
          { path, error: error.message },
          `${NOT_WRITTEN}: only fixed addresses and what is left of leases on disk are given until they can`,
        );
      },
      resumed: () => log.info({ path }, 'leases can be written again: all addresses are leased'),
    };
  }

  async #listen(number: number, kind: ListeningPort): Promise<void> {
    const port = await openDatagramPort(this.settings, number, {
      sendFailed: (error) => this.#sendFailed(error),
    });
    this.#listening = [...this.#listening, port];
    this.#answering.serve(port, kind);
  }

  #sendFailed(error: Error): void {
    this.outside.observer.sendFailed(error);
    this.#limited.write('warn', 'send', { error: error.message }, 'a DHCP answer could not be sent');
  }
}
