import { settingSchema, type SettingSchema } from '../../src/config/setting-schema.js';

/** All settings as a page in Markdown, made from the schema that validates them, so that it cannot be out of date. */
export function configReference(): string {
  const schema = settingSchema();
  const rows = Object.entries(propertiesOf(schema)).flatMap(([key, value]) => [
    '',
    `## \`${key}\``,
    '',
    ...describe(key, value, requiredIn(schema, key)),
  ]);
  return [
    '# Configuration',
    '',
    'One YAML file, `conf/imago.yaml` unless `--config` names another. An unknown setting is an error. Check a file with',
    '`bin/imago --config FILE --check-config`: it lists every fault with its line, and exits with 1 if there is one.',
    '',
    'This page is made from the schema: `npm run docs`.',
    ...rows,
    '',
  ].join('\n');
}

function describe(path: string, schema: SettingSchema, required: boolean): string[] {
  const intro = schema.description ? [schema.description, ''] : [];
  const table = tableOf(path, schema, required);
  return [...intro, '| setting | type | default | meaning |', '| --- | --- | --- | --- |', ...table];
}

function tableOf(path: string, schema: SettingSchema, required: boolean): string[] {
  const variants = schema.anyOf ?? schema.oneOf;
  const properties = propertiesOf(schema);
  const items = schema.items && Object.keys(propertiesOf(schema.items)).length > 0 ? schema.items : undefined;
  if (items) return [row(path, schema, required), ...childRows(`${path}[]`, items)];
  if (Object.keys(properties).length > 0) return childRows(path, schema);
  const named = schema.additionalProperties;
  if (typeof named === 'object' && Object.keys(propertiesOf(named)).length > 0) {
    return [row(path, schema, required), ...childRows(`${path}.NAME`, named)];
  }
  if (variants?.some((variant) => Object.keys(propertiesOf(variant)).length > 0)) {
    return [row(path, schema, required), ...variants.flatMap((variant) => childRows(path, variant))];
  }
  return [row(path, schema, required)];
}

function childRows(path: string, schema: SettingSchema): string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([key, value]) => {
    const isSection = Object.keys(propertiesOf(value)).length > 0;
    const heading =
      isSection && value.description
        ? [`| \`${path}.${key}\` | section | | ${cell(value.description)} |`]
        : [];
    return [...heading, ...tableOf(`${path}.${key}`, value, requiredIn(schema, key))];
  });
}

function row(path: string, schema: SettingSchema, required: boolean): string {
  const fallback =
    schema.default === undefined ? (required ? '**required**' : '') : `\`${JSON.stringify(schema.default)}\``;
  return `| \`${path}\` | ${cell(typeOf(schema))} | ${cell(fallback)} | ${cell(schema.description ?? '')} |`;
}

function typeOf(schema: SettingSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.anyOf ?? schema.oneOf)
    return [...new Set((schema.anyOf ?? schema.oneOf ?? []).map(typeOf))].join(' or ');
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'values'}`;
  const bounds = [
    ...(schema.minimum !== undefined && Math.abs(schema.minimum) < 2 ** 53 - 1
      ? [`from ${schema.minimum}`]
      : []),
    ...(schema.exclusiveMinimum !== undefined ? [`above ${schema.exclusiveMinimum}`] : []),
    ...(schema.maximum !== undefined && Math.abs(schema.maximum) < 2 ** 53 - 1
      ? [`to ${schema.maximum}`]
      : []),
  ];
  return [schema.type === 'object' ? 'mapping' : (schema.type ?? 'any value'), ...bounds].join(' ');
}

function propertiesOf(schema: SettingSchema): Readonly<Record<string, SettingSchema>> {
  return schema.properties ?? {};
}

function requiredIn(schema: SettingSchema, key: string): boolean {
  return schema.required?.includes(key) ?? false;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
