import { constants } from 'node:fs';
import { open, rename, stat } from 'node:fs/promises';
import { z } from 'zod';
import { replaceFile, syncFolder } from '../files/durable-file.js';
import { ifPresent, readIfPresent } from '../files/if-present.js';
import { StoreUnavailable } from '../host/errors.js';
import { jsonIn } from '../json.js';
import { dirname } from 'node:path';
import { refusalReasons, type AuditEntry } from './refusals.js';

/** Its name in `paths.state`. */
export const AUDIT_FILE = 'refusals.jsonl';

const MODE = 0o600;
/** When it has come to so much it is put aside, in place of the one from before. */
const MOST_BYTES = 8 << 20;
/** Of refusals, that are read at the start. */
const MOST_LINES = 4000;

const Entry = z.object({
  time: z.iso.datetime(),
  until: z.iso.datetime().optional(),
  count: z.int().min(1),
  reason: z.enum([...refusalReasons, 'token-created', 'token-revoked']),
  address: z.string().optional(),
  who: z.string().optional(),
  method: z.string().optional(),
  path: z.string().optional(),
  what: z.string().optional(),
});

/** The audit on disk, one entry a line, oldest first; and one file as large from before. */
export class AuditFile {
  #bytes: number | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  /** The latest in both, and all that admins did; oldest first. A line that a power cut tore is left out. */
  async read(): Promise<readonly AuditEntry[]> {
    const texts = await Promise.all([this.#before, this.path].map((path) => readIfPresent(path)));
    const lines = texts.flatMap((text) => text?.split('\n') ?? []);
    // A start need not wait for all that 16 MiB hold.
    const latest = lines.length - MOST_LINES;
    const told = lines.filter((line, place) => place >= latest || line.includes('"reason":"token-'));
    return told.flatMap((line) => {
      const { data } = Entry.safeParse(jsonIn(line));
      return data ? [data as AuditEntry] : [];
    });
  }

  /**
   * Adds entries; later ones come after earlier ones.
   * @param isDurable They outlive a power cut when it resolves.
   * @param carried What a file begins with that takes the place of a full one.
   * @throws StoreUnavailable
   */
  async append(
    entries: readonly AuditEntry[],
    isDurable: boolean,
    carried: readonly AuditEntry[],
  ): Promise<void> {
    const before = this.#writing;
    const write = async (): Promise<void> => {
      await before.catch(() => undefined);
      await this.#append(entries, isDurable, carried);
    };
    this.#writing = write();
    try {
      await this.#writing;
    } catch (error) {
      throw StoreUnavailable.ofFile(this.path, error);
    }
  }

  async #append(
    entries: readonly AuditEntry[],
    isDurable: boolean,
    carried: readonly AuditEntry[],
  ): Promise<void> {
    if ((this.#bytes ?? 0) >= this.mostBytes) await this.#putAside(carried);
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    const file = await open(this.path, flags, MODE);
    try {
      const isFirst = this.#bytes === undefined;
      const { size, mode } = await file.stat();
      if ((mode & 0o777) !== MODE) await file.chmod(MODE);
      // A line that was torn ends here.
      const text = (isFirst && !(await endsLine(file, size)) ? '\n' : '') + linesOf(entries);
      await file.appendFile(text);
      this.#bytes = size + Buffer.byteLength(text);
      if (!isDurable) return;
      await file.sync();
      await syncFolder(dirname(this.path));
    } finally {
      await file.close();
    }
  }

  async #putAside(carried: readonly AuditEntry[]): Promise<void> {
    await ifPresent(rename(this.path, this.#before));
    await replaceFile(this.path, linesOf(carried), MODE);
    this.#bytes = (await stat(this.path)).size;
  }

  get #before(): string {
    return `${this.path}.1`;
  }
}

function linesOf(entries: readonly AuditEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

async function endsLine(file: Awaited<ReturnType<typeof open>>, size: number): Promise<boolean> {
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}
