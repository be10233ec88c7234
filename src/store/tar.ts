import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ImagoError } from '../errors.js';

/** As much of POSIX ustar as a cluster folder needs: folders, files, names of up to 100 bytes. */

const BLOCK = 512;
const CHUNK = 1 << 20;
const MAGIC = 'ustar\u000000';

export class DamagedArchive extends ImagoError {
  readonly code = 'DAMAGED_ARCHIVE';

  constructor(file: string, reason: string) {
    super(`${file} is no whole backup: ${reason}; take another one`, { file });
  }
}

interface ArchiveFile {
  /** In the archive; a folder's ends with a slash. */
  readonly name: string;
  /** On the disk. */
  readonly path: string;
  readonly bytes: number;
}

/** A folder as an archive with one folder in it. */
export class FolderArchive {
  readonly #files: readonly ArchiveFile[];

  constructor(
    folder: string,
    name: string,
    private readonly time: Date,
  ) {
    this.#files = filesBelow(folder, `${name}/`);
  }

  /** Of the whole archive. */
  get bytes(): number {
    return this.#files.reduce((sum, { bytes }) => sum + BLOCK + padded(bytes), 2 * BLOCK);
  }

  async *content(): AsyncGenerator<Buffer> {
    for (const { name, path, bytes } of this.#files) {
      yield header(name, bytes, this.time);
      if (name.endsWith('/')) continue;
      yield* contentOf(path, bytes);
      yield Buffer.alloc(padded(bytes) - bytes);
    }
    yield Buffer.alloc(2 * BLOCK);
  }
}

/**
 * Writes what is in the only folder of an archive into a folder.
 * @throws DamagedArchive
 */
export function extractArchive(file: string, folder: string): void {
  const handle = openSync(file, 'r');
  try {
    for (let place = 0; ;) {
      const block = readExactly(handle, file, place, BLOCK);
      place += BLOCK;
      if (block.every((byte) => byte === 0)) return;
      const { name, bytes } = parseHeader(block, file, fstatSync(handle).size - place);
      const inside = name.split('/').slice(1).join('/');
      const target = join(folder, inside);
      if (name.endsWith('/')) mkdirSync(target, { recursive: true });
      else {
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, readExactly(handle, file, place, bytes), { flush: true });
      }
      place += padded(bytes);
    }
  } finally {
    closeSync(handle);
  }
}

function filesBelow(folder: string, name: string): readonly ArchiveFile[] {
  const inside = readdirSync(folder).sort();
  return [
    { name, path: folder, bytes: 0 },
    ...inside.flatMap((each) => {
      const path = join(folder, each);
      const stats = statSync(path);
      return stats.isDirectory()
        ? filesBelow(path, `${name}${each}/`)
        : [{ name: `${name}${each}`, path, bytes: stats.size }];
    }),
  ];
}

async function* contentOf(path: string, bytes: number): AsyncGenerator<Buffer> {
  const handle = await open(path);
  try {
    for (let place = 0; place < bytes;) {
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(Math.min(CHUNK, bytes - place)),
        0,
        null,
        place,
      );
      if (bytesRead === 0) throw new DamagedArchive(path, 'it became shorter meanwhile');
      yield buffer.subarray(0, bytesRead);
      place += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

function padded(bytes: number): number {
  return Math.ceil(bytes / BLOCK) * BLOCK;
}

/** IEEE Std 1003.1, pax: name, mode, uid, gid, size, mtime, chksum, typeflag, linkname, magic, version. */
function header(name: string, bytes: number, time: Date): Buffer {
  const block = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100) throw new DamagedArchive(name, 'its name is too long');
  const isFolder = name.endsWith('/');
  block.write(name, 0);
  block.write(isFolder ? '0000755' : '0000644', 100);
  block.write('0000000', 108);
  block.write('0000000', 116);
  block.write(octal(bytes, 11), 124);
  block.write(octal(Math.max(0, Math.floor(time.getTime() / 1000)), 11), 136);
  block.write(isFolder ? '5' : '0', 156);
  block.write(MAGIC, 257);
  block.write(`${octal(checksum(block), 6)}\0 `, 148);
  return block;
}

/** @param left bytes of the archive that follow the header. */
function parseHeader(
  block: Buffer,
  file: string,
  left: number,
): { readonly name: string; readonly bytes: number } {
  const text = (from: number, length: number) =>
    block.toString('utf8', from, from + length).replace(/\0.*$/s, '');
  const name = text(0, 100);
  const size = text(124, 12).trimEnd();
  const bytes = Number.parseInt(size, 8);
  const type = text(156, 1);
  if (text(257, 5) !== 'ustar' || Number.parseInt(text(148, 8), 8) !== checksum(block))
    throw new DamagedArchive(file, 'a header is damaged');
  if (!/^[0-7]+$/.test(size)) throw new DamagedArchive(file, 'a header names no length');
  if (bytes > left) throw new DamagedArchive(file, 'it ends too early');
  if (type !== (name.endsWith('/') ? '5' : '0') || !isPlain(name))
    throw new DamagedArchive(file, 'it holds what imago never writes');
  return { name, bytes };
}

/** Nothing in an archive may lead out of the folder that it is written to. */
function isPlain(name: string): boolean {
  const parts = name.replace(/\/$/, '').split('/');
  return parts.every((part) => /^[\w.-]+$/.test(part) && part !== '.' && part !== '..');
}

/** With blanks in the place of the checksum itself. */
function checksum(block: Buffer): number {
  return block.reduce((sum, byte, place) => sum + (place >= 148 && place < 156 ? 32 : byte), 0);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function readExactly(handle: number, file: string, place: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let read = 0; read < bytes;) {
    const count = readSync(handle, buffer, read, bytes - read, place + read);
    if (count === 0) throw new DamagedArchive(file, 'it ends too early');
    read += count;
  }
  return buffer;
}
