import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TemplateFault } from './template-fault.js';

export interface TemplateFolders {
  readonly templatesDir: string;
  /** What `{% include %}` finds beside the templates themselves. */
  readonly snippetsDir: string;
}

export interface TemplateFile {
  readonly path: string;
  /** What tells one content of the file from the next. */
  readonly version: string;
}

/** @throws TemplateFault */
export function findTemplate(name: string, { templatesDir, snippetsDir }: TemplateFolders): TemplateFile {
  if (name.startsWith('/') || name.includes('\0') || name.split('/').includes('..')) {
    throw new TemplateFault({ template: name }, 'is not a path below the folder of the templates');
  }
  const folders = [templatesDir, snippetsDir];
  for (const folder of folders) {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() === true) return { path, version: `${found.ino} ${found.mtimeMs} ${found.size}` };
  }
  throw new TemplateFault(
    { template: name },
    `is missing: there is no such file in ${folders.join(' and ')}`,
  );
}

/** @throws TemplateFault */
export function readTemplate(name: string, { path }: TemplateFile): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemplateFault({ template: name }, `cannot be read: ${reason}`, { cause: error });
  }
}
