import { tableAt, tablesAt, type Table } from './ignition-json.js';

/**
 * Takes the bits of setuid, setgid and sticky from modes of versions that do not set them, as Ignition does when it reads an old version for
 * a new one.
 * @returns the paths of the modes that had one
 */
export function maskModes(config: Table, version: string): (readonly (string | number)[])[] {
  if (version >= '3.4.0') return [];
  const storage = tableAt(config, 'storage');
  return ['files', 'directories'].flatMap((kind) =>
    tablesAt(storage, kind).flatMap((node, index) => {
      const { mode } = node;
      if (typeof mode !== 'number' || mode <= 0o777 || mode > 0o7777) return [];
      node['mode'] = mode & 0o777;
      return [['storage', kind, index, 'mode']];
    }),
  );
}
