import type { IncomingMessage } from 'node:http';
import { BodyAborted, BodyTooLarge } from './http-errors.js';

export const LARGEST_BODY = 64 * 1024;

/**
 * The body as text, whatever its content type says: the clients of the boot side call JSON a form, or nothing at all. How long
 * it may take is the server's `requestTimeout`.
 * @throws BodyTooLarge, BodyAborted
 */
export async function readBody(request: IncomingMessage, limitBytes: number = LARGEST_BODY): Promise<string> {
  return (await readBytes(request, limitBytes)).toString('utf8');
}

/** @throws BodyTooLarge, BodyAborted */
export async function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw new BodyTooLarge(limitBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      const bytes = chunk as Buffer;
      length += bytes.length;
      if (length > limitBytes) throw new BodyTooLarge(limitBytes);
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof BodyTooLarge) throw error;
    throw new BodyAborted();
  }
  return Buffer.concat(chunks);
}
