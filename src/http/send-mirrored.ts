import type { Context } from 'koa';
import type { MirroredFile } from '../images/mirrored-file.js';
import { answerHead, sendPart } from './file-part.js';

/**
 * Answers with a file that may still be coming, whole or the one range that is asked for, and sees to it that it is closed.
 * @param name Its type goes by it.
 * @param whenSent Called once all of it is on its way, in this one answer: not after a part, even one that ends with its last byte.
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
  await sendPart(ctx, part, file);
  const isWhole = part.start === 0 && (file.size === undefined || part.end === file.size - 1);
  if (whenSent && isWhole) ctx.res.once('finish', whenSent);
}
