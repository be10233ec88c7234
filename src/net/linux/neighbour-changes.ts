import { tryParseIpv4, type Ipv4 } from '../ipv4.js';
import { macFromBytes, type MacAddress } from '../mac-address.js';
import { check, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, type Libc, type PollHandle } from './libc.js';

const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
/** RTNLGRP_NEIGH as a bit of `struct sockaddr_nl` (rtnetlink(7)). */
const GROUP_OF_NEIGHBOURS = 1 << 2;
const RTM_NEWNEIGH = 28;
const NDA_DST = 1;
const NDA_LLADDR = 2;
/** Of `struct nlmsghdr` and `struct ndmsg`, in bytes. */
const HEADER = 16;
const NEIGHBOUR = 12;
/** In which `struct ndmsg` names the interface. */
const INTERFACE = 4;
const BUFFER_BYTES = 64 * 1024;
/** Read in one go: who floods the link with ARP holds up nobody. */
const MOST_DATAGRAMS = 1000;
/** Netdevice(7): `struct ifreq` has the name, and then the number. */
const SIOCGIFINDEX = 0x8933;
const ifreq = { length: 40, index: 16 };
/** More than a /16 has: what an address had before that is forgotten first which was heard of longest ago. */
const MOST_ADDRESSES = 100_000;

/** What a message of the kernel says of a neighbour. */
export interface HeardNeighbour {
  /** The number of the interface. */
  readonly link: number;
  readonly address: Ipv4;
  readonly mac: MacAddress;
}

/** When the network card at an address last gave way to another one. */
export class CardChanges {
  readonly #last = new Map<Ipv4, { readonly mac: MacAddress; readonly changedAt: number }>();
  #lostAt = Number.NEGATIVE_INFINITY;

  heard({ address, mac }: Omit<HeardNeighbour, 'link'>, now: number): void {
    const before = this.#last.get(address);
    const changedAt =
      before === undefined ? Number.NEGATIVE_INFINITY : before.mac === mac ? before.changedAt : now;
    this.#last.delete(address);
    this.#last.set(address, { mac, changedAt });
    if (this.#last.size <= MOST_ADDRESSES) return;
    const [oldest] = this.#last.keys();
    if (oldest !== undefined) this.#last.delete(oldest);
  }

  /** The kernel said more than was listened to: nobody knows what. */
  lost(now: number): void {
    this.#lostAt = now;
  }

  /** Whether one card has had the address all the time. */
  isSteadySince(address: Ipv4, since: number): boolean {
    return this.#lostAt < since && (this.#last.get(address)?.changedAt ?? Number.NEGATIVE_INFINITY) < since;
  }
}

/**
 * Hears of each change on the interface as the kernel makes it (rtnetlink(7)); needs no privilege. ARP is anybody's to say, and may say one thing while a
 * connection is made and another while it is judged: docs/decisions/capabilities.md.
 * @param now in milliseconds, by a clock that nobody puts back
 * @throws SocketFailure
 */
export function watchNeighbours(
  interfaceName: string,
  libc: Libc,
  now: () => number,
): { isSteadySince(address: Ipv4, since: number): boolean; close(): void } {
  const changes = new CardChanges();
  const fd = check(
    libc,
    'socket',
    libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE),
  );
  const address = Uint32Array.of(0, 0, GROUP_OF_NEIGHBOURS);
  new Uint16Array(address.buffer)[0] = AF_NETLINK;
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  const none = new Uint8Array(12);
  const length = new Uint32Array(1);
  const hear = (): void => {
    // Asked for where something is heard: an interface that is made anew has another number.
    let own: number | undefined;
    for (let count = 0; count < MOST_DATAGRAMS; count += 1) {
      length[0] = none.length;
      const size = libc.recvfrom(fd, buffer, buffer.length, 0, none, length);
      if (size < 0 && libc.errorName() === 'ENOBUFS') changes.lost(now());
      else if (size <= 0) return;
      else {
        own ??= indexOf(interfaceName, fd, libc);
        for (const heard of neighboursIn(buffer.subarray(0, size)))
          if (heard.link === own) changes.heard(heard, now());
      }
    }
    changes.lost(now());
  };
  let poll: PollHandle;
  try {
    check(libc, 'bind', libc.bind(fd, address, address.byteLength));
    poll = libc.poll(fd, hear);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return {
    isSteadySince(ip, since) {
      hear();
      return changes.isSteadySince(ip, since);
    },
    close() {
      poll.close();
      libc.close(fd);
    },
  };
}

/** Of all messages in a datagram those that tell which card has an IPv4 address; numbers are in the machine's own order. */
export function neighboursIn(bytes: Uint8Array): readonly HeardNeighbour[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: HeardNeighbour[] = [];
  for (let at = 0; at + HEADER + NEIGHBOUR <= bytes.length;) {
    const length = view.getUint32(at, IS_LITTLE);
    if (length < HEADER || at + length > bytes.length) break;
    if (view.getUint16(at + 4, IS_LITTLE) === RTM_NEWNEIGH)
      found.push(...neighbourIn(view, bytes, at + HEADER + NEIGHBOUR, at + length));
    at += aligned(length);
  }
  return found;
}

/** -1 where there is no such interface now. */
function indexOf(interfaceName: string, fd: number, libc: Libc): number {
  const request = Buffer.alloc(ifreq.length);
  request.write(interfaceName, 0, 'latin1');
  if (libc.ioctl(fd, SIOCGIFINDEX, request) < 0) return -1;
  return new DataView(request.buffer, request.byteOffset).getInt32(ifreq.index, IS_LITTLE);
}

function neighbourIn(view: DataView, bytes: Uint8Array, from: number, end: number): HeardNeighbour[] {
  const link = view.getInt32(from - NEIGHBOUR + INTERFACE, IS_LITTLE);
  let address: Ipv4 | undefined;
  let mac: MacAddress | undefined;
  for (let at = from; at + 4 <= end;) {
    const length = view.getUint16(at, IS_LITTLE);
    if (length < 4 || at + length > end) break;
    const value = bytes.subarray(at + 4, at + length);
    const kind = view.getUint16(at + 2, IS_LITTLE);
    if (kind === NDA_DST && value.length === 4) address = tryParseIpv4(value.join('.'));
    if (kind === NDA_LLADDR && value.length === 6) mac = macFromBytes(value);
    at += aligned(length);
  }
  return address === undefined || mac === undefined ? [] : [{ link, address, mac }];
}

const IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function aligned(length: number): number {
  return (length + 3) & ~3;
}
