/** What can decide what a machine boots, in the order in which it is asked unless it is set. */
export const sourceNames = ['hosts', 'matchbox', 'bootcfg', 'pxe-init', 'pixiecore-api'] as const;
export type SourceName = (typeof sourceNames)[number];
