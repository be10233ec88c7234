import { sourceNames, type SourceName } from '../host/source-name.js';
import type { Config } from './schema.js';

/** Tongues of other systems in which imago answers machines over HTTP. */
export type DialectName = 'mayu' | 'pixiecore' | 'bootcfg' | 'matchbox' | 'pxe-init';

/** Those with a port of their own, and the setting of each. */
export const portSettings = {
  bootcfg: 'bootcfg',
  matchbox: 'matchbox',
  'pxe-init': 'pxeInit',
} as const satisfies Partial<Record<DialectName, string>>;
export type PortedDialect = keyof typeof portSettings;

type Sections = Pick<Config, 'bootcfg' | 'matchbox' | 'pixiecore' | 'pxeInit'>;

/** Whether the configuration sets the source up, and what does. */
export const setUp: Readonly<
  Record<SourceName, { readonly by: string; readonly is: (config: Sections) => boolean }>
> = {
  hosts: { by: '', is: () => true },
  matchbox: {
    by: 'matchbox.data or matchbox.records',
    is: ({ matchbox }) => matchbox.data !== undefined || matchbox.records,
  },
  bootcfg: { by: 'bootcfg.data', is: ({ bootcfg }) => bootcfg.data !== undefined },
  'pxe-init': { by: 'pxeInit.enabled', is: ({ pxeInit }) => pxeInit.enabled },
  'pixiecore-api': { by: 'pixiecore.api', is: ({ pixiecore }) => pixiecore.api !== undefined },
};

/** Who is asked what a machine boots, in order. */
export function sourcesOf(config: Sections & Pick<Config, 'boot'>): readonly SourceName[] {
  return config.boot.sources ?? sourceNames.filter((name) => setUp[name].is(config));
}

/** The dialects with a port of their own that are on. */
export function portedDialects(config: Sections): readonly PortedDialect[] {
  return (Object.keys(portSettings) as PortedDialect[]).filter((name) => setUp[name].is(config));
}
