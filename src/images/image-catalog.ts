import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, FaultPath } from '../config/fault.js';
import type { Config } from '../config/schema.js';
import { DEFAULT_PROFILE } from '../host/profile.js';
import { parseSha256Sums, Sha256Cache } from './digests.js';
import { identityOf, statsAt } from '../files/file-identity.js';
import { ImageMissing } from './errors.js';
import { openInside, pathInside, type OpenFile } from '../files/open-inside.js';

/** A version's list of digests, as `sha256sum *` writes it. */
const LIST = 'SHA256SUMS';

/** What machines boot and are installed with: a folder for each version below one root. */
export class ImageCatalog {
  readonly #digests = new Sha256Cache();
  readonly #readable = new Map<string, string>();
  readonly #lately = new Map<string, { readonly at: number; readonly answer: Promise<unknown> }>();
  readonly #lists = new Map<string, { identity: string; digests: ReadonlyMap<string, string> }>();

  /** @param freshMs For how long it holds that a file is there: in a storm of machines all of them ask for the same few. */
  constructor(
    private readonly root: string,
    private readonly freshMs = 0,
  ) {}

  /** The caller closes it. @throws ImageMissing */
  async open(version: string, segments: readonly string[]): Promise<OpenFile> {
    const file = await openInside(this.root, [version, ...(await this.#found(version, segments))]);
    if (!file) throw new ImageMissing(version, segments.join('/'));
    return file;
  }

  /**
   * The file's SHA-256 in lower-case hex: as its version's `SHA256SUMS` lists it, else computed.
   * @throws ImageMissing
   */
  sha256(version: string, name: string): Promise<string> {
    return this.#remembered(`${version}/${name} digest`, () => this.#sha256(version, name));
  }

  async #sha256(version: string, name: string): Promise<string> {
    const segments = await this.#found(version, name.split('/'));
    const path = pathInside(this.root, [version, ...segments]);
    if (path === undefined) throw new ImageMissing(version, name);
    const listed = (await this.#listedDigests(version)).get(segments.join('/'));
    if (listed !== undefined && (await this.#isThere([version, ...segments]))) return listed;
    const stats = await statsAt(path);
    const known = stats && this.#digests.known(path, stats);
    return known ?? this.#digests.digestOf(path, await this.open(version, segments));
  }

  /** The first of these files that the version does not have, as an error that says so. */
  async firstMissing(version: string, names: readonly string[]): Promise<ImageMissing | undefined> {
    for (const name of names) {
      const isThere = await this.#remembered(`${version}/${name} is there`, async () =>
        this.#isThere([version, ...(await this.#found(version, name.split('/')))]),
      );
      if (!isThere) return new ImageMissing(version, name);
    }
    return undefined;
  }

  /** Where the file is, if it is there; undefined for what can be no file of the version. */
  async path(version: string, segments: readonly string[]): Promise<string | undefined> {
    return pathInside(this.root, [version, ...(await this.#found(version, segments))]);
  }

  /** The name under which the version has the file; its own where it has none. */
  async #found(version: string, segments: readonly string[]): Promise<readonly string[]> {
    const [file = '', ...deeper] = segments;
    const names = deeper.length > 0 ? [] : namesOf(file);
    if (names.length < 2) return segments;
    const found = await this.#remembered(`${version}/${file} name`, async () => {
      for (const name of names) if (await this.#isThere([version, name])) return [name];
      return undefined;
    });
    return found ?? segments;
  }

  /** The answer of a moment ago, where it was that something is there; what is missing is looked for each time. */
  #remembered<T>(question: string, ask: () => Promise<T>): Promise<T> {
    if (this.freshMs === 0) return ask();
    const now = performance.now();
    const last = this.#lately.get(question);
    if (last && now - last.at < this.freshMs) return last.answer as Promise<T>;
    const answer = ask();
    this.#lately.set(question, { at: now, answer });
    const forget = () => this.#lately.get(question)?.answer === answer && this.#lately.delete(question);
    answer.then((isThere) => !isThere && forget(), forget);
    return answer;
  }

  /** A file that could be opened once is there for as long as it stays the same: one look at the disk. */
  async #isThere(segments: readonly string[]): Promise<boolean> {
    const path = pathInside(this.root, segments);
    if (path === undefined) return false;
    const stats = await statsAt(path);
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
    const path = pathInside(this.root, [version, LIST]);
    const stats = path && (await statsAt(path));
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
export function checkImages(
  { profiles, defaultOsVersion }: Pick<Config, 'profiles' | 'defaultOsVersion'>,
  imagesDir: string,
): ImageFault[] {
  const ofProfiles = profiles.flatMap((profile, index) => {
    const at = (...path: (string | number)[]) => ['profiles', index, ...path];
    const files = [
      { path: at('boot', 'kernel'), file: profile.boot.kernel },
      ...profile.boot.initrd.map((file, position) => ({ path: at('boot', 'initrd', position), file })),
      ...(profile.mode === 'two-stage'
        ? [{ path: at('install', 'image'), file: profile.install.image }]
        : []),
    ];
    return files.flatMap(({ path, file }) => faultIn(imagesDir, profile.osVersion, file, path));
  });
  const anyones = profiles.find(({ name }) => name === DEFAULT_PROFILE)?.boot;
  const ofDefault =
    defaultOsVersion === undefined || !anyones
      ? []
      : [anyones.kernel, ...anyones.initrd].flatMap((file) =>
          faultIn(imagesDir, defaultOsVersion, file, ['defaultOsVersion']),
        );
  return [...ofProfiles, ...ofDefault];
}

function faultIn(imagesDir: string, version: string, file: string, path: FaultPath): ImageFault[] {
  const full = join(imagesDir, version, file);
  const problems = namesOf(file).map((name) => problemWith(join(imagesDir, version, name)));
  if (problems.includes(undefined)) return [];
  const problem = problems.find((one) => one !== MISSING) ?? MISSING;
  return [
    {
      path,
      message: `${full} ${problem}: put the file of version ${version} there`,
      isMissing: problem === MISSING,
    },
  ];
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

/** The names of one file: that of Mayu's URLs, and those that the makers of Flatcar and of CoreOS gave it, which Mayu kept on disk. */
const families: readonly (readonly string[])[] = [
  ['vmlinuz', 'flatcar_production_pxe.vmlinuz', 'coreos_production_pxe.vmlinuz'],
  ['initrd.cpio.gz', 'flatcar_production_pxe_image.cpio.gz', 'coreos_production_pxe_image.cpio.gz'],
  ['install_image.bin.bz2', 'flatcar_production_image.bin.bz2', 'coreos_production_image.bin.bz2'],
];

/** The names under which a version may have the file, its own first. */
export function namesOf(file: string): readonly string[] {
  const family = families.find((names) => names.includes(file)) ?? [];
  return [file, ...family.filter((name) => name !== file)];
}
