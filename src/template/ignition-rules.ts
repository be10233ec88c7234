import type { IgnitionConfig } from './ignition-schema.js';

/** A fault of a document, and the way to the field from its root. */
export interface FieldFault {
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

/** What was added after 3.0.0. An older Ignition would pass over it in silence. */
const additions: readonly { readonly field: RegExp; readonly version: string }[] = [
  { field: /^ignition\.proxy$/, version: '3.1.0' },
  { field: /\.httpHeaders$/, version: '3.1.0' },
  { field: /^storage\.filesystems\.\d+\.mountOptions$/, version: '3.1.0' },
  { field: /^ignition\..*\.compression$/, version: '3.1.0' },
  { field: /^storage\.luks$/, version: '3.2.0' },
  { field: /\.partitions\.\d+\.resize$/, version: '3.2.0' },
  { field: /^passwd\.(users|groups)\.\d+\.shouldExist$/, version: '3.2.0' },
  { field: /^kernelArguments$/, version: '3.3.0' },
];

/** What no single field can tell: fields that are newer than the version, and things that are said twice. */
export function ignitionFaults(config: IgnitionConfig): FieldFault[] {
  return [...tooNew(config, config.ignition.version), ...repeated(config)];
}

function tooNew(config: IgnitionConfig, version: string): FieldFault[] {
  const newer = additions.filter((one) => one.version > version);
  return newer.length === 0 ? [] : among(newer, version, config, []);
}

function among(
  newer: typeof additions,
  version: string,
  value: unknown,
  path: readonly (string | number)[],
): FieldFault[] {
  if (value === null || value === undefined) return [];
  const field = path.join('.');
  const addition = newer.find((one) => one.field.test(field));
  if (addition) {
    return [
      {
        path,
        reason: `came with version ${addition.version}: write that in ignition.version, which is ${version}`,
      },
    ];
  }
  const inside = (item: unknown, step: string | number) => among(newer, version, item, [...path, step]);
  if (Array.isArray(value)) return value.flatMap(inside);
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) => inside(item, key));
}

function repeated({ storage, systemd, passwd }: IgnitionConfig): FieldFault[] {
  const paths = (['files', 'directories', 'links'] as const).flatMap((list) =>
    (storage?.[list] ?? []).map(({ path }, index) => ({
      value: path,
      path: ['storage', list, index, 'path'],
    })),
  );
  const units = (systemd?.units ?? []).map(({ name }, index) => ({
    value: name,
    path: ['systemd', 'units', index, 'name'],
  }));
  const people = (['users', 'groups'] as const).map((list) =>
    (passwd?.[list] ?? []).map(({ name }, index) => ({ value: name, path: ['passwd', list, index, 'name'] })),
  );
  return [paths, units, ...people].flatMap((entries) => {
    const seen = new Set<string>();
    return entries.flatMap(({ value, path }) => {
      if (seen.has(value))
        return [{ path, reason: `'${value}' stands here a second time: Ignition takes each once` }];
      seen.add(value);
      return [];
    });
  });
}
