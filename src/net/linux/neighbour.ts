import { readFileSync } from 'node:fs';
import { isMissing } from '../../errors.js';
import { tryParseIpv4, type Ipv4 } from '../ipv4.js';
import { macFromBytes, tryParseMac, type MacAddress } from '../mac-address.js';
import { watchNeighbours } from './neighbour-changes.js';
import { AF_INET, check, loadLibc, SOCK_CLOEXEC, SOCK_DGRAM, type Libc } from './libc.js';

/**
 * The network card that the kernel has for an address on its own link now: the one that its packets go to. `other`: a hardware address
 * that is no MAC address, as InfiniBand's. Undefined where it has none.
 */
export type Neighbour = MacAddress | 'other' | undefined;

export interface Neighbours {
  at(address: Ipv4): Neighbour;
  /** Whether one and the same card has had the address since then, as far as is known; `since` by the clock that this was opened with. */
  isSteadySince(address: Ipv4, since: number): boolean;
  close(): void;
}

/** arp(7). */
const SIOCGARP = 0x8954;
const ARPHRD_ETHER = 1;
const ATF_COM = 0x02;

/** `struct arpreq` of arp(7): octets. */
const arpreq = { length: 68, family: 0, address: 4, hardwareType: 16, hardware: 18, flags: 32, device: 52 };

/** Of the longest name that an interface has, without the zero at its end. */
const LONGEST_NAME = 15;

/** Asks the kernel, by one system call for one address. Needs no privilege. @throws SocketFailure */
export function kernelNeighbours(interfaceName: string, libc: Libc): Neighbours {
  const fd = check(libc, 'socket', libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const request = Buffer.allocUnsafeSlow(arpreq.length);
  const words = new Uint16Array(request.buffer, request.byteOffset, arpreq.length / 2);
  return {
    at(address) {
      request.fill(0);
      words[arpreq.family / 2] = AF_INET; // in the machine's own order, as the hardware type and the flags
      request.writeUInt32BE(address, arpreq.address);
      request.write(interfaceName.slice(0, LONGEST_NAME), arpreq.device, 'latin1');
      if (libc.ioctl(fd, SIOCGARP, request) < 0) return undefined;
      const flags = (words[arpreq.flags / 2] ?? 0) | (words[arpreq.flags / 2 + 1] ?? 0);
      if ((flags & ATF_COM) === 0) return undefined;
      if (words[arpreq.hardwareType / 2] !== ARPHRD_ETHER) return 'other';
      return macFromBytes(request.subarray(arpreq.hardware));
    },
    isSteadySince: () => true,
    close: () => void libc.close(fd),
  };
}

const NEIGHBOUR_FILE = '/proc/net/arp';
/** What was read holds so long. An address that is not in it is looked for again at once, but not more often than this. */
const KEPT_MILLISECONDS = 500;
const LEAST_MILLISECONDS = 20;

/** The same from the table that proc(5) shows, where no system call can be made. */
export function listedNeighbours(
  interfaceName: string,
  now: () => number,
  read: () => string = readTable,
): Neighbours {
  let table: ReadonlyMap<Ipv4, Neighbour> = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  return {
    at(address) {
      const age = now() - readAt;
      if (age > KEPT_MILLISECONDS || (age > LEAST_MILLISECONDS && !table.has(address))) {
        table = neighboursListed(read(), interfaceName);
        readAt = now();
      }
      return table.get(address);
    },
    isSteadySince: () => true,
    close: () => undefined,
  };
}

function readTable(): string {
  try {
    return readFileSync(NEIGHBOUR_FILE, 'utf8');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}

/** The lines of /proc/net/arp: address, type, flags, hardware address, mask, device. */
export function neighboursListed(text: string, interfaceName: string): ReadonlyMap<Ipv4, Neighbour> {
  const table = new Map<Ipv4, Neighbour>();
  for (const line of text.split('\n')) {
    const [ip = '', type = '', flags = '', hardware = '', , device] = line.split(' ').filter(Boolean);
    const address = tryParseIpv4(ip);
    if (address === undefined || device !== interfaceName || (Number(flags) & ATF_COM) === 0) continue;
    table.set(address, Number(type) === ARPHRD_ETHER ? tryParseMac(hardware) : 'other');
  }
  return table;
}

/** Of the interface, by the way that there is here. @throws SocketFailure */
export async function openNeighbours(interfaceName: string, now: () => number): Promise<Neighbours> {
  const libc = await loadLibc();
  if (typeof libc === 'string') return listedNeighbours(interfaceName, now);
  const kernel = kernelNeighbours(interfaceName, libc);
  const watch = watchNeighbours(interfaceName, libc, now);
  return {
    at: (address) => kernel.at(address),
    isSteadySince: (address, since) => watch.isSteadySince(address, since),
    close() {
      watch.close();
      kernel.close();
    },
  };
}
