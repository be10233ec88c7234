import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { errorCode } from '../errors.js';
import { jsonIn } from '../json.js';
import { limitedBytes } from '../net/limited-bytes.js';

/** `bmc-answer` of docs/limits.md: as it comes over the wire, and unpacked. */
export const LONGEST_ANSWER_BYTES = 4 << 20;

/** Why an answer cannot be read. */
export class AnswerUnreadable extends Error {
  /** @param isEndless Whether it was cut off at the bound. */
  constructor(
    message: string,
    readonly isEndless = false,
  ) {
    super(message);
    this.name = 'AnswerUnreadable';
  }
}

/** Some BMCs pack what nobody asked them to pack. */
const unpackers: Readonly<Record<string, (packed: Buffer, options: object) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
};

/**
 * What a body holds; undefined where that is no JSON: some BMCs answer an action with an empty body, or with HTML.
 * @throws AnswerUnreadable
 */
export async function jsonOfBody(
  body: AsyncIterable<unknown>,
  encoding: string | string[] | undefined,
): Promise<unknown> {
  const packed = await limitedBytes(body, LONGEST_ANSWER_BYTES);
  if (!packed) throw tooLong();
  return jsonIn((await unpacked(packed, encoding)).toString('utf8'));
}

async function unpacked(bytes: Buffer, encoding: string | string[] | undefined): Promise<Buffer> {
  const name = typeof encoding === 'string' ? encoding.trim().toLowerCase() : 'identity';
  if (name === 'identity' || name === '' || bytes.length === 0) return bytes;
  const unpack = Object.hasOwn(unpackers, name) ? unpackers[name] : undefined;
  if (!unpack) throw new AnswerUnreadable('its answer is packed in a way that nobody asked for');
  try {
    return await unpack(bytes, { maxOutputLength: LONGEST_ANSWER_BYTES });
  } catch (error) {
    throw errorCode(error) === 'ERR_BUFFER_TOO_LARGE'
      ? tooLong()
      : new AnswerUnreadable('its answer cannot be unpacked');
  }
}

function tooLong(): AnswerUnreadable {
  return new AnswerUnreadable(`its answer is longer than ${LONGEST_ANSWER_BYTES >> 20} MiB`, true);
}
