import { rm, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { replaceFile } from '../files/durable-file.js';
import { readIfPresent } from '../files/if-present.js';
import { jsonIn } from '../json.js';
import { coverWhole, type Part } from './fetch-parts.js';

/** What is needed to go on with a file after a break or a restart; stands beside it. */
export interface FetchState {
  readonly url: string;
  readonly size: number;
  readonly validator?: string | undefined;
  readonly parts: readonly Part[];
}

const FetchStateText = z.object({
  url: z.string(),
  size: z.int().min(0),
  validator: z.string().optional(),
  parts: z.array(z.object({ first: z.int(), last: z.int(), done: z.int() })),
});

/** Undefined when there is none, or none that makes sense: the file is then begun anew. */
export async function readState(path: string): Promise<FetchState | undefined> {
  const text = await readIfPresent(path);
  if (text === undefined) return undefined;
  const parsed = FetchStateText.safeParse(jsonIn(text));
  return parsed.success && coverWhole(parsed.data.parts, parsed.data.size) ? parsed.data : undefined;
}

const SAVE_EVERY_BYTES = 32 << 20;

/** Tells the disk how far the file is, never further than the disk has it. One writing at a time. */
export function stateSaver(file: FileHandle, path: string, state: () => FetchState) {
  let savedAt = 0;
  let writing = Promise.resolve();
  const write = async (previous: Promise<void>): Promise<void> => {
    await previous;
    const now = state();
    const snapshot = { ...now, parts: [...now.parts] };
    await file.datasync();
    await replaceFile(path, JSON.stringify(snapshot));
  };
  const save = (): Promise<void> => (writing = write(writing));
  return {
    save,
    async afterProgress(done: number): Promise<void> {
      if (done - savedAt < SAVE_EVERY_BYTES) return;
      savedAt = done;
      await save();
    },
  };
}

export async function removeState(path: string): Promise<void> {
  await rm(path, { force: true });
}
