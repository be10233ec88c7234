import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Serial } from '../../src/host/serial.js';
import { CHECKOUT_MARK, Checkout } from '../../src/store/worktree/checkout.js';
import type { CheckoutFile } from '../../src/store/disk-messages.js';
import { rawIdOf, type ObjectId } from '../../src/git/object.js';
import { hostPath } from '../../src/store/layout.js';
import { initRepository, repositoryPaths } from '../../src/store/repository.js';

/** A work tree that follows commits which are made up: they are numbered, and a host's file says which one wrote it. */
export class CheckoutFolder {
  readonly directory = mkdtempSync(join(tmpdir(), 'imago-checkout-'));
  readonly checkout: Checkout;
  readonly #paths = repositoryPaths(this.directory);

  constructor() {
    initRepository(this.#paths);
    this.checkout = new Checkout(
      this.directory,
      this.#paths.gitDirectory,
      this.#paths.scratchFolder,
      new Map(),
    );
  }

  /** What the disk thread does for a batch whose last commit is this, with files of these hosts. */
  commit(number: number, ...serials: readonly string[]): void {
    this.checkout.prepare();
    this.checkout.follow(
      commitId(number),
      serials.map((serial) => fileOf(serial, number)),
    );
  }

  /** The commit that the mark names; undefined where there is none. */
  get mark(): number | undefined {
    const text = this.#read(join('.git', CHECKOUT_MARK));
    return text === undefined ? undefined : Number.parseInt(text, 16);
  }

  get holdsIndexLock(): boolean {
    return existsSync(join(this.directory, '.git/index.lock'));
  }

  /** Which commit wrote the file of a host. */
  writtenBy(serial: string): number | undefined {
    const text = this.#read(hostPath(serial as Serial));
    return text === undefined ? undefined : Number(text);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  #read(path: string): string | undefined {
    try {
      return readFileSync(join(this.directory, path), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

export function commitId(number: number): ObjectId {
  return number.toString(16).padStart(40, '0');
}

function fileOf(serial: string, number: number): CheckoutFile {
  const content = Buffer.from(String(number));
  return { path: hostPath(serial as Serial), content, id: rawIdOf('blob', content) };
}
