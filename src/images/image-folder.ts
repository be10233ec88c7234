import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidValue } from '../errors.js';
import { replaceFile, syncFolder } from '../files/durable-file.js';
import { ifPresent, readIfPresent } from '../files/if-present.js';
import { jsonIn } from '../json.js';
import { parseSha256Sums, digestsOf } from './digests.js';
import { ImageExists, ImageMissing } from './errors.js';
import { formatSha256Sums, ImageOrigin, ORIGIN_FILE, SUMS_FILE, type FileOrigin } from './image-origin.js';

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Where files stand while they come: a name that no version can have, on the same file system. */
const STAGING = '.incoming';
const TRASH = '.trash';

export interface ImageFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256?: string | undefined;
  readonly origin?: FileOrigin | undefined;
}

export interface ImageVersion {
  readonly version: string;
  readonly source?: string | undefined;
  readonly files: readonly ImageFile[];
}

export type FileCondition = 'whole' | 'wrong' | 'missing' | 'unlisted';

/** A file that is complete, checked, and waits in the staging folder. */
export interface StagedFile {
  readonly name: string;
  readonly origin: FileOrigin;
}

/** The folder of all images: versions come into it whole or not at all. Its files are only ever replaced, never written into. */
export class ImageFolder {
  constructor(private readonly root: string) {}

  async list(): Promise<ImageVersion[]> {
    const entries = await readdir(this.root, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isDirectory() && PLAIN.test(entry.name))
      .map(({ name }) => name);
    return Promise.all(names.sort().map((version) => this.#describe(version)));
  }

  /** Reads every byte of the version. @throws ImageMissing */
  async verify(version: string, signal?: AbortSignal): Promise<{ name: string; condition: FileCondition }[]> {
    const folder = await this.#existing(version);
    const listed = await sumsIn(folder);
    const present = new Set((await filesIn(folder)).map(({ name }) => name));
    const results: { name: string; condition: FileCondition }[] = [];
    for (const name of [...new Set([...listed.keys(), ...present])].sort()) {
      results.push({ name, condition: await conditionOf(folder, name, listed.get(name), present, signal) });
    }
    return results;
  }

  /** Whoever reads one of its files goes on reading. @throws ImageMissing */
  async remove(version: string): Promise<void> {
    const folder = await this.#existing(version);
    await this.#discard(folder);
  }

  /**
   * A folder for what is to become the version, or one file of it; survives a restart, so that fetching can go on.
   * @throws InvalidValue
   */
  async staging(version: string, file?: string): Promise<string> {
    const folder = this.#stagingOf(version, file);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  async dropStaging(version: string, file?: string): Promise<void> {
    await rm(this.#stagingOf(version, file), { recursive: true, force: true });
  }

  async has(version: string): Promise<boolean> {
    return (await kindOf(join(this.root, plain(version, 'a version')))) === 'folder';
  }

  /**
   * Makes the staged files the version. With `replace` the files it had are gone in the same moment.
   * @throws ImageExists
   */
  async publish(
    version: string,
    source: string,
    staged: readonly StagedFile[],
    { replace = false } = {},
  ): Promise<void> {
    const folder = join(this.root, plain(version, 'a version'));
    const exists = await this.has(version);
    if (exists && !replace) throw new ImageExists(version);
    const from = await this.staging(version);
    const files = Object.fromEntries(staged.map(({ name, origin }) => [name, origin]));
    await replaceFile(join(from, ORIGIN_FILE), originText({ source, files }));
    await replaceFile(join(from, SUMS_FILE), sumsText(staged));
    await syncFolder(from);
    if (exists) await this.#discard(folder);
    await rename(from, folder);
    await syncFolder(this.root);
  }

  /** Adds one staged file to a version that may be there already. @throws ImageExists */
  async add(version: string, file: StagedFile, { replace = false } = {}): Promise<void> {
    const folder = join(this.root, plain(version, 'a version'));
    const path = join(folder, plain(file.name, 'a file of an image'));
    if ((await kindOf(path)) !== undefined && !replace) throw new ImageExists(version, file.name);
    await mkdir(folder, { recursive: true });
    const [origin, sums] = [await originIn(folder), new Map(await sumsIn(folder))];
    sums.set(file.name, file.origin.sha256);
    const next = {
      source: origin?.source ?? 'import',
      files: { ...origin?.files, [file.name]: file.origin },
    };
    await rename(join(await this.staging(version, file.name), file.name), path);
    await replaceFile(join(folder, SUMS_FILE), formatSha256Sums(sums));
    await replaceFile(join(folder, ORIGIN_FILE), originText(next));
    await syncFolder(folder);
    await this.dropStaging(version, file.name);
  }

  async #describe(version: string): Promise<ImageVersion> {
    const folder = join(this.root, version);
    const [files, sums, origin] = [await filesIn(folder), await sumsIn(folder), await originIn(folder)];
    return {
      version,
      source: origin?.source,
      files: files.map(({ name, bytes }) => ({
        name,
        bytes,
        sha256: sums.get(name),
        origin: origin && Object.hasOwn(origin.files, name) ? origin.files[name] : undefined,
      })),
    };
  }

  /** No version and no file has a `+` in its name. */
  #stagingOf(version: string, file: string | undefined): string {
    const folder = join(this.root, STAGING, plain(version, 'a version'));
    return file === undefined ? folder : `${folder}+${plain(file, 'a file of an image')}`;
  }

  async #existing(version: string): Promise<string> {
    if (!(await this.has(version))) throw new ImageMissing(version);
    return join(this.root, version);
  }

  /** Out of sight at once; gone as soon as its bytes are. */
  async #discard(folder: string): Promise<void> {
    const trash = join(this.root, TRASH);
    await mkdir(trash, { recursive: true });
    const gone = join(trash, randomBytes(8).toString('hex'));
    await rename(folder, gone);
    await rm(gone, { recursive: true, force: true });
  }
}

/** @throws InvalidValue */
export function assertFileName(name: string): void {
  plain(name, 'a file of an image');
}

function plain(name: string, what: string): string {
  if (PLAIN.test(name) && name !== ORIGIN_FILE && name !== SUMS_FILE) return name;
  throw new InvalidValue(what, name, 'use letters, digits, dots, hyphens and underscores');
}

async function conditionOf(
  folder: string,
  name: string,
  promised: string | undefined,
  present: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<FileCondition> {
  if (!present.has(name)) return 'missing';
  if (promised === undefined) return 'unlisted';
  const { sha256 } = await digestsOf(join(folder, name), signal);
  return sha256 === promised ? 'whole' : 'wrong';
}

async function filesIn(folder: string): Promise<{ name: string; bytes: number }[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && entry.name !== SUMS_FILE && entry.name !== ORIGIN_FILE)
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('.'));
  return Promise.all(
    names.sort().map(async (name) => ({ name, bytes: (await lstat(join(folder, name))).size })),
  );
}

async function sumsIn(folder: string): Promise<ReadonlyMap<string, string>> {
  return parseSha256Sums((await readIfPresent(join(folder, SUMS_FILE))) ?? '');
}

/** Undefined also when somebody wrote something else there: it is a record only. */
async function originIn(folder: string): Promise<ImageOrigin | undefined> {
  const text = await readIfPresent(join(folder, ORIGIN_FILE));
  return text === undefined ? undefined : ImageOrigin.safeParse(jsonIn(text)).data;
}

async function kindOf(path: string): Promise<'folder' | 'other' | undefined> {
  const stats = await ifPresent(lstat(path));
  return stats && (stats.isDirectory() ? 'folder' : 'other');
}

function originText(origin: ImageOrigin): string {
  return `${JSON.stringify(origin, null, 2)}\n`;
}

function sumsText(staged: readonly StagedFile[]): string {
  return formatSha256Sums(new Map(staged.map(({ name, origin }) => [name, origin.sha256])));
}
