import type { Templates } from './catalog.js';
import type { TemplateContext } from './context.js';
import { TemplateFault } from './template-fault.js';
import { parseRendered } from './yaml-document.js';

/**
 * The cloud-config as it is served: YAML, a map, with the first line that cloud-init and coreos-cloudinit go by.
 * @throws TemplateFault
 */
export function renderCloudConfig(templates: Templates, name: string, context: TemplateContext): string {
  const rendered = templates.render(name, context);
  if (!/^#cloud-config[ \t]*\r?\n/.test(rendered)) {
    throw new TemplateFault({ template: name, line: 1 }, 'must begin with the line #cloud-config');
  }
  const { value } = parseRendered(rendered, name, (line) => templates.sourceOf?.(name, context, line));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TemplateFault({ template: name }, 'makes no map of settings');
  }
  return rendered;
}
