import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Discovery } from './discovery.js';

/** Where registries survive a restart. */
export interface DiscoveryStore {
  load(token: string): Promise<Discovery | undefined>;
  /** Resolves when it would survive a power cut. */
  save(discovery: Discovery): Promise<void>;
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

  async load(token: string): Promise<Discovery | undefined> {
    try {
      return discoverySchema.parse(JSON.parse(await readFile(this.#path(token), 'utf8')));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async save(discovery: Discovery): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const path = this.#path(discovery.token);
    const file = await open(`${path}.new`, 'w');
    try {
      await file.writeFile(`${JSON.stringify(discovery, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    const folder = await open(this.folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #path(token: string): string {
    return join(this.folder, `${token}.json`);
  }
}
