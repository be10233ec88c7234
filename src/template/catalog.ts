import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import nunjucks from 'nunjucks';
import type { TemplateContext } from './context.js';
import { TemplateFault } from './template-fault.js';

export interface Templates {
  /** @throws TemplateFault */
  render(name: string, context: TemplateContext): string;
}

export interface TemplateFolders {
  readonly templatesDir: string;
  /** Where `{% include %}` looks. */
  readonly snippetsDir: string;
}

export function createTemplates({ templatesDir, snippetsDir }: TemplateFolders): Templates {
  const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader([templatesDir, snippetsDir]), {
    autoescape: false,
    throwOnUndefined: true,
  });
  return {
    render(name, context) {
      try {
        readFileSync(join(templatesDir, name));
        return environment.render(name, context);
      } catch (error) {
        throw new TemplateFault({ template: name }, String(error), { cause: error });
      }
    },
  };
}
