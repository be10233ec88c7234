import { bytes, message, text, type ValueOf } from '../../src/grpc/message.js';
import type { GrpcLimits, GrpcServerParts } from '../../src/grpc/grpc-parts.js';
import { startGrpcServer, type GrpcServer } from '../../src/grpc/grpc-server.js';
import { method, type Caller } from '../../src/grpc/method.js';

export const word = message({ word: text(1), content: bytes(2) });

/** A call that ends when the test lets it. */
export interface Waiting {
  readonly word: string;
  readonly caller: Caller;
  end(): void;
}

export interface GrpcHouse {
  readonly server: GrpcServer;
  /** Calls that wait, in the order in which they came. */
  readonly waiting: Waiting[];
  /** What the observer was told, as in `lab.Words/Echo OK`. */
  readonly told: string[];
  readonly log: { readonly facts: object; readonly message: string }[];
  close(): Promise<void>;
}

const usualLimits: GrpcLimits = {
  connections: 64,
  connectionsPerAddress: 32,
  calls: 32,
  callsPerAddress: 32,
  callSeconds: 30,
  idleSeconds: 300,
};

type Parts = Partial<Omit<GrpcServerParts, 'limits'>> & { readonly limits?: Partial<GrpcLimits> };

/** A server with calls that answer at once, wait, fail, or say who called. */
export async function openGrpcHouse({ limits, ...parts }: Parts = {}): Promise<GrpcHouse> {
  const waiting: Waiting[] = [];
  const told: string[] = [];
  const log: GrpcHouse['log'] = [];
  const write = (facts: object, message: string) => void log.push({ facts, message });
  const server = await startGrpcServer({
    address: '127.0.0.1',
    port: 0,
    setting: 'listeners.test.port',
    methods: [
      method('/lab.Words/Echo', word, word, (request) => request),
      method('/lab.Words/Wait', word, word, (request, caller) => held(request, caller, waiting)),
      method('/lab.Words/Fail', word, word, ({ word }) => {
        throw failures[word]?.() ?? new Error('no such failure');
      }),
      method('/lab.Words/Large', word, word, ({ word }) => ({
        word: '',
        content: new Uint8Array(Number(word)),
      })),
      method('/lab.Words/WhoAmI', word, word, (_, { name = 'nobody' }) => ({
        word: name,
        content: new Uint8Array(),
      })),
    ],
    statusOf: () => 'UNKNOWN',
    messageBytes: 64 * 1024,
    limits: () => ({ ...usualLimits, ...limits }),
    observer: {
      called: (call, status) => void told.push(`${call} ${status}`),
      turnedAway: (reason) => void told.push(reason),
      reach: (limit) => void told.push(limit),
    },
    log: { info: write, warn: write, error: write },
    clock: () => performance.now(),
    ...parts,
  });
  return { server, waiting, told, log, close: () => server.close() };
}

/** What `Fail` throws, by its word; a test puts its own in. */
export const failures: Record<string, () => Error> = {};

function held(request: ValueOf<typeof word>, caller: Caller, waiting: Waiting[]) {
  return new Promise<ValueOf<typeof word>>((resolve) => {
    waiting.push({ word: request.word, caller, end: () => resolve(request) });
  });
}

/** Waits for what other ends of connections bring about. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
