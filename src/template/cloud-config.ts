import type { Templates } from './catalog.js';
import type { TemplateContext } from './context.js';

/** The cloud-config as it is served. @throws TemplateFault */
export function renderCloudConfig(templates: Templates, name: string, context: TemplateContext): string {
  return templates.render(name, context);
}
