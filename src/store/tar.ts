import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, ImagoError } from '../errors.js';
import { writeAll } from '../files/durable-file.js';

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
 * Writes what is in the only folder of an archive into a folder that is not there yet. Nothing is written over: an archive of imago's has
 * each name once.
 * @throws DamagedArchive
 */
export function extractArchive(file: string, folder: string): void {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    let top: string | undefined;
    for (let place = 0; ;) {
      const block = readExactly(handle, file, place, BLOCK);
      place += BLOCK;
      if (block.every((byte) => byte === 0)) return;
      const { name, bytes } = parseHeader(block, file, size - place);
      const [first, ...inside] = name.split('/');
      top ??= first;
      if (first !== top || inside.length === 0)
        throw new DamagedArchive(file, 'it holds more than one folder');
      makeMember(file, name, () => {
        const target = join(folder, ...inside);
        mkdirSync(name.endsWith('/') ? target : dirname(target), { recursive: true });
        if (!name.endsWith('/')) copyOut(handle, file, place, bytes, target);
      });
      place += padded(bytes);
    }
  } finally {
    closeSync(handle);
  }
}

/** Two members that want one place are no accident of the disk. */
function makeMember(file: string, name: string, make: () => void): void {
  try {
    make();
  } catch (error) {
    if (!['EEXIST', 'EISDIR', 'ENOTDIR'].includes(errorCode(error) ?? '')) throw error;
    throw new DamagedArchive(file, `it holds ${name} twice`);
  }
}

/** In pieces: a pack may be larger than the memory. */
function copyOut(handle: number, file: string, place: number, bytes: number, target: string): void {
  const out = openSync(target, 'wx', 0o644);
  try {
    for (let done = 0; done < bytes;) {
      const piece = readExactly(handle, file, place + done, Math.min(CHUNK, bytes - done));
      writeAll(out, piece);
      done += piece.length;
    }
    fsyncSync(out);
  } finally {
    closeSync(out);
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
    block.toString('utf8', from, from + length).split('\0', 1)[0] ?? '';
  const name = text(0, 100);
  const size = text(124, 12).trimEnd();
  const bytes = Number.parseInt(size, 8);
  const type = text(156, 1);
  if (text(257, 5) !== 'ustar' || Number.parseInt(text(148, 8), 8) !== checksum(block))
    throw new DamagedArchive(file, 'a header is damaged');
  if (!/^[0-7]+$/.test(size)) throw new DamagedArchive(file, 'a header names no length');
  if (bytes > left) throw new DamagedArchive(file, 'it ends too early');
  // A prefix (the rest of a long name), links, devices, pax headers, parts of sparse files: imago has no use for them.
  const hasPrefix = block.subarray(345, 500).some((byte) => byte !== 0);
  const isFolder = type === '5' && name.endsWith('/') && bytes === 0;
  if (!(isFolder || (type === '0' && !name.endsWith('/'))) || hasPrefix || !isPlain(name))
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
