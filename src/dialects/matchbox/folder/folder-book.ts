import { chmod, mkdir, readdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidValue } from '../../../errors.js';
import { replaceFile, syncFolder } from '../../../files/durable-file.js';
import { statsAt } from '../../../files/file-identity.js';
import { ifPresent } from '../../../files/if-present.js';
import { pathInside } from '../../../files/open-inside.js';
import { requireNameOfRecord } from '../../../host/record-name.js';
import { formatGroup, parseGroup, type Group } from '../group.js';
import { GroupIndex } from '../group-index.js';
import type { Labels } from '../labels.js';
import { LiveFolder, type LiveFolderParts } from './live-folder.js';
import { lostProfiles } from '../lost-profiles.js';
import type { MatchboxBook, Shelf, TemplateKind, TemplateShelf } from '../matchbox-book.js';
import { formatProfile, parseProfile, type Profile } from '../profile.js';
import { requireReadable } from '../largest-file.js';
import { readBounded, realPathInside } from './read-bounded.js';
import { completeGroup, completeProfile } from '../complete.js';

type FolderBookParts = { readonly folder: string } & Pick<
  LiveFolderParts<unknown>,
  'found' | 'clock' | 'watchFolder'
>;

/** A data folder of matchbox, read as it is; what is put is written as matchbox writes it. */
export class FolderBook implements MatchboxBook {
  readonly groups: Shelf<Group>;
  readonly profiles: Shelf<Profile>;
  readonly templates: Readonly<Record<TemplateKind, TemplateShelf>>;
  readonly #index = new GroupIndex();
  readonly #groups: LiveFolder<Group>;
  readonly #profiles: LiveFolder<Profile>;

  constructor({ folder, ...parts }: FolderBookParts) {
    this.#groups = new LiveFolder({
      ...parts,
      folder: join(folder, 'groups'),
      shown: 'groups',
      parse: parseGroup,
      changed: (name, group) => {
        if (group) this.#index.put(name, group);
        else this.#index.remove(name);
      },
    });
    this.#profiles = new LiveFolder({
      ...parts,
      folder: join(folder, 'profiles'),
      shown: 'profiles',
      parse: parseProfile,
    });
    const writes = new Writes();
    const place = (kind: string): Place => ({ root: folder, kind, writes });
    this.groups = shelf(this.#groups, place('groups'), (group) => formatGroup(completeGroup(group)));
    this.profiles = shelf(this.#profiles, place('profiles'), (profile) =>
      formatProfile(completeProfile(profile)),
    );
    this.templates = {
      ignition: templateShelf(place('ignition')),
      cloud: templateShelf(place('cloud')),
      generic: templateShelf(place('generic')),
    };
  }

  async select(labels: Labels): Promise<Group | undefined> {
    await this.#groups.fresh();
    return this.#index.find(labels);
  }

  /** Reads what has changed. */
  async read(): Promise<void> {
    await Promise.all([this.#groups.fresh(), this.#profiles.fresh()]);
  }

  /** What of it cannot be read, a sentence each with file and line, and which profiles are missing, as of the last request. */
  faults(): readonly string[] {
    const lost = lostProfiles(this.#groups.values(), (profile) => this.#profiles.mayHave(profile));
    return [...this.#groups.faults(), ...this.#profiles.faults(), ...lost];
  }

  close(): void {
    this.#groups.close();
    this.#profiles.close();
  }
}

/** Where files of a kind are, and who writes them. */
interface Place {
  readonly root: string;
  readonly kind: string;
  readonly writes: Writes;
}

function shelf<T extends { readonly id: string }>(
  live: LiveFolder<T>,
  { root, kind, writes }: Place,
  format: (entry: T) => string,
): Shelf<T> {
  return {
    async get(name) {
      await live.fresh();
      return live.get(name);
    },
    async list() {
      await live.fresh();
      return live.list();
    },
    async put(entry) {
      requireNameOfRecord(kind, entry.id);
      const text = Buffer.from(format(entry));
      requireReadable(text.length);
      await realPathInside(root, join(root, kind), kind);
      await writes.write(pathOf(root, kind, `${entry.id}.json`), text);
      live.touch(entry.id);
    },
    async delete(name) {
      await realPathInside(root, join(root, kind), kind);
      const isGone = await writes.remove(pathOf(root, kind, `${name}.json`));
      live.touch(name);
      return isGone;
    },
  };
}

function templateShelf({ root, kind, writes }: Place): TemplateShelf {
  return {
    async get(name) {
      const path = pathInside(root, [kind, name]);
      return path === undefined ? undefined : (await readBounded(path, `${kind}/${name}`))?.bytes;
    },
    async list() {
      const entries = (await ifPresent(readdir(join(root, kind), { withFileTypes: true }))) ?? [];
      return entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).sort();
    },
    async put(name, text) {
      requireNameOfRecord(kind, name);
      requireReadable(text.length);
      await realPathInside(root, join(root, kind), kind);
      await writes.write(pathOf(root, kind, name), text);
    },
    async delete(name) {
      await realPathInside(root, join(root, kind), kind);
      return writes.remove(pathOf(root, kind, name));
    },
  };
}

/** @throws InvalidValue */
function pathOf(root: string, kind: string, file: string): string {
  const path = pathInside(root, [kind, file]);
  if (path !== undefined) return path;
  throw new InvalidValue(
    `the name of a file in ${kind}`,
    file,
    'no sub-folders are read, and a file has 255 characters at most',
  );
}

/** As matchbox gives them: others read the folder as well, whatever imago's umask. A file that was there keeps what it had. */
const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

/** One after the other: two that write the same file must not meet in its new one. */
class Writes {
  #last: Promise<unknown> = Promise.resolve();

  write(path: string, content: string | Uint8Array): Promise<void> {
    return this.#after(async () => {
      const folder = dirname(path);
      const isNew = (await mkdir(folder, { recursive: true })) !== undefined;
      if (isNew) await chmod(folder, FOLDER_MODE);
      const stats = await statsAt(path);
      await replaceFile(path, content, stats ? stats.mode & 0o777 : FILE_MODE);
      if (isNew) await syncFolder(dirname(folder));
    });
  }

  /** False where it is not there. */
  remove(path: string): Promise<boolean> {
    return this.#after(async () => {
      const isGone = (await ifPresent(unlink(path).then(() => true))) ?? false;
      if (isGone) await syncFolder(dirname(path));
      return isGone;
    });
  }

  #after<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
