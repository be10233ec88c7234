import { compileMarked, compileTemplate } from './compile-template.js';
import type { TemplateContext } from './context.js';
import { createEnvironment } from './environment.js';
import { markOfLine, withoutMarks } from './line-marks.js';
import type { CompiledTemplate, LoadedTemplate } from './nunjucks-engine.js';
import { asTemplateFault, TemplateFault, type TemplatePlace } from './template-fault.js';
import { findTemplate, readTemplate, type TemplateFolders } from './template-files.js';

export interface Templates {
  /**
   * A file that was changed is read again when it is next looked at.
   * @throws TemplateFault that names the template, the line, and what is wrong or missing.
   */
  render(name: string, context: TemplateContext): string;
  /** Which line of which template made a line of the output, counted from 1; for faults that only show there. */
  sourceOf?(name: string, context: TemplateContext, outputLine: number): TemplatePlace | undefined;
}

interface CachedTemplate {
  readonly version: string;
  readonly loaded: LoadedTemplate;
}

/** @param freshMs For how long a look at the files holds: in a storm of machines all of them ask for the same few. */
export function createTemplates(folders: TemplateFolders, freshMs = 0): Templates {
  const plain = createRenderer(folders, freshMs, compileTemplate);
  const marked = createRenderer(folders, freshMs, compileMarked);
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

function createRenderer(folders: TemplateFolders, freshMs: number, compile: typeof compileTemplate) {
  const cache = new Map<string, CachedTemplate>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  const { environment, known } = createEnvironment({
    getSource(name) {
      const file = findTemplate(name, folders);
      const cached = cache.get(file.path);
      if (cached?.version === file.version) return cached.loaded;
      const loaded = asLoaded(name, compile(readTemplate(name, file), name, known));
      cache.set(file.path, { version: file.version, loaded });
      return loaded;
    },
  });
  return (name: string, context: TemplateContext): string => {
    const now = performance.now();
    if (now - lookedAt >= freshMs) {
      environment.invalidateCache(); // what was found where; what is compiled stays
      lookedAt = now;
    }
    try {
      return environment.render(name, context);
    } catch (error) {
      throw asTemplateFault(name, error);
    }
  };
}

function asLoaded(path: string, obj: CompiledTemplate): LoadedTemplate {
  return { src: { type: 'code', obj }, path };
}
