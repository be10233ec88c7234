import type { Context } from 'koa';
import { openInside, pathInside } from '../images/resolve-inside.js';
import { pathSegments } from './path-segments.js';
import { sendFile } from './send-file.js';
import type { SmallFiles } from './small-files.js';

/**
 * Answers with the file that the path names below a folder; hidden ones are no part of what is served.
 * @param skip How many segments of the path stand before it.
 * @returns false when there is none.
 */
export async function sendStatic(
  ctx: Context,
  folder: string,
  skip: number,
  memory: SmallFiles,
): Promise<boolean> {
  const segments = pathSegments(ctx.path)?.slice(skip) ?? [];
  const name = pathInside(folder, segments);
  if (name === undefined || segments.some((segment) => segment.startsWith('.'))) return false;
  return sendFile(ctx, { name, open: () => openInside(folder, segments) }, memory);
}
