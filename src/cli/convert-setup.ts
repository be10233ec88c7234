import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileReason } from '../errors.js';
import { convertMayu, type Converted, type TextFile } from '../dialects/mayu/convert/convert.js';
import { UsageError } from './errors.js';

export interface SetupPlaces {
  /** Mayu's config.yaml. */
  readonly config: string;
  /** Folders with Mayu's templates and snippets. */
  readonly templates: readonly string[];
  /** Of Mayu's `--files-dir`. */
  readonly files?: string | undefined;
  /** Where the new configuration goes: a folder that is empty, or not there. */
  readonly into: string;
  /** The installation, whose own templates go along. */
  readonly root: string;
}

/**
 * Writes imago's configuration and templates, made of Mayu's, beside those that imago comes with.
 * @throws UsageError
 */
export function convertSetup({ config, templates, files, into, root }: SetupPlaces): Converted {
  if (existsSync(into) && (!statSync(into).isDirectory() || readdirSync(into).length > 0))
    throw new UsageError(`${into} is there and not empty: name another folder with --into`);
  const converted = convertMayu({
    config: { path: config.split('/').at(-1) ?? config, text: textOf(config) },
    templates: templates.flatMap((folder) => filesIn(folder)),
    files: files === undefined ? [] : filesIn(files),
  });
  for (const folder of ['templates', 'template_snippets'])
    cpSync(join(root, folder), join(into, folder), { recursive: true });
  for (const folder of ['images', 'tftproot']) mkdirSync(join(into, folder), { recursive: true });
  for (const { path, text } of converted.files) {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    writeFileSync(join(into, path), text);
  }
  return converted;
}

/** Bytes: many times a template. */
const LARGEST = 1024 * 1024;

function filesIn(folder: string): readonly TextFile[] {
  let entries;
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw new UsageError(`${folder} cannot be read: ${fileReason(error)}`);
  }
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size <= LARGEST)
    .map((path) => ({ path: relative(folder, path), text: textOf(path) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${fileReason(error)}`);
  }
}
