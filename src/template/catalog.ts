import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compileMarked, compileTemplate } from './compile-template.js';
import type { TemplateContext } from './context.js';
import { createEnvironment } from './environment.js';
import { markOfLine, withoutMarks } from './line-marks.js';
import type { CompiledTemplate, LoadedTemplate } from './nunjucks-engine.js';
import { asTemplateFault, TemplateFault, type TemplatePlace } from './template-fault.js';

export interface Templates {
  /**
   * A file that was changed is read again.
   * @throws TemplateFault that names the template, the line, and what is wrong or missing.
   */
  render(name: string, context: TemplateContext): string;
  /** Which line of which template made a line of the output, counted from 1; for faults that only show there. */
  sourceOf?(name: string, context: TemplateContext, outputLine: number): TemplatePlace | undefined;
}

export interface TemplateFolders {
  readonly templatesDir: string;
  /** What `{% include %}` finds beside the templates themselves. */
  readonly snippetsDir: string;
}

interface CachedTemplate {
  /** What tells one content of the file from the next. */
  readonly version: string;
  readonly loaded: LoadedTemplate;
}

export function createTemplates(folders: TemplateFolders): Templates {
  const plain = createRenderer(folders, compileTemplate);
  const marked = createRenderer(folders, compileMarked);
  return {
    render: plain,
    sourceOf(name, context, outputLine) {
      try {
        const rendered = marked(name, context);
        const isTheSame = withoutMarks(rendered) === plain(name, context);
        return isTheSame ? markOfLine(rendered, outputLine) : undefined;
      } catch (error) {
        if (error instanceof TemplateFault) return undefined; // a filter that does not take marks
        throw error;
      }
    },
  };
}

function createRenderer({ templatesDir, snippetsDir }: TemplateFolders, compile: typeof compileTemplate) {
  const cache = new Map<string, CachedTemplate>();
  const { environment, known } = createEnvironment({
    getSource(name) {
      const { path, version } = find(name, [templatesDir, snippetsDir]);
      const cached = cache.get(path);
      if (cached?.version === version) return cached.loaded;
      const loaded = asLoaded(name, compile(read(name, path), name, known));
      cache.set(path, { version, loaded });
      return loaded;
    },
  });
  return (name: string, context: TemplateContext): string => {
    try {
      return environment.render(name, context);
    } catch (error) {
      throw asTemplateFault(name, error);
    }
  };
}

function asLoaded(path: string, obj: CompiledTemplate): LoadedTemplate {
  return { src: { type: 'code', obj }, path, noCache: true };
}

function find(name: string, folders: readonly string[]): { path: string; version: string } {
  if (name.startsWith('/') || name.includes('\0') || name.split('/').includes('..')) {
    throw new TemplateFault({ template: name }, 'is not a path below the folder of the templates');
  }
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

function read(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemplateFault({ template: name }, `cannot be read: ${reason}`, { cause: error });
  }
}
