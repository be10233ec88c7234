import { expect } from 'chai';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openHostStore } from '../../src/store/open-host-store.js';

/** What a storm was told had been recorded: the last step of each machine. */
export type Acknowledged = Map<string, number>;

/** A storm in a process of its own. */
export class StormRun {
  readyAfterMs: number | undefined;
  refusals = 0;
  acknowledgements = 0;
  readonly errors: string[] = [];
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;

  constructor(
    directory: string,
    readonly acknowledged: Acknowledged = new Map(),
  ) {
    this.#child = spawn(process.execPath, [new URL('store-storm.js', import.meta.url).pathname, directory], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#child;
    if (!stdout || !stderr) throw new Error('the storm has no output');
    stderr.on('data', (bytes: Buffer) => this.errors.push(bytes.toString()));
    const lines = createInterface(stdout);
    this.#ready = once(lines, 'line');
    lines.on('line', (line) => {
      this.#hear(line);
    });
  }

  async ready(): Promise<void> {
    await Promise.race([this.#ready, once(this.#child, 'exit')]);
    if (this.readyAfterMs === undefined) throw new Error(`the storm did not start: ${this.errors.join('')}`);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  #hear(line: string): void {
    const [word = '', number = ''] = line.split(' ');
    if (word === 'ready') this.readyAfterMs = Number(number);
    else if (word === 'refused') this.refusals += 1;
    else {
      this.acknowledgements += 1;
      this.acknowledged.set(word, Math.max(Number(number), this.acknowledged.get(word) ?? 0));
    }
  }
}

/**
 * All that was acknowledged is there, in order, once, no address twice, git finds no fault, and the store opens at once.
 * @returns how many commits there are.
 */
export async function expectIntact(
  directory: string,
  acknowledged: Acknowledged,
  startMs = 2000,
): Promise<number> {
  const complaints: string[] = [];
  const note = (facts: object, message: string): void => {
    complaints.push(`${message} ${JSON.stringify(facts)}`);
  };
  const logger = { info: () => undefined, warn: note, error: note };
  const started = performance.now();
  const store = await openHostStore({ directory, clock: () => new Date(), logger });
  expect(performance.now() - started, 'ready in time').to.be.below(startMs);
  const hosts = [...store.hosts()];
  const { troubles } = store.health();
  await store.close();
  expect(troubles).to.deep.equal([]);
  expect(complaints).to.deep.equal([]);
  expect(git(directory, 'fsck', '--full', '--strict')).to.equal('');
  expect(git(directory, 'status', '--porcelain')).to.equal('');

  const subjects = git(directory, 'log', '--reverse', '--format=%s').trim().split('\n');
  const steps = new Map<string, number>();
  for (const subject of subjects.slice(1)) {
    const [, serial = '', step = ''] = /^(\S+): step (\d+)$/.exec(subject) ?? [];
    expect(Number(step), `${subject} follows the one before`).to.equal((steps.get(serial) ?? 0) + 1);
    steps.set(serial, Number(step));
  }
  for (const [serial, step] of acknowledged) {
    expect(steps.get(serial) ?? 0, `the last acknowledged step of ${serial}`).to.be.at.least(step);
  }
  for (const host of hosts) expect(host.metadata).to.deep.equal([`step=${steps.get(host.serial)}`]);
  const addresses = hosts.map(({ internalAddress }) => internalAddress);
  expect(new Set(addresses).size, 'no address twice').to.equal(steps.size);
  return subjects.length;
}

function git(directory: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd: directory, encoding: 'utf8', maxBuffer: 2 ** 28 });
}
