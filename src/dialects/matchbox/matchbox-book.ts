import type { Author } from '../../host/host-store.js';
import type { Group } from './group.js';
import type { Labels } from './labels.js';
import type { Profile } from './profile.js';

/** What a template is for: matchbox's folder of it. */
export type TemplateKind = 'ignition' | 'cloud' | 'generic';

/** What a matchbox knows: its groups, profiles and templates, in a data folder or as records of the store. */
export interface MatchboxBook {
  readonly groups: Shelf<Group>;
  readonly profiles: Shelf<Profile>;
  readonly templates: Readonly<Record<TemplateKind, TemplateShelf>>;
  /**
   * The group of a machine with these labels: of those that match the one with most selectors, of equally many the one whose
   * sorted `name=value,…` is last.
   */
  select(labels: Labels): Promise<Group | undefined>;
}

/** Things that name themselves by their id. What was put or deleted would survive a power cut once the promise resolves. */
export interface Shelf<T> {
  /** By the name it is kept under: its id, or that of its file. */
  get(name: string): Promise<T | undefined>;
  /** In the order of their names; faulty ones are left out. */
  list(): Promise<readonly T[]>;
  /** @throws InvalidValue for an id that is no name, InvalidRecord for what lacks something, StoreUnavailable */
  put(entry: T, author: Author): Promise<void>;
  /** False where there is none. @throws InvalidValue, StoreUnavailable */
  delete(name: string, author: Author): Promise<boolean>;
}

/** Templates by their name, byte for byte. */
export interface TemplateShelf {
  get(name: string): Promise<Buffer | undefined>;
  /** Sorted. */
  list(): Promise<readonly string[]>;
  /** @throws InvalidValue, StoreUnavailable */
  put(name: string, text: Uint8Array, author: Author): Promise<void>;
  /** False where there is none. @throws InvalidValue, StoreUnavailable */
  delete(name: string, author: Author): Promise<boolean>;
}
