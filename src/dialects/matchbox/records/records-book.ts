import type { Records, RecordStore } from '../../../host/record-kind.js';
import { completeGroup, completeProfile } from '../complete.js';
import type { Group } from '../group.js';
import { GroupIndex } from '../group-index.js';
import { requireReadable } from '../largest-file.js';
import type { Labels } from '../labels.js';
import { lostProfiles } from '../lost-profiles.js';
import type { MatchboxBook, Shelf, TemplateKind, TemplateShelf } from '../matchbox-book.js';
import type { Profile } from '../profile.js';
import {
  cloudKind,
  genericKind,
  groupKind,
  ignitionKind,
  profileKind,
  type MatchboxCode,
} from './record-kinds.js';

/** Groups, profiles and templates as records of the store: each change a durable commit. */
export class RecordsBook implements MatchboxBook {
  readonly groups: Shelf<Group>;
  readonly profiles: Shelf<Profile>;
  readonly templates: Readonly<Record<TemplateKind, TemplateShelf>>;
  readonly #index: GroupIndex;
  readonly #records: {
    readonly groups: Records<Group, MatchboxCode>;
    readonly profiles: Records<Profile, MatchboxCode>;
  };
  readonly close: () => void;

  constructor(store: RecordStore) {
    this.#records = { groups: store.records(groupKind), profiles: store.records(profileKind) };
    const { groups, profiles } = this.#records;
    this.#index = new GroupIndex(groups.list());
    this.close = groups.subscribe(({ name, record }) => {
      if (record) this.#index.put(name, record);
      else this.#index.remove(name);
    });
    this.groups = shelf(groups, completeGroup);
    this.profiles = shelf(profiles, completeProfile);
    this.templates = {
      ignition: templateShelf(store.records(ignitionKind)),
      cloud: templateShelf(store.records(cloudKind)),
      generic: templateShelf(store.records(genericKind)),
    };
  }

  /** What machines get 404 for, a sentence each. */
  faults(): readonly string[] {
    const { groups, profiles } = this.#records;
    return lostProfiles(
      Array.from(groups.list(), ([, group]) => group),
      (profile) => profiles.get(profile) !== undefined,
    );
  }

  async select(labels: Labels): Promise<Group | undefined> {
    return this.#index.find(labels);
  }
}

function shelf<T extends { readonly id: string }>(
  records: Records<T, MatchboxCode>,
  complete: (entry: T) => T,
): Shelf<T> {
  return {
    get: async (name) => records.get(name),
    list: async () => sorted(records.list()).map(([, entry]) => entry),
    async put(entry, author) {
      const record = complete(entry);
      await records.change(
        record.id,
        (before) =>
          before
            ? { record, code: 'changed', detail: changedFields(before, record) }
            : { record, code: 'created' },
        author,
      );
    },
    delete: async (name, author) => remove(records, name, author),
  };
}

function templateShelf(records: Records<Buffer, MatchboxCode>): TemplateShelf {
  return {
    get: async (name) => records.get(name),
    list: async () => sorted(records.list()).map(([name]) => name),
    async put(name, text, author) {
      requireReadable(text.length);
      const record = Buffer.from(text);
      await records.change(
        name,
        (before) => (before ? { record, code: 'changed', detail: 'its text' } : { record, code: 'created' }),
        author,
      );
    },
    delete: async (name, author) => remove(records, name, author),
  };
}

async function remove<T extends object>(
  records: Records<T, MatchboxCode>,
  ...[name, author]: Parameters<Shelf<T>['delete']>
): Promise<boolean> {
  const revision = await records.change(
    name,
    (before) => before && { record: undefined, code: 'deleted' },
    author,
  );
  return revision !== undefined;
}

function changedFields(before: object, after: object): string {
  const [old, now] = [before, after].map((each) => new Map<string, unknown>(Object.entries(each)));
  const names = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
  const text = (value: unknown) => JSON.stringify(value);
  return [...names].filter((name) => text(old?.get(name)) !== text(now?.get(name))).join(', ');
}

function sorted<T>(entries: Iterable<readonly [string, T]>): (readonly [string, T])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
