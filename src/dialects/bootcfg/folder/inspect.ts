import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileReason, ImagoError, isMissing } from '../../../errors.js';
import { statsAt } from '../../../files/file-identity.js';
import { InvalidRecord } from '../../../host/record-kind.js';
import { normalMac } from '../../matchbox/labels.js';
import { parseBootConfig } from '../boot-config.js';
import { readInside } from './data-folder.js';

/** Files of a folder that are looked at; more are told of, and served all the same. */
export const MOST_FILES = 20_000;

const FOLDERS = ['boot', 'cloud'].flatMap((shelf) => [[shelf], [shelf, 'uuid'], [shelf, 'mac']]);

/** A file of the data folder that machines could ask for, or what is wrong with a folder of it. */
export type Found =
  | { readonly segments: readonly string[] }
  | { readonly path: string; readonly trouble: ImagoError };

/** All files that machines could ask for. Hidden ones are an operator's own. */
export async function* filesOf(root: string): AsyncGenerator<Found> {
  if (!(await statsAt(root))?.isDirectory()) {
    yield {
      path: '',
      trouble: new InvalidRecord('bootcfg.data', root, 'is no folder any more: put it back'),
    };
    return;
  }
  for (const folder of FOLDERS) {
    const shown = folder.join('/');
    const names = await namesIn(join(root, ...folder));
    if (names instanceof Error) {
      const remedy = `cannot be read: ${fileReason(names)}`;
      yield { path: shown, trouble: new InvalidRecord('', shown, remedy, { file: shown, line: 1 }) };
      continue;
    }
    const files = folder.length === 1 ? names.filter((name) => name === 'default') : names;
    for (const name of files.slice(0, MOST_FILES)) yield { segments: [...folder, name] };
    if (files.length > MOST_FILES) {
      const remedy = `of ${files.length} files the first ${MOST_FILES} are checked: take some out`;
      yield { path: shown, trouble: new InvalidRecord('', shown, remedy, { file: shown, line: 1 }) };
    }
  }
}

/** What is wrong with a file; undefined for one that is sound, or is not there. */
export async function faultOf(root: string, segments: readonly string[]): Promise<ImagoError | undefined> {
  const path = segments.join('/');
  const [shelf, by, name = ''] = segments;
  try {
    const bytes = await readInside(root, segments);
    if (bytes === undefined) return undefined;
    if (by === 'mac' && normalMac(name) !== name)
      throw new InvalidRecord(
        '',
        name,
        'is no name that is looked for here: write it as in 52:54:00:00:00:01',
        {
          file: path,
          line: 1,
        },
      );
    if (shelf === 'boot') parseBootConfig(bytes.toString('utf8'), path);
    return undefined;
  } catch (error) {
    if (error instanceof ImagoError) return error;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[] | Error> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    if (errorCode(error) === undefined) throw error;
    return error as Error;
  }
}
