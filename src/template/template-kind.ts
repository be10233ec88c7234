/** The language a template is written in, by its extension: it decides which filters may write into it, and where. */
export type TemplateKind = 'shell' | 'ipxe' | 'yaml' | 'json' | 'unit' | 'text';

const kindOfExtension: Readonly<Record<string, TemplateKind>> = {
  sh: 'shell',
  env: 'shell',
  ipxe: 'ipxe',
  yaml: 'yaml',
  yml: 'yaml',
  json: 'json',
  ign: 'json',
  service: 'unit',
  socket: 'unit',
  timer: 'unit',
  mount: 'unit',
  path: 'unit',
  target: 'unit',
  network: 'unit',
  netdev: 'unit',
  link: 'unit',
};

export function kindOf(name: string): TemplateKind {
  return kindOfExtension[/\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''] ?? 'text';
}
