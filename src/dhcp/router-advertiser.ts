import { readFile } from 'node:fs/promises';
import { AF_INET6, type Libc } from '../net/linux/libc.js';
import { int32, RawSocket } from '../net/linux/sockets.js';

const IPPROTO_IPV6 = 41;
const IPPROTO_ICMPV6 = 58;
const ICMP6_FILTER = 1;
const IPV6_UNICAST_HOPS = 16;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_JOIN_GROUP = 20;
const ROUTER_SOLICITATION = 133;
const ROUTER_ADVERTISEMENT = 134;
const ALL_NODES = Buffer.from('ff020000000000000000000000000001', 'hex');
const ALL_ROUTERS = Buffer.from('ff020000000000000000000000000002', 'hex');
/** Behind family, port and flow label in struct sockaddr_in6. */
const ADDRESS_OFFSET = 8;
const SCOPE_OFFSET = 24;

/**
 * Tells those who look for an IPv6 router that there is none (RFC 4861 §4.2: a router lifetime of 0, no prefix). iPXE
 * waits up to 16 s for an answer before it goes on with IPv4; with this one it goes on at once. No other host changes
 * anything because of it.
 */
export class RouterAdvertiser {
  readonly #socket: RawSocket;

  private constructor(
    libc: Libc,
    interfaceName: string,
    private readonly interfaceIndex: number,
  ) {
    this.#socket = new RawSocket(
      libc,
      { domain: AF_INET6, protocol: IPPROTO_ICMPV6, interfaceName },
      (packet, source) => this.#received(packet, source),
    );
    try {
      this.#socket.set(IPPROTO_ICMPV6, ICMP6_FILTER, onlySolicitations());
      // RFC 4861 §6.1.2: hosts drop what came over a router.
      this.#socket.set(IPPROTO_IPV6, IPV6_UNICAST_HOPS, int32(255));
      this.#socket.set(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, int32(255));
      this.#socket.set(IPPROTO_IPV6, IPV6_JOIN_GROUP, Buffer.concat([ALL_ROUTERS, int32(interfaceIndex)]));
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /** @throws SocketFailure where the interface has no IPv6. */
  static async start(libc: Libc, interfaceName: string): Promise<RouterAdvertiser> {
    const index = Number(await readFile(`/sys/class/net/${interfaceName}/ifindex`, 'utf8'));
    return new RouterAdvertiser(libc, interfaceName, index);
  }

  close(): void {
    this.#socket.close();
  }

  /** To the one who asked; to all where he has no address yet. */
  #received(packet: Buffer, source: Buffer): void {
    if (packet[0] !== ROUTER_SOLICITATION) return;
    const asker = source.subarray(ADDRESS_OFFSET, SCOPE_OFFSET);
    const isNameless = asker.every((byte) => byte === 0);
    this.#socket.send(routerAdvertisement(), this.#address(isNameless ? ALL_NODES : asker));
  }

  #address(address: Uint8Array): Buffer {
    const bytes = Buffer.alloc(28);
    new Uint16Array(bytes.buffer, bytes.byteOffset, 1)[0] = AF_INET6;
    bytes.set(address, ADDRESS_OFFSET);
    bytes.set(int32(this.interfaceIndex), SCOPE_OFFSET);
    return bytes;
  }
}

/** The kernel fills in the checksum. */
export function routerAdvertisement(): Buffer {
  const packet = Buffer.alloc(16);
  packet[0] = ROUTER_ADVERTISEMENT;
  return packet;
}

/** struct icmp6_filter: a set bit blocks its type. */
function onlySolicitations(): Buffer {
  const filter = new Uint32Array(8).fill(0xffffffff);
  filter[ROUTER_SOLICITATION >>> 5] = ~(1 << (ROUTER_SOLICITATION & 31));
  return Buffer.from(filter.buffer);
}
