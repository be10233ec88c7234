import { z } from 'zod';
import type { FaultPath } from './fault.js';
import { configSchema } from './schema.js';

/** What may stand at one place of the configuration, as a JSON Schema of it tells. */
export interface SettingSchema {
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly minimum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly properties?: Readonly<Record<string, SettingSchema>> | undefined;
  readonly additionalProperties?: boolean | SettingSchema | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: SettingSchema | undefined;
  readonly anyOf?: readonly SettingSchema[] | undefined;
  readonly oneOf?: readonly SettingSchema[] | undefined;
}

/** The whole configuration's. Made when it is first needed, and once: that takes a while, and it is always the same. */
export const settingSchema: () => SettingSchema = once(() => settingSchemaOf(configSchema));

/** What may stand in values that another schema reads. */
export function settingSchemaOf(schema: z.ZodType): SettingSchema {
  // Through its text: the library's own type also allows `true` for a schema, which it never makes of ours.
  return JSON.parse(
    JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' })),
  );
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Undefined where anything goes, or nothing may be. */
export function schemaAt(root: SettingSchema, path: FaultPath): SettingSchema | undefined {
  const schema = path.reduce<SettingSchema | undefined>((outer, step) => outer && inner(outer, step), root);
  // What may also be null is described by its other form.
  const forms = schema?.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  return forms.length === 1 && schema?.anyOf?.length === 2 ? forms[0] : schema;
}

/** The settings of a section, those of all its forms. */
export function settingsOf(schema: SettingSchema | undefined): readonly string[] {
  if (!schema) return [];
  const ofVariants = (schema.anyOf ?? schema.oneOf ?? []).flatMap(settingsOf);
  return [...new Set([...Object.keys(schema.properties ?? {}), ...ofVariants])];
}

function inner(schema: SettingSchema, step: string | number): SettingSchema | undefined {
  if (typeof step === 'number') return schema.items;
  const { properties = {}, additionalProperties } = schema;
  if (Object.hasOwn(properties, step)) return properties[step];
  if (typeof additionalProperties === 'object') return additionalProperties;
  return (schema.anyOf ?? schema.oneOf)?.map((variant) => inner(variant, step)).find(Boolean);
}
