import type { Context } from 'koa';
import type { MirroredFile } from '../images/mirrored-file.js';
import { answerHead, lengthOf, streamPart } from './file-part.js';

/**
 * Answers with a file that may still be coming, whole or the one range that is asked for, and sees to it that it is closed.
 * @param name Its type goes by it.
 * @param whenSent Called once its last byte is on its way, also of a range that ends with it.
 */
export async function sendMirrored(
  ctx: Context,
  name: string,
  file: MirroredFile,
  whenSent?: () => void,
): Promise<void> {
  const part = answerHead(ctx, { ...file, name });
  if (!part) {
    await file.close();
    return;
  }
  ctx.body = await streamPart(ctx, part, file);
  if (file.size !== undefined) ctx.length = lengthOf(part);
  const isToTheEnd = file.size === undefined || part.end === file.size - 1;
  if (whenSent && isToTheEnd) ctx.res.once('finish', whenSent);
}
