import type { Context } from 'koa';
import { type OpenFile, openInside, pathInside } from '../files/open-inside.js';
import { fileStream } from '../files/file-stream.js';
import { answerHead, lengthOf, sendPart, validatorsOf } from './file-part.js';
import type { SmallFiles } from './small-files.js';

/** A file by the path that it is asked for, and how to open it where that path may be followed. */
export interface WantedFile {
  readonly name: string;
  readonly open: () => Promise<OpenFile | undefined>;
}

/**
 * Answers with a file, whole or the one range that is asked for, and sees to it that it is closed.
 * @returns false when there is none.
 */
export async function sendFile(
  ctx: Context,
  { name, open }: WantedFile,
  memory: SmallFiles,
): Promise<boolean> {
  const known = await memory.unchanged(name);
  if (known) {
    const part = answerHead(ctx, { name, size: known.stats.size, ...validatorsOf(known.stats) });
    if (part) ctx.body = known.bytes.subarray(part.start, part.end + 1);
    return true;
  }
  const file = await open();
  if (!file) return false;
  const part = answerHead(ctx, { name, size: file.stats.size, ...validatorsOf(file.stats) });
  if (!part) {
    await file.handle.close();
    return true;
  }
  const small = await memory.read(name, file);
  if (small) {
    ctx.body = small.bytes.subarray(part.start, part.end + 1);
    ctx.length = lengthOf(part);
    return true;
  }
  const { handle } = file;
  await sendPart(ctx, part, {
    fd: handle.fd,
    read: (wanted) => fileStream(handle, wanted),
    close: () => handle.close(),
  });
  return true;
}

/**
 * Answers with the file that the segments name below a folder; hidden ones are no part of what is served.
 * @returns false when there is none.
 */
export async function sendStatic(
  ctx: Context,
  folder: string,
  segments: readonly string[],
  memory: SmallFiles,
): Promise<boolean> {
  const name = pathInside(folder, segments);
  if (name === undefined || segments.some((segment) => segment.startsWith('.'))) return false;
  return sendFile(ctx, { name, open: () => openInside(folder, segments) }, memory);
}
