import { toIpv4, type Ipv4 } from '../net/ipv4.js';
import { layout, NAME_WORDS } from '../net/linux/datagrams.js';
import { AF_INET, type Libc } from '../net/linux/libc.js';
import { RawSocket } from '../net/linux/sockets.js';

const IPPROTO_ICMP = 1;
const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;
/** A host on the same network answers within a millisecond; firmware waits a second for its offer, then asks again. */
const WAIT_MILLISECONDS = 400;
const TRY_AGAIN_MILLISECONDS = 150;

/** Asks addresses whether anyone is there (ICMP echo, RFC 792), any number at a time on one socket. */
export class Ping {
  readonly #socket: RawSocket;
  readonly #waiting = new Map<Ipv4, (isTaken: boolean) => void>();
  readonly #identifier = process.pid & 0xffff;

  /** @throws SocketFailure */
  constructor(libc: Libc, interfaceName: string) {
    this.#socket = new RawSocket(libc, { domain: AF_INET, protocol: IPPROTO_ICMP, interfaceName }, (packet) =>
      this.#received(packet),
    );
  }

  /** Whether somebody answers at the address. A request that is lost to the ARP lookup before it is sent again once. */
  isTaken(address: Ipv4): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (isTaken: boolean): void => {
        clearTimeout(again);
        clearTimeout(end);
        this.#waiting.delete(address);
        resolve(isTaken);
      };
      const again = setTimeout(() => this.#ask(address, 2), TRY_AGAIN_MILLISECONDS);
      const end = setTimeout(() => done(false), WAIT_MILLISECONDS);
      this.#waiting.get(address)?.(false);
      this.#waiting.set(address, done);
      this.#ask(address, 1);
    });
  }

  close(): void {
    for (const done of this.#waiting.values()) done(false);
    this.#socket.close();
  }

  #ask(address: Ipv4, sequence: number): void {
    this.#socket.send(echoRequest(this.#identifier, sequence), socketAddress(address));
  }

  /** A raw socket gets the IP header too. */
  #received(packet: Buffer): void {
    const headerLength = ((packet[0] ?? 0) & 15) * 4;
    if (headerLength < 20 || packet.length < headerLength + 8) return;
    if (packet[headerLength] !== ECHO_REPLY || packet.readUInt16BE(headerLength + 4) !== this.#identifier)
      return;
    this.#waiting.get(toIpv4(packet.readUInt32BE(12)))?.(true);
  }
}

/** Type, code, checksum, identifier, sequence number and a name for whoever looks at the traffic. */
export function echoRequest(identifier: number, sequence: number): Buffer {
  const packet = Buffer.from('\0\0\0\0\0\0\0\0imago address check.', 'latin1');
  packet[0] = ECHO_REQUEST;
  packet.writeUInt16BE(identifier, 4);
  packet.writeUInt16BE(sequence, 6);
  packet.writeUInt16BE(checksum(packet), 2);
  return packet;
}

/** RFC 1071, for an even number of bytes. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let offset = 0; offset + 1 < bytes.length; offset += 2) sum += bytes.readUInt16BE(offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function socketAddress(address: Ipv4): Uint8Array {
  const name = new Uint32Array(NAME_WORDS);
  layout.putEndpoint(name, 0, { address, port: 0 });
  return new Uint8Array(name.buffer);
}
