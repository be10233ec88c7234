import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../files/durable-file.js';
import { ifPresent, readIfPresent } from '../../files/if-present.js';
import type { LedgerEntry } from './cluster-ledger.js';
import type { Discovery } from './discovery.js';

/** Where registries survive a restart. */
export interface DiscoveryStore {
  /** All there are. */
  list(): Promise<ReadonlyMap<string, LedgerEntry>>;
  load(token: string): Promise<Discovery | undefined>;
  /** Resolves when it would survive a power cut. */
  save(discovery: Discovery): Promise<void>;
  drop(token: string): Promise<void>;
}

const discoverySchema = z.object({
  token: z.string(),
  size: z.int(),
  index: z.int(),
  members: z.array(
    z.object({ id: z.string(), value: z.string(), createdIndex: z.int(), modifiedIndex: z.int() }),
  ),
});

/** One JSON file for each token. */
export class DiscoveryFiles implements DiscoveryStore {
  constructor(private readonly folder: string) {}

  async list(): Promise<ReadonlyMap<string, LedgerEntry>> {
    const entries = new Map<string, LedgerEntry>();
    for (const name of (await ifPresent(readdir(this.folder))) ?? []) {
      const path = join(this.folder, name);
      // A power cut came while it was written.
      if (name.endsWith('.json.new')) await rm(path, { force: true });
      if (!name.endsWith('.json')) continue;
      const token = name.slice(0, -'.json'.length);
      const { size, mtimeMs } = await stat(path);
      entries.set(token, { bytes: size, changedMs: mtimeMs, isJoined: await this.#isJoined(token) });
    }
    return entries;
  }

  async load(token: string): Promise<Discovery | undefined> {
    const text = await readIfPresent(this.#path(token));
    return text === undefined ? undefined : discoverySchema.parse(JSON.parse(text));
  }

  async save(discovery: Discovery): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await replaceFile(this.#path(discovery.token), `${JSON.stringify(discovery, null, 2)}\n`);
  }

  async drop(token: string): Promise<void> {
    await rm(this.#path(token), { force: true });
  }

  /** A file that is damaged may have been somebody's. */
  async #isJoined(token: string): Promise<boolean> {
    try {
      const discovery = await this.load(token);
      return discovery === undefined || discovery.members.length > 0 || discovery.index > 1;
    } catch (error) {
      if (error instanceof z.ZodError || error instanceof SyntaxError) return true;
      throw error;
    }
  }

  #path(token: string): string {
    return join(this.folder, `${token}.json`);
  }
}
