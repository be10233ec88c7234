import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { run } from '../../sandbox/process.js';

export interface Order {
  readonly id: number;
  /** nobody: only lets go of connections of before. */
  readonly by?: 'http' | 'tftp' | 'bytes' | 'datagram' | 'nobody';
  readonly method?: string;
  readonly path?: string;
  readonly port?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Latin-1: any byte. */
  readonly body?: string;
  /** The address to ask from. */
  readonly from?: string;
}

export interface Answer {
  readonly id: number;
  /** 0 where nothing came back. */
  readonly status: number;
  /** Headers and body. */
  readonly body: string;
  readonly fault?: string;
}

export type Asked = Omit<Order, 'id'>;

const agentProgram = fileURLToPath(new URL('agent.js', import.meta.url));
/** What udhcpc runs: takes the address, and no other of before. */
const TAKE_ADDRESS =
  '#!/bin/sh\n[ "$1" = bound ] || [ "$1" = renew ] || exit 0\nip addr flush dev eth0\nip addr add "$ip/24" dev eth0\necho "leased $ip"\n';

/** RFC 826: an answer that nobody asked for, to all, every 20 ms. */
const FORGER = `
import socket, sys, time
address = socket.inet_aton(sys.argv[1])
mac = bytes.fromhex(sys.argv[2].replace(':', ''))
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(('eth0', 0))
frame = b'\\xff' * 6 + mac + b'\\x08\\x06' + b'\\0\\1\\x08\\0\\6\\4\\0\\2' + mac + address + b'\\xff' * 6 + address
wire.send(frame)
print('forging', flush=True)
while True:
    wire.send(frame)
    time.sleep(0.02)
`;

/** A machine on the provisioning network: a namespace with `eth0`, whose owner does with it what he likes. */
export class NetworkMachine {
  readonly #agent: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #forgers: ChildProcess[] = [];
  #next = 0;

  constructor(
    readonly namespace: string,
    private readonly leaseScript: string,
  ) {
    this.#agent = spawn('ip', ['netns', 'exec', namespace, process.execPath, agentProgram], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#agent.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  static readonly leaseScriptText = TAKE_ADDRESS;

  ask(asked: Asked): Promise<Answer> {
    const id = (this.#next += 1);
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#agent.stdin.write(`${JSON.stringify({ id, ...asked })}\n`);
    });
  }

  get(path: string, from?: string): Promise<Answer> {
    return this.ask({ path, ...(from !== undefined && { from }) });
  }

  /** Another network card: what was known of the network before is forgotten with it. */
  async becomeCard(mac: string): Promise<void> {
    await this.forget();
    await this.ip('link', 'set', 'eth0', 'down');
    await this.ip('link', 'set', 'eth0', 'address', mac, 'up');
  }

  /** Its addresses, its connections, and who has which address. */
  async forget(): Promise<void> {
    this.rest();
    await this.ip('addr', 'flush', 'dev', 'eth0');
    await this.lookAgain();
  }

  /** New connections, and whoever answers for the server's address now. */
  async lookAgain(): Promise<void> {
    await this.ask({ by: 'nobody' });
    await this.ip('neigh', 'flush', 'dev', 'eth0');
  }

  /** By DHCP. @returns the address */
  async lease(): Promise<string> {
    const said = await this.run(
      'udhcpc',
      '-i',
      'eth0',
      '-n',
      '-q',
      '-f',
      '-t',
      '5',
      '-T',
      '2',
      '-s',
      this.leaseScript,
    );
    const [, address] = /^leased (\S+)$/m.exec(said) ?? [];
    if (address === undefined) throw new Error(`no lease: ${said}`);
    return address;
  }

  /** Frames that say, again and again, that the address is at the card; until `rest`. */
  async forgeArp(address: string, mac: string): Promise<void> {
    const words = ['netns', 'exec', this.namespace, '/usr/bin/python3', '-c', FORGER, address, mac];
    const forger = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#forgers.push(forger);
    await once(forger.stdout, 'data');
  }

  /** Ends what goes on by itself. */
  rest(): void {
    for (const forger of this.#forgers.splice(0)) forger.kill();
  }

  ip(...words: string[]): Promise<string> {
    return run('ip', '-n', this.namespace, ...words);
  }

  run(program: string, ...words: string[]): Promise<string> {
    return run('ip', 'netns', 'exec', this.namespace, program, ...words);
  }

  close(): void {
    this.rest();
    this.#agent.stdin.end();
  }
}
