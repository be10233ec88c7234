import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileReason, ImagoError, errorCode, isMissing } from '../../../errors.js';
import { InvalidRecord, type RecordKind } from '../../../host/record-kind.js';
import { parseGroup, type Group } from '../group.js';
import type { TemplateKind } from '../matchbox-book.js';
import { parseProfile, type Profile } from '../profile.js';
import { groupKind, profileKind } from '../records/record-kinds.js';
import { readBounded } from './read-bounded.js';

export type FolderKind = 'groups' | 'profiles' | TemplateKind;

/** All that is in a data folder, by the names of its files. */
export interface FolderSurvey {
  readonly groups: ReadonlyMap<string, Group>;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly templates: Readonly<Record<TemplateKind, ReadonlyMap<string, Buffer>>>;
  /** What cannot be read, a sentence each with file and line. */
  readonly unreadable: readonly string[];
  /** Why a file can be no record, though matchbox serves it; by its path. */
  readonly misfits: ReadonlyMap<string, string>;
  /** What is there and is not read, as matchbox does not read it either. */
  readonly passedOver: readonly string[];
}

const ENDING = '.json';

/** @throws the system's error where the folder itself cannot be read */
export async function surveyFolder(folder: string): Promise<FolderSurvey> {
  await readdir(folder);
  const unreadable: string[] = [];
  const passedOver: string[] = [];
  const misfits = new Map<string, string>();
  const read = async <T>(
    kind: FolderKind,
    nameOf: (file: string) => string | undefined,
    parse: (bytes: Buffer, path: string, name: string) => T,
  ): Promise<ReadonlyMap<string, T>> => {
    const found = new Map<string, T>();
    for (const file of await namesIn(join(folder, kind))) {
      const path = `${kind}/${file}`;
      const name = nameOf(file);
      try {
        const bytes = name === undefined ? undefined : (await readBounded(join(folder, path), path))?.bytes;
        if (name === undefined || bytes === undefined) passedOver.push(path);
        else found.set(name, parse(bytes, path, name));
      } catch (error) {
        unreadable.push(faultOf(path, error));
      }
    }
    return found;
  };
  const fitting = <T>(kind: RecordKind<T & object>, text: string, path: string, value: T): T => {
    try {
      kind.parse(text, path);
    } catch (error) {
      if (!(error instanceof InvalidRecord)) throw error;
      misfits.set(path, error.message);
    }
    return value;
  };
  const json = (file: string) => (file.endsWith(ENDING) ? file.slice(0, -ENDING.length) : undefined);
  const whole = (file: string) => file;
  const template = async (kind: TemplateKind) => read(kind, whole, (bytes) => bytes);
  return {
    groups: await read('groups', json, (bytes, path, name) => {
      const text = bytes.toString('utf8');
      return fitting(groupKind, text, path, parseGroup(text, path, name));
    }),
    profiles: await read('profiles', json, (bytes, path) => {
      const text = bytes.toString('utf8');
      return fitting(profileKind, text, path, parseProfile(text, path));
    }),
    templates: {
      ignition: await template('ignition'),
      cloud: await template('cloud'),
      generic: await template('generic'),
    },
    unreadable,
    misfits,
    passedOver,
  };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function faultOf(path: string, error: unknown): string {
  if (error instanceof ImagoError) return error.message;
  if (errorCode(error) === undefined) throw error;
  return `${path}: ${fileReason(error)}`;
}
