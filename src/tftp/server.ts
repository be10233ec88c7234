import type { RemoteInfo, Socket } from 'node:dgram';
import { cleanText, DecodeError } from '../errors.js';
import { formatIpv4, parseIpv4, type Ipv4 } from '../net/ipv4.js';
import { FileRefused, TftpListenFailed } from './errors.js';
import { toNetascii } from './netascii.js';
import { negotiate, type Agreement, type NegotiationLimits } from './negotiation.js';
import {
  silentLogger,
  silentObserver,
  type RefusalReason,
  type TftpLogger,
  type TftpObserver,
} from './observer.js';
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
import { Session, type SessionEnd, type Wire } from './session.js';
import { memoryFile, type TftpFile, type TftpSource } from './source.js';
import { boundSocket, widenReceiveBuffer } from './udp-socket.js';

export interface TftpServerOptions {
  /** Where to listen and from where to answer, in dotted-quad notation. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly source: TftpSource;
  /** All packets go through the listening port: for containers and firewalls. By default each transfer has its own. */
  readonly singlePort?: boolean;
  /** Transfers at the same time, in all. */
  readonly maxTransfers?: number;
  /** Transfers at the same time of one client address. */
  readonly maxTransfersPerClient?: number;
  readonly limits?: NegotiationLimits;
  readonly observer?: TftpObserver;
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

const DEFAULTS = { singlePort: false, maxTransfers: 2000, maxTransfersPerClient: 128 };

/** Milliseconds between two looks for what has to be sent again. */
const TICK_MS = 25;

/** Milliseconds; an identical request after so long a silence comes from a machine that started anew. */
const RESTART_AFTER_MS = 1000;

/** Octets; netascii has to be converted as a whole before its size is known. */
const LARGEST_NETASCII_BYTES = 16 * 1024 * 1024;

/** A client and what it asked for; the session follows once the file is open. */
interface Entry {
  readonly key: string;
  readonly client: Ipv4;
  readonly from: RemoteInfo;
  readonly request: RequestPacket;
  readonly startedAt: number;
  lastHeardAt: number;
  session: Session | undefined;
}

/** @throws TftpListenFailed */
export async function startTftpServer(options: TftpServerOptions): Promise<TftpServer> {
  const server = new DatagramTftpServer(options);
  await server.listen();
  return server;
}

class DatagramTftpServer implements TftpServer {
  readonly #options: TftpServerOptions & typeof DEFAULTS;
  readonly #observer: TftpObserver;
  readonly #log: TftpLogger;
  readonly #entries = new Map<string, Entry>();
  readonly #perClient = new Map<Ipv4, number>();
  #socket: Socket | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: TftpServerOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#observer = options.observer ?? silentObserver;
    this.#log = options.log ?? silentLogger;
  }

  get address(): string {
    return this.#options.address;
  }

  get port(): number {
    return this.#socket?.address().port ?? this.#options.port;
  }

  get transfers(): number {
    return this.#entries.size;
  }

  async listen(): Promise<void> {
    const { address, port } = this.#options;
    try {
      this.#socket = await boundSocket(
        address,
        port,
        (packet, from) => this.#received(packet, from),
        (error) => this.#log.warn({ reason: error.message }, 'the TFTP socket reported a fault'),
      );
    } catch (error) {
      throw error instanceof Error ? new TftpListenFailed(address, port, error) : error;
    }
    widenReceiveBuffer(this.#socket);
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const { session } of this.#entries.values()) session?.stop('stopped', 'the server is stopping');
    clearInterval(this.#ticker);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) await new Promise<void>((resolve) => void socket.close(() => resolve()));
  }

  #received(bytes: Uint8Array, from: RemoteInfo): void {
    const entry = this.#entries.get(keyOf(from));
    const opcode = opcodeOf(bytes);
    if (entry && opcode !== OPCODE.rrq && opcode !== OPCODE.wrq) {
      this.#heard(entry, bytes);
      return;
    }
    const packet = this.#decoded(bytes, from, opcode);
    if (!packet) return;
    switch (packet.kind) {
      case 'rrq':
        this.#readRequested(packet, from, entry);
        return;
      case 'wrq':
        this.#refuse(from, 'write', ERROR_CODE.illegalOperation, 'this server is read only', packet);
        return;
      case 'ack':
      case 'data':
        this.#sendError(from, ERROR_CODE.unknownTransferId, 'unknown transfer');
        return;
      case 'error': // never answered: two servers could talk for ever
      case 'oack':
    }
  }

  #decoded(bytes: Uint8Array, from: RemoteInfo, opcode: number | undefined): TftpPacket | undefined {
    try {
      return decodePacket(bytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#observer.onMalformed(parseIpv4(from.address));
      this.#log.debug({ client: from.address, reason: error.message }, 'not a TFTP packet');
      if (opcode === OPCODE.rrq) this.#sendError(from, ERROR_CODE.accessViolation, 'malformed request');
      if (opcode === OPCODE.wrq) this.#sendError(from, ERROR_CODE.illegalOperation, 'malformed request');
      return undefined;
    }
  }

  #heard(entry: Entry, bytes: Uint8Array): void {
    const now = performance.now();
    entry.lastHeardAt = now;
    entry.session?.receive(bytes, now);
  }

  #readRequested(request: RequestPacket, from: RemoteInfo, running: Entry | undefined): void {
    if (this.#closing) return;
    if (running) {
      if (isRepetition(running, request, performance.now())) return;
      running.session?.stop('stopped', 'replaced by a new request');
      this.#remove(running);
    }
    if (request.mode !== 'octet' && request.mode !== 'netascii') {
      this.#refuse(
        from,
        'mode',
        ERROR_CODE.illegalOperation,
        'the mode has to be octet or netascii',
        request,
      );
      return;
    }
    const client = parseIpv4(from.address);
    if (this.#entries.size >= this.#options.maxTransfers) {
      // Silence: the client asks again, and by then there may be room. An ERROR would end its boot.
      this.#observer.onRefused(client, 'total-limit');
      this.#log.warn({ client: from.address, limit: this.#options.maxTransfers }, 'too many transfers');
      return;
    }
    if ((this.#perClient.get(client) ?? 0) >= this.#options.maxTransfersPerClient) {
      this.#refuse(
        from,
        'client-limit',
        ERROR_CODE.undefined,
        'too many transfers at the same time',
        request,
      );
      return;
    }
    const entry = this.#add(request, client, from);
    this.#serve(entry).catch((error: Error) => {
      this.#remove(entry);
      this.#log.warn({ client: from.address, reason: error.message }, 'a file could not be opened');
      this.#refuse(from, 'unreadable', ERROR_CODE.undefined, 'the file cannot be read', request);
    });
  }

  /** Opens, negotiates, and starts. Whatever is thrown here has left nothing open. */
  async #serve(entry: Entry): Promise<void> {
    const file = await this.#open(entry);
    if (!file) return;
    const isCurrent = (): boolean => this.#entries.get(entry.key) === entry && !this.#closing;
    const negotiation = negotiate(entry.request.options, file.size, this.#options.limits);
    if (negotiation.kind === 'refused') {
      this.#remove(entry);
      this.#refuse(entry.from, 'options', ERROR_CODE.optionRefused, negotiation.message, entry.request);
      await file.close();
      return;
    }
    const wire = isCurrent() ? await this.#wireTo(entry).catch(() => undefined) : undefined;
    if (!wire || !isCurrent()) {
      wire?.close();
      this.#remove(entry);
      await file.close();
      return;
    }
    this.#start(entry, file, negotiation.agreement, wire);
  }

  async #open(entry: Entry): Promise<TftpFile | undefined> {
    const { request, from } = entry;
    try {
      const file = await this.#options.source.open(request.filename, entry.client);
      if (file) return request.mode === 'netascii' ? await netasciiFile(file, request.filename) : file;
      this.#remove(entry);
      this.#refuse(from, 'not-found', ERROR_CODE.fileNotFound, 'file not found', request);
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error;
      this.#remove(entry);
      this.#refuse(from, 'forbidden', ERROR_CODE.accessViolation, 'access denied', request, error.message);
    }
    return undefined;
  }

  #start(entry: Entry, file: TftpFile, agreement: Agreement, wire: Wire): void {
    const session = new Session(file, agreement, wire, (end) => this.#ended(entry, file, end));
    entry.session = session;
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
    session.start(performance.now());
  }

  #ended(entry: Entry, file: TftpFile, end: SessionEnd): void {
    this.#remove(entry);
    const report = {
      client: entry.client,
      filename: cleanText(entry.request.filename),
      bytes: end.bytes,
      seconds: (performance.now() - entry.startedAt) / 1000,
      outcome: end.outcome,
    };
    this.#observer.onTransfer(report);
    const facts = { ...report, client: formatIpv4(report.client), reason: end.error?.message };
    if (end.outcome === 'completed') this.#log.info(facts, 'file sent');
    else if (end.outcome === 'declined') this.#log.debug(facts, 'the client only looked');
    else this.#log.warn(facts, 'file not sent to its end');
    file
      .close()
      .catch((error: Error) => this.#log.warn({ reason: error.message }, 'a file could not be closed'));
  }

  #tick(): void {
    const now = performance.now();
    for (const { session } of this.#entries.values()) session?.tick(now);
    if (this.#entries.size > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  async #wireTo(entry: Entry): Promise<Wire> {
    const { address, port } = entry.from;
    if (this.#options.singlePort) {
      return {
        send: (parts) => this.#socket?.send(parts, port, address),
        close: () => undefined,
      };
    }
    const socket = await boundSocket(
      this.#options.address,
      0,
      (bytes, from) => {
        if (from.port === port && from.address === address) this.#heard(entry, bytes);
        else if (opcodeOf(bytes) !== OPCODE.error) {
          // RFC 1350 §4: the stranger is told, the transfer is not disturbed.
          socket.send(errorPacket(ERROR_CODE.unknownTransferId, 'unknown transfer'), from.port, from.address);
        }
      },
      (error) => this.#log.debug({ client: address, reason: error.message }, 'a packet could not be sent'),
    );
    return { send: (parts) => socket.send(parts, port, address), close: () => void socket.close() };
  }

  #add(request: RequestPacket, client: Ipv4, from: RemoteInfo): Entry {
    const now = performance.now();
    const entry: Entry = {
      key: keyOf(from),
      client,
      from,
      request,
      startedAt: now,
      lastHeardAt: now,
      session: undefined,
    };
    this.#entries.set(entry.key, entry);
    this.#perClient.set(client, (this.#perClient.get(client) ?? 0) + 1);
    return entry;
  }

  #remove(entry: Entry): void {
    if (this.#entries.get(entry.key) !== entry) return;
    this.#entries.delete(entry.key);
    const left = (this.#perClient.get(entry.client) ?? 0) - 1;
    if (left > 0) this.#perClient.set(entry.client, left);
    else this.#perClient.delete(entry.client);
  }

  #refuse(
    to: RemoteInfo,
    reason: RefusalReason,
    code: TftpErrorCode,
    message: string,
    request: RequestPacket,
    detail?: string,
  ): void {
    this.#observer.onRefused(parseIpv4(to.address), reason);
    const facts = { client: to.address, filename: cleanText(request.filename).slice(0, 200), detail };
    if (reason === 'not-found') this.#log.debug(facts, 'no such file');
    else this.#log.warn(facts, `request refused: ${message}`);
    this.#sendError(to, code, message);
  }

  #sendError(to: RemoteInfo, code: TftpErrorCode, message: string): void {
    this.#socket?.send(errorPacket(code, message), to.port, to.address);
  }
}

function errorPacket(code: TftpErrorCode, message: string): Uint8Array {
  return encodePacket({ kind: 'error', code, message });
}

function keyOf(from: RemoteInfo): string {
  return `${from.address}:${from.port}`;
}

/** The same request again, from a client that has not heard us yet; not that of a machine which began anew. */
function isRepetition(running: Entry, request: RequestPacket, now: number): boolean {
  const before = encodePacket(running.request);
  const same = Buffer.compare(before, encodePacket(request)) === 0;
  const hasRestarted =
    running.session?.hasProgressed === true && now - running.lastHeardAt > RESTART_AFTER_MS;
  return same && !hasRestarted;
}

async function netasciiFile(file: TftpFile, filename: string): Promise<TftpFile> {
  try {
    if (file.size > LARGEST_NETASCII_BYTES) throw new FileRefused(filename, 'it is too large for netascii');
    return memoryFile(toNetascii(file.content ?? (await file.read(0, file.size))));
  } finally {
    await file.close();
  }
}
