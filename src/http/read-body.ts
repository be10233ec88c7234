import type { Context } from 'koa';
import { ImagoError } from '../errors.js';
import { BodyAborted, BodyTooLarge } from './http-errors.js';

export const LARGEST_BODY = 64 * 1024;

/**
 * The body as text, whatever its content type says: the clients of the boot side call JSON a form, or nothing at all. How long
 * it may take is the server's `requestTimeout`.
 * @throws BodyTooLarge, TooMuchHeld, BodyAborted; NotAuthenticated, NotAllowed
 */
export async function readBody(ctx: Context, limitBytes: number = LARGEST_BODY): Promise<string> {
  return (await readBytes(ctx, limitBytes)).toString('utf8');
}

/**
 * What proves who asks may be over by the time that the body is whole: it counts then, not when the request began.
 * @throws BodyTooLarge, TooMuchHeld, BodyAborted; NotAuthenticated, NotAllowed
 */
export async function readBytes(ctx: Context, limitBytes: number): Promise<Buffer> {
  const { req: request, res: response, traffic } = ctx;
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw new BodyTooLarge(limitBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      const bytes = chunk as Buffer;
      length += bytes.length;
      if (length > limitBytes) throw new BodyTooLarge(limitBytes);
      traffic.holdBody(request, response, bytes.length);
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof ImagoError) throw error;
    throw new BodyAborted();
  }
  await request.proveAgain?.();
  return Buffer.concat(chunks);
}
