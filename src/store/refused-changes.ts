import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Serial } from '../host/serial.js';
import { syncPath, writeDurably } from './durable-file.js';
import type { RepositoryPaths } from './repository.js';
import { findFile } from './work-tree.js';

const kept = z.object({ origin: z.string(), refused: z.record(z.string(), z.string()) });
const NAME = 'refused.json';
/** Bytes: some hundred thousand refusals. A file with more is none of imago's. */
const MOST = 64 * 1024 * 1024;

/**
 * What was refused of a repository elsewhere, and why, until it is put right there. A pull looks only at what is new there, so
 * that it is kept in a file: after a restart no pull would come upon it again.
 */
export class RefusedChanges {
  #origin: string | undefined;
  #refused = new Map<Serial, string>();
  #written = '';

  constructor(private readonly paths: Pick<RepositoryPaths, 'stateFolder' | 'scratchFolder'>) {}

  get reasons(): readonly string[] {
    return [...this.#refused.values()];
  }

  /** From now on those of this repository, or of none. */
  follow(origin: string | undefined): void {
    if (origin === this.#origin) return;
    this.#origin = origin;
    this.#refused = origin === undefined ? new Map() : this.#load(origin);
    this.#written = this.#text;
  }

  set(serial: Serial, reason: string): void {
    this.#refused.set(serial, reason);
  }

  delete(serial: Serial): void {
    this.#refused.delete(serial);
  }

  /** Durable on return. Before the merge is recorded: what was refused by one that is there is known. */
  save(): void {
    const text = this.#text;
    if (text === this.#written) return;
    const scratch = join(this.paths.scratchFolder, NAME);
    writeDurably(scratch, Buffer.from(text));
    renameSync(scratch, join(this.paths.stateFolder, NAME));
    syncPath(this.paths.stateFolder);
    this.#written = text;
  }

  get #text(): string {
    return JSON.stringify({ origin: this.#origin, refused: Object.fromEntries(this.#refused) });
  }

  #load(origin: string): Map<Serial, string> {
    const content = findFile(this.paths.stateFolder, NAME, MOST)?.content;
    const state = content && kept.safeParse(parsed(content.toString('utf8'))).data;
    if (state?.origin !== origin) return new Map();
    return new Map(Object.entries(state.refused).map(([serial, reason]) => [serial as Serial, reason]));
  }
}

/** Undefined for what is no JSON: a file that is damaged says nothing. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
