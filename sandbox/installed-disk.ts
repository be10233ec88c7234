import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { run } from './process.js';

const SECTOR_BYTES = 512;

const partitionTable = z.object({
  partitiontable: z.object({
    partitions: z.array(z.object({ name: z.string(), start: z.int(), size: z.int() })),
  }),
});

/** A part of a disk, in bytes. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** Looks into a raw disk image from outside of its machine. */
export async function partitionNamed(disk: string, name: string): Promise<Extent> {
  const { partitiontable } = partitionTable.parse(JSON.parse(await run('sfdisk', '--json', disk)));
  const found = partitiontable.partitions.find((partition) => partition.name === name);
  if (!found) throw new Error(`${disk} has no partition ${name}`);
  return { offset: found.start * SECTOR_BYTES, length: found.size * SECTOR_BYTES };
}

/** SHA-256 in hex. */
export async function digestOf(file: string, { offset, length }: Extent): Promise<string> {
  const hash = createHash('sha256');
  const bytes: AsyncIterable<Buffer> = createReadStream(file, { start: offset, end: offset + length - 1 });
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest('hex');
}

/** A file of a FAT partition, as text. */
export function readFatFile(disk: string, { offset }: Extent, file: string): Promise<string> {
  return run('mtype', '-i', `${disk}@@${offset}`, `::${file}`);
}

export async function deleteFatFile(disk: string, { offset }: Extent, file: string): Promise<void> {
  await run('mdel', '-i', `${disk}@@${offset}`, `::${file}`);
}
