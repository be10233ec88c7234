import { InvalidHost, parseHostFile } from '../host/host-json.js';
import type { Host } from '../host/host.js';
import type { RawId } from '../git/object.js';
import { LARGEST_FILE } from './layout.js';
import { ObjectTooLarge } from '../git/errors.js';
import type { ObjectReader } from '../git/object-reader.js';

/**
 * @param path as it is named in messages.
 * @throws InvalidHost, whatever is wrong with it.
 */
export function parseHostContent(content: Buffer, path: string): Host {
  if (content.length > LARGEST_FILE) throw tooLarge(path);
  return parseHostFile(content.toString('utf8'), path);
}

/**
 * The committed file of a host; a hostile one is refused by its length before it is unpacked.
 * @throws InvalidHost when it is too large, DamagedObject
 */
export function readHostBlob(reader: ObjectReader, id: RawId, path: string): Buffer {
  try {
    return reader.readAs('blob', id.toString('hex'), LARGEST_FILE);
  } catch (error) {
    throw error instanceof ObjectTooLarge ? tooLarge(path) : error;
  }
}

function tooLarge(path: string): InvalidHost {
  const remedy = `is what a host's file may have, and this has more: write it anew or restore it with git checkout`;
  return new InvalidHost('', `${LARGEST_FILE} bytes`, remedy, { file: path, line: 1 });
}
