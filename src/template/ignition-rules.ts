import { showValue } from '../errors.js';
import type { IgnitionConfig, ignitionVersions } from './ignition-schema.js';

/** A fault of a document, and the way to the field from its root. */
export interface FieldFault {
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

interface Addition {
  readonly field: RegExp;
  readonly version: (typeof ignitionVersions)[number];
  /** Where the field is older, and only such values of it are new. */
  readonly values?: (value: unknown) => boolean;
}

const startsWith = (start: string) => (value: unknown) =>
  typeof value === 'string' && value.startsWith(start);
const isSource = /\.source$/;

/** What was added after 3.0.0 (coreos.github.io/ignition/migrating-configs). An older Ignition would pass over it in silence, or refuse all. */
const additions: readonly Addition[] = [
  { field: /^ignition\.proxy$/, version: '3.1.0' },
  { field: /\.httpHeaders$/, version: '3.1.0' },
  { field: /^storage\.filesystems\.\d+\.mountOptions$/, version: '3.1.0' },
  { field: /^ignition\..*\.compression$/, version: '3.1.0' },
  { field: /\.verification\.hash$/, version: '3.1.0', values: startsWith('sha256-') },
  { field: /^storage\.luks$/, version: '3.2.0' },
  { field: /\.partitions\.\d+\.resize$/, version: '3.2.0' },
  { field: /^passwd\.(users|groups)\.\d+\.shouldExist$/, version: '3.2.0' },
  { field: isSource, version: '3.2.0', values: startsWith('gs:') },
  { field: /^kernelArguments$/, version: '3.3.0' },
  { field: /^storage\.filesystems\.\d+\.format$/, version: '3.3.0', values: (value) => value === 'none' },
  { field: /^storage\.luks\.\d+\.(discard|openOptions)$/, version: '3.4.0' },
  { field: /\.tang\.\d+\.advertisement$/, version: '3.4.0' },
  { field: isSource, version: '3.4.0', values: startsWith('arn:') },
  // Ignition 2.14 to 2.21 sets these bits from 3.4.0 on, newer ones from 3.6.0 on.
  {
    field: /^storage\.(files|directories)\.\d+\.mode$/,
    version: '3.4.0',
    values: (value) => typeof value === 'number' && value > 0o777,
  },
  { field: /^storage\.luks\.\d+\.cex$/, version: '3.5.0' },
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
  const addition = newer.find((one) => one.field.test(field) && one.values?.(value) !== false);
  if (addition) {
    return [
      {
        path,
        reason: `${addition.values ? `${showValue(value)} ` : ''}came with version ${addition.version}: write that in ignition.version, which is ${version}`,
      },
    ];
  }
  const inside = (item: unknown, step: string | number) => among(newer, version, item, [...path, step]);
  if (Array.isArray(value)) return value.flatMap(inside);
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) => inside(item, key));
}

/** Lists of which Ignition takes each entry once, and what tells one from the other. */
function repeated({ ignition, storage, systemd, passwd }: IgnitionConfig): FieldFault[] {
  const named = <Entry>(
    path: readonly (string | number)[],
    entries: readonly Entry[] | null | undefined,
    key: string & keyof Entry,
  ) => (entries ?? []).map((entry, index) => ({ value: entry[key], path: [...path, index, key] }));
  const paths = (['files', 'directories', 'links'] as const).flatMap((list) =>
    named(['storage', list], storage?.[list], 'path'),
  );
  const within = [
    ...(storage?.luks ?? []).map(({ clevis }, index) =>
      named(['storage', 'luks', index, 'clevis', 'tang'], clevis?.tang, 'url'),
    ),
    ...(systemd?.units ?? []).map(({ dropins }, index) =>
      named(['systemd', 'units', index, 'dropins'], dropins, 'name'),
    ),
  ];
  return [
    paths,
    named(['storage', 'disks'], storage?.disks, 'device'),
    named(['storage', 'filesystems'], storage?.filesystems, 'device'),
    named(['storage', 'raid'], storage?.raid, 'name'),
    named(['storage', 'luks'], storage?.luks, 'name'),
    named(['systemd', 'units'], systemd?.units, 'name'),
    named(['passwd', 'users'], passwd?.users, 'name'),
    named(['passwd', 'groups'], passwd?.groups, 'name'),
    named(
      ['ignition', 'security', 'tls', 'certificateAuthorities'],
      ignition.security?.tls?.certificateAuthorities,
      'source',
    ),
    ...within,
  ].flatMap((entries) => {
    const seen = new Set<unknown>();
    return entries.flatMap(({ value, path }) => {
      if (value === undefined || value === null || !seen.has(value)) {
        seen.add(value);
        return [];
      }
      return [{ path, reason: `${showValue(value)} stands here a second time: Ignition takes each once` }];
    });
  });
}
