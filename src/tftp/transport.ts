import { UNSPECIFIED_IPV4, type Endpoint, type Ipv4 } from '../net/ipv4.js';
import type { Agreement } from './negotiation.js';
import { encodePacket, ERROR_CODE, OPCODE, opcodeOf } from './packet.js';
import type { Session, SessionEnd } from './session.js';
import type { TftpFile } from './source.js';

/** A client's end of a transfer: RFC 1350 calls the port its TID. */
export type Peer = Endpoint;

/** One number for both, exact in a double. */
export function peerKey(address: Ipv4, port: number): number {
  return address * 65536 + port;
}

const FIRST_GROUP = 0xe0000000;

/** Port 0 says that no answer is wanted (RFC 768); nobody has an address of groups or of all. */
export function canBeAnswered({ address, port }: Peer): boolean {
  return port !== 0 && address !== UNSPECIFIED_IPV4 && address < FIRST_GROUP;
}

export interface TransferJob {
  readonly peer: Peer;
  readonly file: TftpFile;
  readonly agreement: Agreement;
  /** Called once. The file is not used any more. */
  readonly onEnd: (end: SessionEnd) => void;
}

export interface TransportOptions {
  /** Dotted quad. */
  readonly address: string;
  readonly port: number;
  readonly singlePort: boolean;
  /** A packet to the listening port that is not of a running transfer. The bytes are only lent. */
  readonly onPacket: (packet: Uint8Array, from: Peer) => void;
  readonly onFault: (reason: string) => void;
}

/** How packets come and go, and how running transfers are carried. */
export interface Transport {
  /** `one socket per transfer` and the like, for the log. */
  readonly name: string;
  readonly port: number;
  /** From the listening port. */
  send(to: Peer, packet: Uint8Array): void;
  /** The transfer has been started when this resolves. */
  start(job: TransferJob): Promise<Session>;
  close(): Promise<void>;
}

/** A packet from the client of a transfer; what does not belong into one, and what comes after its end, is passed over. */
export function deliver(session: Session | undefined, packet: Uint8Array, now: number): void {
  if (!session) return;
  const opcode = opcodeOf(packet);
  const [, , high, low] = packet;
  if (opcode === OPCODE.ack && high !== undefined && low !== undefined)
    session.acknowledged(high * 256 + low, now);
  else if (opcode === OPCODE.error) session.clientFailed();
}

/** In single-port mode: whether the packet asks for a transfer instead of belonging to one. */
export function isRequest(packet: Uint8Array): boolean {
  const opcode = opcodeOf(packet);
  return opcode === OPCODE.rrq || opcode === OPCODE.wrq;
}

/** RFC 1350 §4: what a stranger is told; the transfer is not disturbed. */
export function unknownTransfer(): Uint8Array {
  return encodePacket({ kind: 'error', code: ERROR_CODE.unknownTransferId, message: 'unknown transfer' });
}
