import { showValue } from '../errors.js';
import type { IgnitionConfig, ignitionVersions } from './ignition-schema.js';

/** A fault of a document, and the way to the field from its root. */
export interface FieldFault {
  readonly path: readonly (string | number)[];
  readonly reason: string;
  /** Ignition itself takes it without a word. */
  readonly takenByIgnition?: boolean;
}

interface Addition {
  /** From the root; `*` is an index of a list, `**` one step or more. */
  readonly field: string;
  readonly version: (typeof ignitionVersions)[number];
  /** Where the field is older, and only such values of it are new. */
  readonly values?: (value: unknown) => boolean;
  /** An older Ignition passes over it. */
  readonly takenByIgnition?: boolean;
}

const startsWith = (start: string) => (value: unknown) =>
  typeof value === 'string' && value.startsWith(start);
/** Ignition 2.14 to 2.21 sets these bits from 3.4.0 on, newer ones from 3.6.0 on. */
const hasSpecialBits = (value: unknown) => typeof value === 'number' && value > 0o777;

/** What was added after 3.0.0 (coreos.github.io/ignition/migrating-configs). An older Ignition would pass over it in silence, or refuse all. */
const additions: readonly Addition[] = [
  { field: 'ignition.proxy', version: '3.1.0' },
  { field: '**.httpHeaders', version: '3.1.0' },
  { field: 'storage.filesystems.*.mountOptions', version: '3.1.0' },
  { field: 'ignition.**.compression', version: '3.1.0' },
  { field: '**.verification.hash', version: '3.1.0', values: startsWith('sha256-') },
  { field: 'storage.luks', version: '3.2.0' },
  { field: '**.partitions.*.resize', version: '3.2.0' },
  { field: 'passwd.users.*.shouldExist', version: '3.2.0' },
  { field: 'passwd.groups.*.shouldExist', version: '3.2.0' },
  { field: '**.source', version: '3.2.0', values: startsWith('gs:') },
  { field: 'kernelArguments', version: '3.3.0' },
  { field: 'storage.filesystems.*.format', version: '3.3.0', values: (value) => value === 'none' },
  { field: 'storage.luks.*.discard', version: '3.4.0' },
  { field: 'storage.luks.*.openOptions', version: '3.4.0' },
  { field: '**.tang.*.advertisement', version: '3.4.0' },
  { field: '**.source', version: '3.4.0', values: startsWith('arn:') },
  { field: 'storage.files.*.mode', version: '3.4.0', values: hasSpecialBits, takenByIgnition: true },
  { field: 'storage.directories.*.mode', version: '3.4.0', values: hasSpecialBits, takenByIgnition: true },
  { field: 'storage.luks.*.cex', version: '3.5.0' },
];

/** By the last step of the field: a walk over a configuration looks at the few values whose key stands here. */
const additionsTo = new Map<string | number, Addition[]>();
for (const addition of additions) {
  const step = addition.field.split('.').at(-1) ?? '';
  additionsTo.set(step, [...(additionsTo.get(step) ?? []), addition]);
}

/** What no single field can tell: fields that are newer than the version, and things that are said twice. */
export function ignitionFaults(config: IgnitionConfig): FieldFault[] {
  const faults: FieldFault[] = [];
  findNewer(config, config.ignition.version, [], faults);
  findRepeated(config, faults);
  return faults;
}

/** The version with which a field came; undefined for one that is in all of them, or in none. */
export function versionOfField(path: readonly (string | number)[]): string | undefined {
  const step = path.at(-1) ?? '';
  return additionsTo.get(step)?.find(({ field, values }) => !values && isAt(field, path))?.version;
}

/** @param path The way to the value; as it was before when this returns. */
function findNewer(value: unknown, version: string, path: (string | number)[], faults: FieldFault[]): void {
  if (typeof value !== 'object' || value === null) return;
  const steps = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [step, inner] of steps) {
    if (inner === null || inner === undefined) continue;
    path.push(step);
    const addition = newerAt(step, inner, version, path);
    if (addition) {
      const { takenByIgnition } = addition;
      const reason = reasonOf(addition, inner, version);
      faults.push({ path: [...path], reason, ...(takenByIgnition && { takenByIgnition }) });
    } else findNewer(inner, version, path, faults);
    path.pop();
  }
}

function newerAt(
  step: string | number,
  value: unknown,
  version: string,
  path: readonly (string | number)[],
): Addition | undefined {
  return additionsTo
    .get(step)
    ?.find((one) => one.version > version && one.values?.(value) !== false && isAt(one.field, path));
}

function isAt(field: string, path: readonly (string | number)[]): boolean {
  const steps = field.split('.');
  const any = steps.indexOf('**');
  const fits = (part: readonly string[], start: number) =>
    part.every((step, index) => {
      const actual = path[start + index];
      return step === '*' ? typeof actual === 'number' : step === actual;
    });
  if (any < 0) return steps.length === path.length && fits(steps, 0);
  const after = steps.slice(any + 1);
  return (
    steps.length <= path.length && fits(steps.slice(0, any), 0) && fits(after, path.length - after.length)
  );
}

function reasonOf(addition: Addition, value: unknown, version: string): string {
  const what = addition.values ? `${showValue(value)} ` : '';
  return `${what}came with version ${addition.version}: write that in ignition.version, which is ${version}`;
}

/** Lists of which Ignition takes each entry once, and what tells one from the other. */
function findRepeated({ ignition, storage, systemd, passwd }: IgnitionConfig, faults: FieldFault[]): void {
  const once = <Entry>(
    path: readonly (string | number)[],
    entries: readonly Entry[] | null | undefined,
    key: string & keyof Entry,
    seen = new Set<unknown>(),
  ) => {
    entries?.forEach((entry, index) => {
      const value = entry[key];
      if (value === undefined || value === null) return;
      if (seen.has(value)) {
        const reason = `${showValue(value)} stands here a second time: Ignition takes each once`;
        faults.push({ path: [...path, index, key], reason });
      }
      seen.add(value);
    });
  };
  const nodes = new Set<unknown>();
  once(['storage', 'files'], storage?.files, 'path', nodes);
  once(['storage', 'directories'], storage?.directories, 'path', nodes);
  once(['storage', 'links'], storage?.links, 'path', nodes);
  once(['storage', 'disks'], storage?.disks, 'device');
  once(['storage', 'filesystems'], storage?.filesystems, 'device');
  once(['storage', 'raid'], storage?.raid, 'name');
  once(['storage', 'luks'], storage?.luks, 'name');
  once(['systemd', 'units'], systemd?.units, 'name');
  once(['passwd', 'users'], passwd?.users, 'name');
  once(['passwd', 'groups'], passwd?.groups, 'name');
  const authorities = ignition.security?.tls?.certificateAuthorities;
  once(['ignition', 'security', 'tls', 'certificateAuthorities'], authorities, 'source');
  storage?.luks?.forEach(({ clevis }, index) =>
    once(['storage', 'luks', index, 'clevis', 'tang'], clevis?.tang, 'url'),
  );
  systemd?.units?.forEach(({ dropins }, index) =>
    once(['systemd', 'units', index, 'dropins'], dropins, 'name'),
  );
}
