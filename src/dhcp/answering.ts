import { cleanText, DecodeError } from '../errors.js';
import { hexPairs } from '../net/mac-address.js';
import { formatIpv4, type Endpoint, type Ipv4 } from '../net/ipv4.js';
import { LimitedLog } from '../net/limited-log.js';
import type { DatagramPort } from './datagram-port.js';
import type { DhcpDecision, DhcpPolicy, IgnoreReason, ListeningPort, UnservedClient } from './decision.js';
import type { KeptLeases } from './kept-leases.js';
import { decodeMessage, type DhcpMessage } from './message.js';
import type { DhcpLog, DhcpObserver } from './observer.js';
import { messageTypeName, messageTypes, options } from './options.js';
import { encodeReply, LONGEST_REPLY, replyDestination, type DhcpPorts } from './reply.js';

/** How a request came in. */
export interface Arrival {
  readonly sender: Endpoint;
  readonly port: ListeningPort;
  /** The socket that answers it. */
  readonly via: Pick<DatagramPort, 'send' | 'flush'>;
}

export interface AnsweringPorts {
  readonly log: DhcpLog;
  readonly observer: DhcpObserver;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

type Reply = Extract<DhcpDecision, { kind: 'reply' }>;

/** From a datagram to its answer: decode, decide, carry out. */
export class Answering {
  readonly #probing = new Set<Ipv4>();
  readonly #limited: LimitedLog;
  /** Each reply is written here, and copied where it has to wait. */
  readonly #scratch = Buffer.alloc(LONGEST_REPLY);

  constructor(
    public policy: DhcpPolicy,
    /** Whether somebody answers at an address, within half a second. Without it none is probed. */
    public probe: ((address: Ipv4) => Promise<boolean>) | undefined,
    private readonly leases: KeptLeases,
    private readonly ports: DhcpPorts,
    private readonly outside: AnsweringPorts,
  ) {
    this.#limited = new LimitedLog(outside.log, outside.clock);
  }

  /** Answers what comes in at a port from now on. */
  serve(port: DatagramPort, kind: ListeningPort): void {
    port.start(
      (datagram, sender) => this.receive(datagram, { sender, port: kind, via: port }),
      () => port.flush(),
    );
  }

  /** Never throws: no datagram may end the daemon. */
  receive(datagram: Buffer, arrival: Arrival): void {
    try {
      const request = decodeMessage(datagram);
      this.outside.observer.received(messageTypeName(typeOf(request)));
      for (const option of request.odd) this.outside.observer.optionLeftOut(option);
      this.#answer(request, datagram, arrival);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #answer(request: DhcpMessage, datagram: Buffer, arrival: Arrival): void {
    const decision = this.policy.decide(request, arrival.port, this.leases.table, this.outside.clock());
    if (this.outside.log.isLevelEnabled('debug')) {
      this.outside.log.debug({ ...describeMessage(request), ...describeDecision(decision) }, 'DHCP message');
    }
    if (decision.unserved !== undefined) this.#warnOf(decision.unserved);
    if (decision.kind === 'ignore') {
      this.#ignore(decision.reason, decision.about);
      if (decision.effect !== undefined) this.leases.record(decision.effect);
      return;
    }
    this.outside.observer.answering?.(request);
    if (this.#probing.has(decision.reply.yiaddr)) return;
    const bytes = encodeReply(decision.reply, this.#scratch);
    const sequence = decision.effect === undefined ? undefined : this.leases.record(decision.effect);
    const { probe } = this;
    if (decision.probe !== undefined && probe !== undefined) {
      // A view of the datagram would not outlive the wait.
      void this.#probeFirst(
        decision,
        decision.probe,
        probe,
        Buffer.from(bytes),
        Buffer.from(datagram),
        arrival,
      );
      return;
    }
    if (sequence === undefined) {
      this.#send(decision, bytes, arrival);
      return;
    }
    const kept = Buffer.from(bytes);
    if (!this.leases.sendWhenDurable(sequence, () => this.#send(decision, kept, arrival))) {
      this.#limited.write('error', 'waiting', {}, 'too many leases wait for the disk: answers are dropped');
    }
  }

  /** The offer is on record meanwhile, so that nobody else gets the address; asking again does not help its client. */
  async #probeFirst(
    decision: Reply,
    address: Ipv4,
    probe: (address: Ipv4) => Promise<boolean>,
    bytes: Buffer,
    datagram: Buffer,
    arrival: Arrival,
  ): Promise<void> {
    this.#probing.add(address);
    try {
      const isTaken = await probe(address);
      this.#probing.delete(address);
      if (!isTaken) {
        this.#send(decision, bytes, arrival);
        arrival.via.flush();
        return;
      }
      const until = this.outside.clock() + this.policy.declineSeconds * 1000;
      this.leases.record({ kind: 'decline', address, until, byClient: false });
      this.#limited.write(
        'warn',
        `conflict ${address}`,
        { address: formatIpv4(address) },
        'address is in use by a stranger: set aside',
      );
      this.#answer(decodeMessage(datagram), datagram, arrival);
      arrival.via.flush();
    } catch (error) {
      this.#probing.delete(address);
      this.#refuse(error);
    }
  }

  #send(decision: Reply, bytes: Buffer, { sender, via }: Arrival): void {
    via.send(bytes, replyDestination(decision.reply, this.ports, sender));
    this.outside.observer.replied(messageTypeName(decision.reply.type));
    if (decision.reply.type !== messageTypes.ack || !this.outside.log.isLevelEnabled('info')) return;
    const grant = decision.effect?.kind === 'bind' ? decision.effect.grant : undefined;
    if (grant === undefined) return;
    const facts = {
      address: formatIpv4(grant.address),
      mac: grant.mac,
      hostname: grant.hostname,
      boots: decision.boots,
    };
    this.outside.log.info(facts, 'address leased');
  }

  #ignore(reason: IgnoreReason, about: string | undefined): void {
    this.outside.observer.ignored(reason);
    if (reason === 'pool-exhausted') this.outside.observer.poolExhausted(about ?? '');
    const warning = warnings[reason];
    if (warning === undefined) return;
    const { level, about: name, isOneKind, words } = warning;
    this.#limited.write(level, isOneKind ? reason : `${reason} ${about}`, { [name]: about }, words);
  }

  /** The client chooses what it calls itself: each its own kind would be a flood. */
  #warnOf(unserved: UnservedClient): void {
    this.outside.observer.nothingToBoot();
    this.#limited.write(
      'warn',
      'unserved',
      unserved,
      'a machine wants to boot, and there is no loader for it: name one in dhcp.loaders, by architecture or by code',
    );
  }

  #refuse(error: unknown): void {
    if (error instanceof DecodeError) {
      this.outside.observer.ignored('malformed');
      if (this.outside.log.isLevelEnabled('debug')) {
        this.outside.log.debug({ ...error.facts, fault: error.message }, 'malformed DHCP message');
      }
      return;
    }
    this.outside.observer.ignored('fault');
    const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#limited.write('error', 'fault', { error: shown }, 'a DHCP message could not be answered');
  }
}

interface Warning {
  readonly level: 'warn' | 'error';
  /** What the message was about, as the log names it. */
  readonly about: string;
  /** Where whoever sends the message chooses what it is about: a line for each would be a flood. */
  readonly isOneKind?: boolean;
  readonly words: string;
}

/** Messages without an answer that an operator has to hear of. */
const warnings: Readonly<Partial<Record<IgnoreReason, Warning>>> = {
  'pool-exhausted': {
    level: 'error',
    about: 'network',
    words: 'no address is left: enlarge the pool or shorten the leases',
  },
  'no-subnet': {
    level: 'warn',
    about: 'from',
    isOneKind: true,
    words: 'a DHCP client is on no network of the configuration',
  },
  'relay-port-full': { level: 'warn', about: 'port', words: 'too many clients behind one port of a relay' },
  declined: { level: 'warn', about: 'address', words: 'a client found its address in use: set aside' },
};

function typeOf(request: DhcpMessage): number {
  return request.options.get(options.messageType.code)?.[0] ?? 0;
}

function describeDecision(decision: DhcpDecision): object {
  if (decision.kind === 'ignore') return { answer: 'none', reason: decision.reason, about: decision.about };
  const { type, yiaddr } = decision.reply;
  return { answer: messageTypeName(type), address: formatIpv4(yiaddr), boots: decision.boots };
}

/** The facts of a message for a log line. Never throws: it is wanted most where a message is odd. */
export function describeMessage(message: DhcpMessage): object {
  const text = (code: number): string | undefined => {
    const bytes = message.options.get(code);
    return bytes && cleanText(Buffer.from(bytes).toString('latin1'));
  };
  return {
    type: messageTypeName(message.options.get(options.messageType.code)?.[0] ?? 0),
    client: hexPairs(message.chaddr),
    xid: message.xid.toString(16),
    ...(message.giaddr === 0 ? {} : { relay: formatIpv4(message.giaddr) }),
    ...(message.ciaddr === 0 ? {} : { clientAddress: formatIpv4(message.ciaddr) }),
    vendorClass: text(options.vendorClass.code),
    hostname: text(options.hostName.code),
    ...(message.odd.length === 0 ? {} : { leftOut: message.odd.join(' ') }),
  };
}
