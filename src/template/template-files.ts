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

/** Where templates and snippets are. */
export class TemplateFiles {
  readonly #looks = new Map<string, { readonly at: number; readonly file: TemplateFile }>();
  readonly #folders: readonly string[];

  /** @param freshMs For how long a look at a file holds: in a storm of machines all of them ask for the same few. */
  constructor(
    { templatesDir, snippetsDir }: TemplateFolders,
    private readonly freshMs: number,
  ) {
    this.#folders = [templatesDir, snippetsDir];
  }

  /** @throws TemplateFault */
  find(name: string): TemplateFile {
    if (this.freshMs === 0) return this.#look(name);
    const now = performance.now();
    const last = this.#looks.get(name);
    if (last && now - last.at < this.freshMs) return last.file;
    const file = this.#look(name);
    this.#looks.set(name, { at: now, file });
    return file;
  }

  #look(name: string): TemplateFile {
    if (name.startsWith('/') || name.includes('\0') || name.split('/').includes('..')) {
      throw new TemplateFault({ template: name }, 'is not a path below the folder of the templates');
    }
    for (const folder of this.#folders) {
      const path = join(folder, name);
      const found = statSync(path, { throwIfNoEntry: false });
      if (found?.isFile() === true) return { path, version: `${found.ino} ${found.mtimeMs} ${found.size}` };
    }
    throw new TemplateFault(
      { template: name },
      `is missing: there is no such file in ${this.#folders.join(' and ')}`,
    );
  }
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
