import type { Context } from 'koa';
import { openInside, pathInside } from '../files/open-inside.js';
import { sendFile } from './send-file.js';
import type { SmallFiles } from './small-files.js';

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
