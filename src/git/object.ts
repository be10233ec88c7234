import { hash } from 'node:crypto';

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

/** How long a SHA-1 is. */
export const ID_BYTES = 20;

/** Gitformat: the id of an object is the SHA-1 of `<type> <length>\0<content>`. */
export function rawIdOf(type: GitObjectType, content: Buffer): RawId {
  return sha1(Buffer.concat([Buffer.from(objectHeader(type, content.length), 'latin1'), content]));
}

/** What stands before the content in the bytes that an id is the hash of: 28 characters at most. */
export function objectHeader(type: GitObjectType, length: number): string {
  return `${type} ${length}\0`;
}

export function sha1(content: Buffer): Buffer {
  return hash('sha1', content, 'buffer');
}
