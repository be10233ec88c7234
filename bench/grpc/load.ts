import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { parseArgs } from 'node:util';
import { GrpcCaller } from '../../test/support/grpc-caller.js';

/**
 * What calls the daemon, in a process of its own: so many groups put, so many at once, over so many connections. Messages are laid out
 * by hand. Writes what it saw as JSON, times in milliseconds.
 */
const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '' },
    port: { type: 'string', default: '' },
    ca: { type: 'string', default: '' },
    certificate: { type: 'string', default: '' },
    key: { type: 'string', default: '' },
    first: { type: 'string', default: '0' },
    puts: { type: 'string', default: '' },
    'at-once': { type: 'string', default: '' },
    connections: { type: 'string', default: '' },
  },
});
const [first, puts, atOnce, connections] = [
  values.first,
  values.puts,
  values['at-once'],
  values.connections,
].map(Number) as [number, number, number, number];

export interface LoadResult {
  readonly seconds: number;
  readonly waits: readonly number[];
  readonly failures: readonly string[];
  /** Of this process. */
  readonly cpuSeconds: number;
}

function field(number: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload);
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length % 128) + 128, bytes.length >> 7];
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes]);
}

function groupOf(number: number): Buffer {
  const hex = number.toString(16).padStart(6, '0');
  const mac = `52:54:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`;
  const entry = (name: string, value: string) => field(4, Buffer.concat([field(1, name), field(2, value)]));
  const metadata = {
    domain_name: `node-${number}.example.org`,
    etcd_initial_cluster: 'node1=http://node1.example.org:2380',
  };
  return Buffer.concat([
    field(1, `node-${number}`),
    field(2, `machine ${number}`),
    field(3, 'worker'),
    entry('mac', mac),
    entry('os', 'installed'),
    field(5, JSON.stringify(metadata)),
  ]);
}

async function openCaller(): Promise<GrpcCaller> {
  const socket = connect({
    host: values.host,
    port: Number(values.port),
    ca: readFileSync(values.ca),
    cert: readFileSync(values.certificate),
    key: readFileSync(values.key),
    ALPNProtocols: ['h2'],
  });
  await once(socket, 'secureConnect');
  return GrpcCaller.to(Number(values.port), socket);
}

const callers = await Promise.all(Array.from({ length: connections }, openCaller));
const waits: number[] = [];
const failures: string[] = [];
let next = first;

async function putInTurn(caller: GrpcCaller): Promise<void> {
  while (next < first + puts) {
    const request = field(1, groupOf(next));
    next += 1;
    const began = performance.now();
    const { status, message } = await caller.call('/rpcpb.Groups/GroupPut', request);
    waits.push(performance.now() - began);
    if (status !== 0) failures.push(`${status} ${message}`);
  }
}

const cpuBefore = process.cpuUsage();
const began = performance.now();
await Promise.all(
  Array.from({ length: atOnce }, (_, index) => putInTurn(callers[index % connections] as GrpcCaller)),
);
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
for (const caller of callers) caller.close();
const result: LoadResult = {
  seconds,
  waits,
  failures: failures.slice(0, 5),
  cpuSeconds: (user + system) / 1e6,
};
process.stdout.write(JSON.stringify(result));
