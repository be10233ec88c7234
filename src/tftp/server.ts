import { cleanText, DecodeError } from '../errors.js';
import type { ReachLimit } from '../limits.js';
import { formatIpv4 } from '../net/ipv4.js';
import { LimitedLog } from '../net/limited-log.js';
import { Admission, type AdmissionLimits, type Entry } from './admission.js';
import { FileRefused } from './errors.js';
import { negotiate, type NegotiationLimits } from './negotiation.js';
import {
  silentLogger,
  silentObserver,
  type RefusalReason,
  type TftpLogger,
  type TftpObserver,
} from './observer.js';
import { openTransport, type TransportChoice } from './open-transport.js';
import {
  decodePacket,
  encodePacket,
  ERROR_CODE,
  OPCODE,
  opcodeOf,
  type RequestPacket,
  type TftpErrorCode,
  type TftpPacket,
} from './packet.js';
import type { SessionEnd } from './session.js';
import type { TftpFile, TftpSource } from './source.js';
import { canBeAnswered, type Peer, type Transport } from './transport.js';
import { transferredForm } from './transferred-form.js';

export interface TftpServerOptions extends Partial<AdmissionLimits> {
  /** Where to listen and from where to answer, in dotted-quad notation. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly source: TftpSource;
  /** All packets go through the listening port: for containers and firewalls. */
  readonly singlePort?: boolean;
  readonly limits?: NegotiationLimits;
  readonly transport?: TransportChoice;
  readonly observer?: TftpObserver;
  readonly reach?: ReachLimit;
  readonly log?: TftpLogger;
}

export interface TftpServer {
  readonly address: string;
  readonly port: number;
  /** Transfers that are running now. */
  readonly transfers: number;
  /** Ends all transfers, telling their clients, and closes the sockets. */
  close(): Promise<void>;
}

/** @throws TftpListenFailed */
export async function startTftpServer(options: TftpServerOptions): Promise<TftpServer> {
  const log = options.log ?? silentLogger;
  const desk = new RequestDesk(options, options.observer ?? silentObserver, log);
  const transport = await openTransport(
    options.transport ?? 'auto',
    {
      address: options.address,
      port: options.port,
      singlePort: options.singlePort ?? false,
      onPacket: (packet, from) => desk.received(packet, from),
      onFault: (reason) => log.debug({ reason }, 'a packet could not be sent'),
    },
    log,
  );
  desk.open(transport);
  return {
    address: options.address,
    port: transport.port,
    get transfers() {
      return desk.transfers;
    },
    close: () => desk.close(),
  };
}

/** Answers what comes to the listening port, and starts transfers. */
class RequestDesk {
  readonly #admission: Admission;
  readonly #limited: LimitedLog<'warn'>;
  /** Files being opened, those of requests that were given up meanwhile among them. */
  #opening = 0;
  #transport: Transport | undefined;

  constructor(
    private readonly options: TftpServerOptions,
    private readonly observer: TftpObserver,
    private readonly log: TftpLogger,
  ) {
    this.#admission = new Admission(options);
    this.#limited = new LimitedLog<'warn'>(log, () => performance.now());
  }

  get transfers(): number {
    return this.#admission.size;
  }

  open(transport: Transport): void {
    this.#transport = transport;
  }

  async close(): Promise<void> {
    const transport = this.#transport;
    this.#transport = undefined;
    await transport?.close();
  }

  received(bytes: Uint8Array, from: Peer): void {
    if (!canBeAnswered(from)) {
      this.observer.onMalformed(from.address);
      return;
    }
    const packet = this.#decoded(bytes, from);
    switch (packet?.kind) {
      case 'rrq':
        this.#readRequested(packet, from);
        return;
      case 'wrq':
        this.#refuse(from, packet, 'write', ERROR_CODE.illegalOperation, 'this server is read only');
        return;
      case 'ack':
      case 'data':
        this.#sendError(from, ERROR_CODE.unknownTransferId, 'unknown transfer');
        return;
      case 'error': // never answered: two servers could talk for ever
      case 'oack':
      case undefined:
    }
  }

  #decoded(bytes: Uint8Array, from: Peer): TftpPacket | undefined {
    try {
      return decodePacket(bytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.observer.onMalformed(from.address);
      this.log.debug({ client: formatIpv4(from.address), reason: error.message }, 'not a TFTP packet');
      const opcode = opcodeOf(bytes);
      if (opcode === OPCODE.rrq) this.#sendError(from, ERROR_CODE.accessViolation, 'malformed request');
      if (opcode === OPCODE.wrq) this.#sendError(from, ERROR_CODE.illegalOperation, 'malformed request');
      return undefined;
    }
  }

  #readRequested(request: RequestPacket, from: Peer): void {
    if (request.mode !== 'octet' && request.mode !== 'netascii') {
      this.#refuse(
        from,
        request,
        'mode',
        ERROR_CODE.illegalOperation,
        'the mode has to be octet or netascii',
      );
      return;
    }
    if (this.#opening >= this.#admission.limits.maxTransfers) {
      this.#hasNoRoom(from);
      return;
    }
    const now = performance.now();
    const admitted = this.#admission.admit(request, from, now);
    switch (admitted.kind) {
      case 'repetition':
        admitted.entry.session?.requestedAgain(now);
        return;
      case 'full':
        this.#hasNoRoom(from);
        return;
      case 'client-full':
        this.options.reach?.('tftp-transfers-per-client', { client: formatIpv4(from.address) });
        this.#refuse(
          from,
          request,
          'client-limit',
          ERROR_CODE.undefined,
          'too many transfers at the same time',
        );
        return;
      case 'admitted':
        admitted.replaced?.session?.abandon();
        admitted.evicted?.session?.evict();
        this.#serve(admitted.entry).catch((error: Error) => {
          this.#admission.leave(admitted.entry);
          this.#limited.write(
            'warn',
            'unreadable',
            { client: formatIpv4(from.address), reason: error.message },
            'a file could not be opened',
          );
          this.#refuse(from, request, 'unreadable', ERROR_CODE.undefined, 'the file cannot be read');
        });
    }
  }

  /** Silence: the client asks again, and by then there may be room. An ERROR would end its boot. */
  #hasNoRoom(from: Peer): void {
    this.observer.onRefused(from.address, 'total-limit');
    this.options.reach?.('tftp-transfers', { client: formatIpv4(from.address) });
  }

  /** Whatever is thrown here has left nothing open. */
  async #serve(entry: Entry): Promise<void> {
    const { request, peer } = entry;
    this.#opening += 1;
    const file = await this.#open(entry).finally(() => {
      this.#opening -= 1;
    });
    if (!file) return;
    const negotiation = negotiate(request.options, file.size, this.options.limits);
    if (negotiation.kind === 'agreed' && this.#transport && this.#admission.holds(entry)) {
      const { unansweredSeconds } = this.#admission.limits;
      const agreement = { ...negotiation.agreement, unansweredSeconds };
      const onEnd = (end: SessionEnd): void => this.#ended(entry, file, end);
      try {
        entry.session = await this.#transport.start({ peer, file, agreement, onEnd });
        if (!this.#admission.holds(entry)) entry.session.abandon(); // it asked for something else while a port was opened
        return;
      } catch (error) {
        await file.close();
        throw error;
      }
    }
    this.#admission.leave(entry);
    if (negotiation.kind === 'refused') {
      this.#refuse(peer, request, 'options', ERROR_CODE.optionRefused, negotiation.message);
    }
    await file.close();
  }

  async #open(entry: Entry): Promise<TftpFile | undefined> {
    const { request, peer } = entry;
    try {
      const file = await this.options.source.open(request.filename, peer.address);
      if (file) return await transferredForm(file, request);
      this.#admission.leave(entry);
      this.observer.onMissing?.(peer.address, request.filename);
      this.#refuse(peer, request, 'not-found', ERROR_CODE.fileNotFound, 'file not found');
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error;
      this.#admission.leave(entry);
      this.#refuse(peer, request, 'forbidden', ERROR_CODE.accessViolation, 'access denied', error.message);
    }
    return undefined;
  }

  #ended(entry: Entry, file: TftpFile, { outcome, bytes, error }: SessionEnd): void {
    this.#admission.leave(entry);
    const seconds = (performance.now() - entry.startedAt) / 1000;
    const filename = shownName(entry.request);
    this.observer.onTransfer({ client: entry.peer.address, filename, bytes, seconds, outcome });
    const client = formatIpv4(entry.peer.address);
    const facts = { client, filename, bytes, seconds, outcome, ...(error && { reason: error.message }) };
    if (outcome === 'completed') this.log.info(facts, 'file sent');
    else if (outcome === 'declined') this.log.debug(facts, 'the client only looked');
    else if (outcome === 'evicted') {
      this.options.reach?.(entry.session?.isAnswered ? 'tftp-crowded-out' : 'tftp-unanswered', facts);
    } else this.#limited.write('warn', `end ${outcome}`, facts, 'file not sent to its end');
    file
      .close()
      .catch((reason: Error) => this.log.warn({ reason: reason.message }, 'a file could not be closed'));
  }

  #refuse(
    to: Peer,
    request: RequestPacket,
    reason: RefusalReason,
    code: TftpErrorCode,
    text: string,
    detail: string = text,
  ): void {
    this.observer.onRefused(to.address, reason);
    const facts = { client: formatIpv4(to.address), filename: shownName(request), detail };
    if (reason === 'not-found') this.log.debug(facts, 'no such file');
    else if (reason !== 'client-limit')
      this.#limited.write('warn', `refused ${reason}`, facts, 'request refused');
    this.#sendError(to, code, text);
  }

  #sendError(to: Peer, code: TftpErrorCode, text: string): void {
    this.#transport?.send(to, encodePacket({ kind: 'error', code, message: text }));
  }
}

/** Characters; what a log line or a metric shows of a name that may be 60,000 long. */
const SHOWN_NAME_LENGTH = 256;

function shownName(request: RequestPacket): string {
  return cleanText(request.filename.slice(0, SHOWN_NAME_LENGTH));
}
