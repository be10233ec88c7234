import { TemplateFault } from '../../template/template-fault.js';
import { parseRendered } from '../../template/yaml-document.js';

/** What cloud-init takes: a script, or a map of settings. @throws TemplateFault */
export function checkCloudConfig(text: string, name: string): void {
  const [header = ''] = text.split('\n', 1);
  if (header.startsWith('#!')) return;
  if (header.trimEnd() !== '#cloud-config')
    throw new TemplateFault({ template: name, line: 1 }, 'must begin with #cloud-config or #!');
  const { value } = parseRendered(text, name);
  if (value !== null && (typeof value !== 'object' || Array.isArray(value)))
    throw new TemplateFault({ template: name }, 'makes no map of settings');
}
