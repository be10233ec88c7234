import { isMap } from 'yaml';
import { checkIgnition } from '../../../template/ignition-check.js';
import { ButaneDocument, type Entry } from './butane-document.js';
import {
  ignitionVersionOf,
  NO_VARIANT,
  refusedSections,
  refusedVariant,
  refusedVersion,
} from './butane-versions.js';
import { ignitionFields, type Fields } from './ignition-fields.js';
import { ignitionJson, isTable, tableAt, tablesAt, textAt, type Table } from './ignition-json.js';
import { maskModes } from './mask-modes.js';
import { devicesOnTang, mergeUnits, mountUnit } from './mount-units.js';
import { Translation } from './translation.js';
import type { Warning } from './warning.js';

export interface Translated {
  /** One line of JSON, as Butane writes it: what is empty is left out. */
  readonly ignition: string;
  readonly warnings: readonly Warning[];
}

/**
 * A Butane config, made into the Ignition that Butane makes of it without `--strict`: what that only warns of is a warning here too.
 * @param name of the template, for faults
 * @throws TemplateFault with the line of what the template made, and the field
 */
export function translateButane(text: string, name: string): Translated {
  const document = new ButaneDocument(text, name);
  const root = document.valueOf(document.root, []);
  if (!isMap(root)) throw document.fault(undefined, ['variant'], NO_VARIANT);
  const entries = document.entriesOf(root, []);
  const variant = headerOf(document, entries, 'variant');
  const version = ignitionVersion(document, entries, variant);
  const translation = new Translation(document, version);
  const config = translation.fields(sectionsOf(document, entries, variant), butaneFields, []);
  config['ignition'] = { ...tableAt(config, 'ignition'), version };
  const storage = tableAt(config, 'storage');
  if (variant === 'flatcar') refuseClevis(translation, storage);
  addMountUnits(translation, config, storage);
  for (const path of maskModes(config, version)) {
    translation.warn(path, `its bits of setuid, setgid and sticky are not set before Ignition 3.4.0`);
  }
  check(translation, config);
  return { ignition: ignitionJson(config, version, false), warnings: translation.warnings };
}

/** Ignition's version follows from Butane's. */
const butaneFields: Fields = withoutVersion(ignitionFields);

function withoutVersion({ ignition, ...sections }: Fields): Fields {
  const { version: _, ...fields } = ignition?.kind === 'table' ? ignition.fields : {};
  return { ignition: { kind: 'table', fields }, ...sections };
}

function headerOf(document: ButaneDocument, entries: readonly Entry[], key: 'variant' | 'version'): string {
  const entry = entries.find((one) => one.key === key);
  const value = entry && document.valueOf(entry.value, [key]);
  const text = value ? document.textAt(value, [key]) : undefined;
  if (text) return text;
  const reason = key === 'variant' ? NO_VARIANT : 'is missing: write one, as in `version: 1.0.0`';
  throw document.fault(entry?.at, [key], reason);
}

function ignitionVersion(document: ButaneDocument, entries: readonly Entry[], variant: string): string {
  const fault = (key: string, reason: string) =>
    document.fault(entries.find((one) => one.key === key)?.at, [key], reason);
  const unknownVariant = refusedVariant(variant);
  if (unknownVariant !== undefined) throw fault('variant', unknownVariant);
  const version = headerOf(document, entries, 'version');
  const made = ignitionVersionOf(variant, version);
  if (made === undefined) throw fault('version', refusedVersion(variant, version));
  return made;
}

function sectionsOf(document: ButaneDocument, entries: readonly Entry[], variant: string): Entry[] {
  return entries.filter(({ key, at, value }) => {
    if (key === 'variant' || key === 'version') return false;
    const refused = variant === 'fcos' ? refusedSections.get(key) : undefined;
    if (refused !== undefined && document.valueOf(value, [key])) throw document.fault(at, [key], refused);
    return refused === undefined;
  });
}

/** Flatcar's versions 1.0 and 1.1 have no Clevis: Butane refuses it too. */
function refuseClevis(translation: Translation, storage: Table): void {
  tablesAt(storage, 'luks').forEach(({ clevis }, index) => {
    if (!isTable(clevis) || Object.keys(clevis).length === 0) return;
    const reason = 'is not in Flatcar of this version: name a key file (key_file)';
    throw translation.fault(['storage', 'luks', index, 'clevis'], reason);
  });
}

function addMountUnits(translation: Translation, config: Table, storage: Table): void {
  const onTang = devicesOnTang(tablesAt(storage, 'luks'));
  const made = translation.mounted.map(({ filesystem, path }) => {
    const isSwap = filesystem['format'] === 'swap';
    const needed = (['format', ...(isSwap ? [] : ['path'])] as const).find((key) => !filesystem[key]);
    if (needed) throw translation.fault([...path, needed], 'is needed for with_mount_unit: write it too');
    return mountUnit(filesystem, onTang.has(textAt(filesystem, 'device')));
  });
  if (made.length === 0) return;
  const systemd = tableAt(config, 'systemd');
  config['systemd'] = { ...systemd, units: mergeUnits(made, tablesAt(systemd, 'units')) };
}

function check(translation: Translation, config: Table): void {
  const { faults } = checkIgnition(config);
  const [first, ...others] = faults.filter(({ takenByIgnition }) => takenByIgnition !== true);
  if (first) {
    const more = others.length > 0 ? `; ${others.length} more are wrong` : '';
    throw translation.fault(first.path, first.reason + more);
  }
  for (const { path, reason } of faults) translation.warn(path, `${reason}; Ignition takes it all the same`);
}
