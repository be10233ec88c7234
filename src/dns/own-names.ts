import type { Host } from '../host/host.js';
import { hostnameOf } from '../host/hostname.js';
import { subnetContains, tryParseIpv4, type Ipv4, type Subnet } from '../net/ipv4.js';
import { answerTo, CLASS_IN, encodeName, rcode, recordType, type Question } from './message.js';

export interface OwnNamesOptions {
  readonly domain: string | undefined;
  /** Addresses in it have the names of hosts, or none. */
  readonly subnet: Subnet;
  /** How long others may remember an answer, in seconds. */
  readonly ttlSeconds: number;
  /** Names that no machine may have: of this server, and those that systems trust by themselves. */
  readonly reserved?: readonly string[];
}

const REVERSE = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/;

/** Programs look for these without having been told to. */
const TRUSTED = ['localhost', 'wpad', 'isatap'];

/**
 * The names and addresses of hosts, as they stood when this was made. Of two hosts with one name that one has it which an operator named so, then
 * one that is installed, then the first by serial: a machine that comes later takes nobody's name.
 */
export class OwnNames {
  readonly #addresses = new Map<string, Ipv4>();
  /** Encoded. */
  readonly #names = new Map<Ipv4, Buffer>();

  constructor(
    hosts: Iterable<Host>,
    private readonly options: OwnNamesOptions,
  ) {
    const reserved = new Set([...TRUSTED, ...(options.reserved ?? [])].map((name) => name.toLowerCase()));
    const ranked = [...hosts].map((host) => ({ host, rank: rankOf(host) }));
    ranked.sort((a, b) => a.rank - b.rank || (a.host.serial < b.host.serial ? -1 : 1));
    for (const { host } of ranked) if (!reserved.has(hostnameOf(host).toLowerCase())) this.#add(host);
  }

  /** Undefined for what somebody else may know: a name that is none of ours, an address outside our network. */
  answer(question: Question): Buffer | undefined {
    const { name } = question;
    if (question.class !== CLASS_IN) return answerTo(question, { code: rcode.refused });
    const address = this.#addresses.get(name);
    if (address !== undefined) return this.#record(question, recordType.A, addressBytes(address));
    const asked = reverseAddress(name);
    if (asked !== undefined && subnetContains(this.options.subnet, asked)) {
      const full = this.#names.get(asked);
      return full ? this.#record(question, recordType.PTR, full) : noSuchName(question);
    }
    // A name of one label is nobody's but ours.
    return name === '' || name.includes('.') ? undefined : noSuchName(question);
  }

  #add(host: Host): void {
    const { internalAddress: address } = host;
    const name = hostnameOf(host).toLowerCase();
    const full = this.#inDomain(name);
    const encoded = encodeName(full);
    if (address === undefined || !encoded) return;
    for (const one of [name, full]) if (!this.#addresses.has(one)) this.#addresses.set(one, address);
    if (!this.#names.has(address)) this.#names.set(address, encoded);
  }

  #inDomain(name: string): string {
    const { domain } = this.options;
    return domain === undefined || name.includes('.') ? name : `${name}.${domain.toLowerCase()}`;
  }

  /** Of a name that is there, but not with such a record, nothing is the answer. */
  #record(question: Question, type: number, data: Buffer): Buffer {
    const isAsked = question.type === type || question.type === recordType.any;
    const record = isAsked ? { type, ttl: this.options.ttlSeconds, data } : undefined;
    return answerTo(question, { record, isOurs: true });
  }
}

/** Whose name it is before others: the lower, the more. */
function rankOf({ hostname, state }: Host): number {
  if (hostname !== undefined) return 0;
  return state === 'installed' || state === 'running' ? 1 : 2;
}

function noSuchName(question: Question): Buffer {
  return answerTo(question, { code: rcode.noSuchName, isOurs: true });
}

function addressBytes(address: Ipv4): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(address);
  return bytes;
}

function reverseAddress(name: string): Ipv4 | undefined {
  const [, d, c, b, a] = REVERSE.exec(name) ?? [];
  return a === undefined ? undefined : tryParseIpv4(`${a}.${b}.${c}.${d}`);
}
