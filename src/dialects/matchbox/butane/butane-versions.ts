import { showValue } from '../../../errors.js';

/** The version of Ignition's specification that Butane makes of each stable version of its own: coreos.github.io/butane/specs. */
const butaneVersions: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    'flatcar',
    new Map([
      ['1.0.0', '3.3.0'],
      ['1.1.0', '3.4.0'],
    ]),
  ],
  [
    'fcos',
    new Map([
      ['1.0.0', '3.0.0'],
      ['1.1.0', '3.1.0'],
      ['1.2.0', '3.2.0'],
      ['1.3.0', '3.2.0'],
      ['1.4.0', '3.3.0'],
      ['1.5.0', '3.4.0'],
      ['1.6.0', '3.5.0'],
    ]),
  ],
]);

const BY_BUTANE = 'have the program butane installed where imago runs, or make Ignition of it yourself';
const INLINE =
  'files beside it cannot be read here: write the contents in place (inline), or make Ignition of it yourself with `butane --files-dir`';

/** What is not translated here, and what helps: a configuration without it would install another machine than was meant. */
export const refusedKeys: ReadonlyMap<string, string> = new Map(
  ['local', 'contents_local', 'ssh_authorized_keys_local', 'trees'].map((key) => [key, INLINE]),
);

/** The same, of Fedora CoreOS alone, at the top of a configuration. */
export const refusedSections: ReadonlyMap<string, string> = new Map(
  ['boot_device', 'grub'].map((key) => [key, `is not translated here: ${BY_BUTANE}`]),
);

export const NO_VARIANT =
  'is missing: this is a Container Linux Config, which matchbox translated before 0.10, or no Butane config. Begin it with `variant: flatcar` and `version: 1.0.0`, and write its other sections as files, users and units';

export function ignitionVersionOf(variant: string, version: string): string | undefined {
  return butaneVersions.get(variant)?.get(version);
}

/** Why a variant is not translated; undefined of those that are. */
export function refusedVariant(variant: string): string | undefined {
  if (butaneVersions.has(variant)) return undefined;
  return `${showValue(variant)} is not translated here, only ${[...butaneVersions.keys()].join(' and ')}: ${BY_BUTANE}`;
}

export function refusedVersion(variant: string, version: string): string {
  const known = [...(butaneVersions.get(variant)?.keys() ?? [])].join(', ');
  return `${showValue(version)} is not a stable version of ${variant} that is known here: write one of ${known}`;
}
