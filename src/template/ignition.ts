import { parse } from 'yaml';
import type { Templates } from './catalog.js';
import type { TemplateContext } from './context.js';

/** The Ignition configuration as JSON. @throws TemplateFault */
export function renderIgnition(templates: Templates, name: string, context: TemplateContext): string {
  return JSON.stringify(parse(templates.render(name, context)));
}
