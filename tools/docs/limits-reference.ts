import { limits, type Limit } from '../../src/limits.js';
import { schemaAt, settingSchema } from '../../src/config/setting-schema.js';

/** docs/limits.md, made from the table of limits and the defaults of their settings. */
export function limitsReference(): string {
  const rows = Object.entries<Limit>(limits);
  const parts = [...new Set(rows.map(([, { part }]) => part))];
  return [
    '# Limits',
    '',
    'Nothing that a client can make grow is without a bound. Here is each, its setting, what the one who meets it is told, and the metric',
    'that counts it. A client that meets one is named in the log, at most once in ten seconds for each bound. Where places are short, machines that imago',
    'knows or leased an address to go before strangers.',
    '',
    'This page is made from the code: `npm run docs`.',
    ...parts.flatMap((part) => [
      '',
      `## ${part}`,
      '',
      '| name | bound | setting (default) | what the client sees | metric |',
      '| --- | --- | --- | --- | --- |',
      ...rows.flatMap(([name, limit]) => (limit.part === part ? [rowOf(name, limit)] : [])),
    ]),
    '',
  ].join('\n');
}

function rowOf(name: string, { bound, setting, told, metric }: Limit): string {
  const counted = metric ?? `imago_limit_reached_total{limit="${name}"}`;
  return `| ${name} | ${bound} | ${setting === undefined ? '' : `\`${setting}\` (${defaultOf(setting)})`} | ${told} | \`${counted}\` |`;
}

/** @throws Error for a setting that there is not */
function defaultOf(setting: string): string {
  const schema = schemaAt(settingSchema(), setting.split('.'));
  if (schema === undefined) throw new Error(`there is no setting ${setting}`);
  return schema.default === undefined ? 'none' : JSON.stringify(schema.default);
}
