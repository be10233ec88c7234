import type { Templates } from './catalog.js';
import type { TemplateContext } from './context.js';
import { checkIgnition } from './ignition-check.js';
import { TemplateFault } from './template-fault.js';
import { parseRendered, type Locate } from './yaml-document.js';

/**
 * The Ignition configuration as JSON, valid by the specification of its version: what is wrong with it, no machine gets to see.
 * @throws TemplateFault that names the template, the line and the field.
 */
export function renderIgnition(templates: Templates, name: string, context: TemplateContext): string {
  return toIgnition(templates.render(name, context), name, (line) =>
    templates.sourceOf?.(name, context, line),
  );
}

/** @throws TemplateFault */
export function toIgnition(rendered: string, template: string, locate?: Locate): string {
  const document = parseRendered(rendered, template, locate);
  if (document.value === null || document.value === undefined) {
    throw new TemplateFault(
      { template },
      'makes an empty document: an Ignition configuration begins with ignition.version',
    );
  }
  const { config, faults } = checkIgnition(document.value);
  const [first, ...others] = faults;
  if (first) {
    const more =
      others.length === 0
        ? ''
        : `; ${others.length} more: ${others.map(({ path }) => path.join('.')).join(', ')}`;
    throw document.fault(first.path, first.reason + more);
  }
  return JSON.stringify(config);
}
