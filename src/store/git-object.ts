import { createHash, hash } from 'node:crypto';

export type GitObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface GitObject {
  readonly type: GitObjectType;
  readonly content: Buffer;
}

/** The SHA-1 of an object, as its 20 bytes. */
export type RawId = Buffer;

/** The SHA-1 of an object, as 40 hex digits: for keys, files and messages. */
export type ObjectId = string;

const OBJECT_ID = /^[0-9a-f]{40}$/;

export function isObjectId(text: string): boolean {
  return OBJECT_ID.test(text);
}

/** Gitformat: the id of an object is the SHA-1 of `<type> <length>\0<content>`. */
export function rawIdOf(type: GitObjectType, content: Buffer): RawId {
  return hash(
    'sha1',
    Buffer.concat([Buffer.from(`${type} ${content.length}\0`, 'latin1'), content]),
    'buffer',
  );
}

export function sha1(...parts: readonly Buffer[]): Buffer {
  const digest = createHash('sha1');
  for (const part of parts) digest.update(part);
  return digest.digest();
}
