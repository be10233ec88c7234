import type { Group } from '../../../../src/dialects/matchbox/group.js';
import { GroupIndex } from '../../../../src/dialects/matchbox/group-index.js';
import type { Labels } from '../../../../src/dialects/matchbox/labels.js';
import type { MatchboxBook, Shelf, TemplateShelf } from '../../../../src/dialects/matchbox/matchbox-book.js';
import type { Profile } from '../../../../src/dialects/matchbox/profile.js';
import { completeGroup, completeProfile } from '../../../../src/dialects/matchbox/complete.js';
import type { Author } from '../../../../src/host/host-store.js';

/** A matchbox that forgets, and remembers who put and deleted what: `put groups/a by ci`. */
export class MemoryBook implements MatchboxBook {
  readonly told: string[] = [];
  readonly groups = this.#shelf<Group>('groups', completeGroup);
  readonly profiles = this.#shelf<Profile>('profiles', completeProfile);
  readonly templates = {
    ignition: this.#templates('ignition'),
    cloud: this.#templates('cloud'),
    generic: this.#templates('generic'),
  };

  async select(labels: Labels): Promise<Group | undefined> {
    const groups = await this.groups.list();
    return new GroupIndex(groups.map((group) => [group.id, group])).find(labels);
  }

  #shelf<T extends { readonly id: string }>(folder: string, complete: (entry: T) => T): Shelf<T> {
    const { told } = this;
    const entries = new Map<string, T>();
    return {
      get: async (name) => entries.get(name),
      list: async () => [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
      async put(entry, author) {
        entries.set(entry.id, complete(entry));
        told.push(`put ${folder}/${entry.id} by ${author.name}`);
      },
      async delete(name, author) {
        if (!entries.delete(name)) return false;
        told.push(`delete ${folder}/${name} by ${author.name}`);
        return true;
      },
    };
  }

  #templates(folder: string): TemplateShelf {
    const { told } = this;
    const texts = new Map<string, Buffer>();
    const tell = (what: string, name: string, { name: by }: Author) =>
      told.push(`${what} ${folder}/${name} by ${by}`);
    return {
      get: async (name) => texts.get(name),
      list: async () => [...texts.keys()].sort(),
      async put(name, text, author) {
        texts.set(name, Buffer.from(text));
        tell('put', name, author);
      },
      async delete(name, author) {
        if (!texts.delete(name)) return false;
        tell('delete', name, author);
        return true;
      },
    };
  }
}
