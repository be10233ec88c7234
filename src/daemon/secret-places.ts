import type { FaultPath } from '../config/fault.js';
import type { Config } from '../config/schema.js';
import type { SecretSource } from '../power/secret-source.js';

export interface SecretPlace {
  readonly path: FaultPath;
  readonly source: SecretSource;
}

/** What operators write freely: an object there that looks like the place of a secret is none. */
const FREE: ReadonlySet<string> = new Set(['templateVariables', 'profiles', 'hosts']);
const WAYS: ReadonlySet<string> = new Set(['file', 'variable', 'credential']);

/** Every place of a secret that the configuration names, as in `{ file: /etc/imago/bmc }`, whatever section it stands in. */
export function secretPlaces(config: Partial<Config>): readonly SecretPlace[] {
  return Object.entries(config)
    .filter(([section]) => !FREE.has(section))
    .flatMap(([section, value]) => placesIn(value, [section]));
}

function placesIn(value: unknown, path: FaultPath): readonly SecretPlace[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isSource(value)) return [{ path, source: value }];
  const inner: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((one, index) => [index, one])
    : [...(value instanceof Map ? value.entries() : Object.entries(value))].map(([key, one]) => [
        String(key),
        one,
      ]);
  return inner.flatMap(([key, one]) => placesIn(one, [...path, key]));
}

function isSource(value: object): value is SecretSource {
  const [[key, where] = [], ...more] = Object.entries(value);
  return more.length === 0 && WAYS.has(key ?? '') && typeof where === 'string';
}
