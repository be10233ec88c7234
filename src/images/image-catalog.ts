import { accessSync, constants, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../config/fault.js';
import type { Config } from '../config/schema.js';
import { parseSha256Sums, Sha256Cache } from './checksums.js';
import { identityOf, statsAt } from './file-identity.js';
import { ImageMissing } from './image-missing.js';
import { openInside, pathInside, type OpenFile } from './resolve-inside.js';

/** A version's list of digests, as `sha256sum *` writes it. */
const LIST = 'SHA256SUMS';

/** What machines boot and are installed with: a folder for each version below one root. */
export class ImageCatalog {
  readonly #digests = new Sha256Cache();
  readonly #readable = new Map<string, string>();
  readonly #looks = new Map<string, { readonly at: number; readonly stats: Promise<Stats | undefined> }>();
  readonly #lists = new Map<string, { identity: string; digests: ReadonlyMap<string, string> }>();

  /** @param freshMs For how long a look at a file holds: in a storm of machines all of them ask for the same few. */
  constructor(
    private readonly root: string,
    private readonly freshMs = 0,
  ) {}

  /** The caller closes it. @throws ImageMissing */
  async open(version: string, segments: readonly string[]): Promise<OpenFile> {
    const file = await openInside(this.root, [version, ...segments]);
    if (!file) throw new ImageMissing(version, segments.join('/'));
    return file;
  }

  /**
   * The file's SHA-256 in lower-case hex: as its version's `SHA256SUMS` lists it, else computed.
   * @throws ImageMissing
   */
  async sha256(version: string, name: string): Promise<string> {
    const segments = name.split('/');
    const path = this.path(version, segments);
    if (path === undefined) throw new ImageMissing(version, name);
    const listed = (await this.#listedDigests(version)).get(name);
    if (listed !== undefined && (await this.#isThere([version, ...segments]))) return listed;
    const stats = await this.#look(path);
    const known = stats && this.#digests.known(path, stats);
    return known ?? this.#digests.digestOf(path, await this.open(version, segments));
  }

  /** The first of these files that the version does not have, as an error that says so. */
  async firstMissing(version: string, names: readonly string[]): Promise<ImageMissing | undefined> {
    for (const name of names) {
      if (!(await this.#isThere([version, ...name.split('/')]))) return new ImageMissing(version, name);
    }
    return undefined;
  }

  /** Where the file is, if it is there; undefined for what can be no file of the version. */
  path(version: string, segments: readonly string[]): string | undefined {
    return pathInside(this.root, [version, ...segments]);
  }

  #look(path: string): Promise<Stats | undefined> {
    const now = performance.now();
    const last = this.#looks.get(path);
    if (last && now - last.at < this.freshMs) return last.stats;
    const stats = statsAt(path);
    if (this.freshMs > 0) this.#looks.set(path, { at: now, stats });
    return stats;
  }

  /** A file that could be opened once is there for as long as it stays the same: one look at the disk. */
  async #isThere(segments: readonly string[]): Promise<boolean> {
    const path = pathInside(this.root, segments);
    if (path === undefined) return false;
    const stats = await this.#look(path);
    if (stats && this.#readable.get(path) === identityOf(stats)) return true;
    this.#readable.delete(path);
    const file = await openInside(this.root, segments);
    if (!file) return false;
    this.#readable.set(path, identityOf(file.stats));
    await file.handle.close();
    return true;
  }

  /** Read again only when the list was changed. */
  async #listedDigests(version: string): Promise<ReadonlyMap<string, string>> {
    const path = this.path(version, [LIST]);
    const stats = path === undefined ? undefined : await this.#look(path);
    if (path === undefined || !stats) return new Map();
    const known = this.#lists.get(path);
    if (known?.identity === identityOf(stats)) return known.digests;
    const list = await openInside(this.root, [version, LIST]);
    if (!list) return new Map();
    try {
      const digests = parseSha256Sums(await list.handle.readFile('utf8'));
      this.#lists.set(path, { identity: identityOf(list.stats), digests });
      return digests;
    } finally {
      await list.handle.close();
    }
  }
}

export interface ImageFault extends Fault {
  /** It does not exist (yet): the daemon is what images are fetched with. */
  readonly isMissing: boolean;
}

/** Which files of the profiles are not there or not readable. `imagesDir` is absolute. */
export function checkImages(config: Pick<Config, 'profiles'>, imagesDir: string): ImageFault[] {
  return config.profiles.flatMap((profile, index) => {
    const at = (...path: (string | number)[]) => ['profiles', index, ...path];
    const files = [
      { path: at('boot', 'kernel'), file: profile.boot.kernel },
      ...profile.boot.initrd.map((file, position) => ({ path: at('boot', 'initrd', position), file })),
      ...(profile.mode === 'two-stage'
        ? [{ path: at('install', 'image'), file: profile.install.image }]
        : []),
    ];
    return files.flatMap(({ path, file }) => {
      const full = join(imagesDir, profile.osVersion, file);
      const problem = problemWith(full);
      return problem === undefined
        ? []
        : [
            {
              path,
              message: `${full} ${problem}: put the file of version ${profile.osVersion} there`,
              isMissing: problem === MISSING,
            },
          ];
    });
  });
}

const MISSING = 'does not exist';

function problemWith(path: string): string | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) return MISSING;
    if (!stats.isFile()) return 'is not a file';
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    if (error instanceof Error) return 'is not readable';
    throw error;
  }
}
