import { formatHostFile } from '../host/host-json.js';
import type { Author, FleetView, HostChange, RecordedChange } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import type { CheckoutFile, FlushBatch } from './disk-messages.js';
import type { FleetTip } from './fleet-tip.js';
import { stepTrees, type TreeStep } from './fleet-trees.js';
import { encodeCommit, type Signature } from './git-commit.js';
import type { ObjectId } from './git-object.js';
import { hostPath } from './layout.js';
import { PackBuilder } from './pack-builder.js';

/** Somebody who asked for changes and waits until they are durable. */
export interface Waiter {
  readonly author: Author;
  readonly decide: (fleet: FleetView) => readonly HostChange[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface StagedChange {
  readonly recorded: RecordedChange;
  readonly step: TreeStep;
}

/** Changes that become durable together, each its own commit, built as they arrive: what is left for later is to write them. */
export class ChangeBatch {
  readonly waiters: Waiter[] = [];
  readonly changes: StagedChange[] = [];
  readonly #pack = new PackBuilder();
  readonly #files = new Map<string, CheckoutFile>();

  /** @param pending the fleet as of the last change asked for; follows each change added. */
  constructor(private readonly pending: FleetTip) {}

  get hasWaiters(): boolean {
    return this.waiters.length > 0;
  }

  add(waiter: Waiter, changes: readonly HostChange[], time: Date): void {
    this.waiters.push(waiter);
    for (const change of changes) this.#stage(waiter.author, change, time);
  }

  finish(number: number, expected: ObjectId | undefined): FlushBatch {
    const last = this.changes.at(-1);
    if (!last) throw new RangeError('a batch without changes has nothing to write');
    return {
      number,
      expected,
      next: last.recorded.commit,
      files: [...this.#files.values()],
      ...this.#pack.finish(),
    };
  }

  resolve(): void {
    for (const waiter of this.waiters) waiter.resolve();
  }

  reject(error: unknown): void {
    for (const waiter of this.waiters) waiter.reject(error);
  }

  #stage(author: Author, { host, what, retired }: HostChange, time: Date): void {
    const { serial } = host;
    const before = this.pending.fleet.host(serial);
    const after = retired ? undefined : host;
    const content = after && Buffer.from(formatHostFile(after), 'utf8');
    const step = stepTrees(this.pending, serial, content, this.#pack);
    const commit = this.#commit(author, `${serial}: ${what}`, step, time);
    this.pending.step(commit, step, serial, after);
    this.#files.set(serial, checkoutFile(serial, content, step));
    const recorded = { commit, time, author: author.name, serial, what, host: after, before };
    this.changes.push({ recorded, step });
  }

  #commit(author: Author, message: string, step: TreeStep, time: Date): ObjectId {
    const content = encodeCommit({
      tree: step.rootId.toString('hex'),
      parents: this.pending.commit === undefined ? [] : [this.pending.commit],
      author: signatureOf(author, time),
      committer: signatureOf(IMAGO, time),
      message,
    });
    return this.#pack.add('commit', content).toString('hex');
  }
}

/** The daemon itself, as author and as the one who writes every commit. */
export const IMAGO: Author = { name: 'imago', kind: 'imago' };

export function signatureOf(author: Author, time: Date): Signature {
  return { name: author.name, email: `${author.name.replace(/[^\w.+-]+/g, '-')}@imago`, time };
}

function checkoutFile(serial: Serial, content: Buffer | undefined, step: TreeStep): CheckoutFile {
  const path = hostPath(serial);
  return content && step.fileId ? { path, content, id: step.fileId } : { path };
}
