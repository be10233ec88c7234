import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { HostPatch, NewHost, OverrideValue, type ApiHost } from '../api/schemas.js';
import { IssueReader, UNWORDED } from '../config/explain-issue.js';
import type { Fault } from '../config/fault.js';
import { settingSchemaOf, type SettingSchema } from '../config/setting-schema.js';
import { cleanText } from '../errors.js';
import { UsageError } from './errors.js';

/** A machine as it is written in a list: what is told of it before it boots. */
export const ListedMachine = NewHost.extend({
  serial: z
    .string()
    .max(128)
    .regex(
      /^[a-z0-9]([a-z0-9_-]|\.(?!\.))*$/i,
      'is not a serial: it is made of letters, digits, and . _ - between them',
    )
    .regex(/[a-z0-9]$/i, 'is not a serial: it ends with a letter or a digit')
    .describe('the name of the machine'),
  overrides: z.record(z.string(), OverrideValue).optional(),
  ...HostPatch.pick({
    providerId: true,
    ipmiAddress: true,
    etcdClusterToken: true,
    cabinet: true,
    machineOnCabinet: true,
  }).shape,
});
export type ListedMachine = z.output<typeof ListedMachine>;

/**
 * A list of machines: YAML or JSON, by itself or as `hosts:`, or CSV with a line of headings.
 * @throws UsageError that names every fault.
 */
export function parseMachineList(text: string, file: string): ListedMachine[] {
  const rows = file.endsWith('.csv') ? rowsOfCsv(text) : rowsOfYaml(text, file);
  const results = rows.map(({ raw }) => ListedMachine.safeParse(raw, { error: () => UNWORDED }));
  const schema = settingSchemaOf(ListedMachine);
  const faults = [
    ...results.flatMap(({ error }, index) =>
      faultsOf(rows[index]?.raw, error, schema).map(
        ({ path, message }) =>
          `${rows[index]?.place}: ${[path.join('.'), message].filter(Boolean).join(': ')}`,
      ),
    ),
    ...rows.flatMap(({ raw, place }) => (losesOverride(raw) ? [`${place}: ${LOST_NAME}`] : [])),
    ...repeatedSerials(results.flatMap(({ data }) => (data ? [data.serial.toLowerCase()] : []))),
  ];
  if (faults.length > 0)
    throw new UsageError([`${file} is no list of machines`, ...faults.map(cleanText)].join('\n'));
  return results.flatMap(({ data }) => (data ? [data] : []));
}

/** What is said of one machine, and where: `machine 2`, in CSV `machine 2 (line 3)`. */
interface Row {
  readonly place: string;
  readonly raw: unknown;
}

/** In the words in which the faults of the configuration are told. */
function faultsOf(raw: unknown, error: z.ZodError | undefined, schema: SettingSchema): readonly Fault[] {
  const reader = new IssueReader({ raw, written: () => undefined, schema });
  return (error?.issues ?? []).flatMap((issue) => reader.faultsOf(issue));
}

const LOST_NAME = 'overrides.__proto__: nothing can be stored under this name: choose another one';

/** The schema passes over it. */
function losesOverride(row: unknown): boolean {
  if (typeof row !== 'object' || row === null || !('overrides' in row)) return false;
  const { overrides } = row;
  return typeof overrides === 'object' && overrides !== null && Object.hasOwn(overrides, '__proto__');
}

/** What a list says of a host: to be read by `parseMachineList` again. */
export function listedMachine(host: ApiHost): ListedMachine {
  return {
    serial: host.serial,
    profile: host.profile,
    address: host.address,
    mac: host.bootMac ?? host.macAddresses[0],
    hostname: host.hostname,
    metadata: host.metadata,
    providerId: host.providerId,
    ipmiAddress: host.ipmiAddress,
    etcdClusterToken: host.etcdClusterToken,
    cabinet: host.cabinet,
    machineOnCabinet: host.machineOnCabinet,
    overrides: host.overrides,
  };
}

function rowsOfYaml(text: string, file: string): readonly Row[] {
  const list = z.array(z.unknown());
  const read = z
    .union([list, z.object({ hosts: list }).transform(({ hosts }) => hosts)])
    .safeParse(yamlOf(text, file));
  if (!read.success) {
    throw new UsageError(
      `${file} holds neither a list of machines nor hosts: with one; a table has to be in a file whose name ends in .csv`,
    );
  }
  return read.data.map((raw, index) => ({ place: `machine ${index + 1}`, raw }));
}

function yamlOf(text: string, file: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new UsageError(`${file} is not YAML: ${error.message}`);
    throw error;
  }
}

/** RFC 4180. An empty cell is nothing; tags and overrides are separated by blanks. */
function rowsOfCsv(text: string): readonly Row[] {
  const [headings, ...lines] = text
    .split(/\r?\n/)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => ({ cells: cellsOf(line), number }));
  return lines.map(({ cells, number }, index) => ({
    place: `machine ${index + 1} (line ${number})`,
    raw: Object.fromEntries(
      cells.flatMap((value, index) => {
        const heading = headings?.cells[index] ?? `column ${index + 1}`;
        return value === '' ? [] : [[heading, valueOf(heading, value)]];
      }),
    ),
  }));
}

function valueOf(heading: string, text: string): unknown {
  if (heading === 'metadata') return text.split(/\s+/);
  if (heading === 'overrides') {
    return Object.fromEntries(
      text.split(/\s+/).map((pair) => [/^[^=]*/.exec(pair)?.[0], pair.replace(/^[^=]*=?/, '')]),
    );
  }
  const isNumber = heading === 'cabinet' || heading === 'machineOnCabinet';
  return isNumber && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** A cell in quotes may hold commas, and quotes twice; a comma in front makes the first cell like the others. */
function cellsOf(line: string): string[] {
  return [...`,${line}`.matchAll(/,(?:\s*"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*))/g)].map(
    ([, quoted, plain = '']) => (quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"')),
  );
}

function repeatedSerials(serials: readonly string[]): string[] {
  return serials
    .filter((serial, index) => serials.indexOf(serial) < index)
    .map((serial) => `${serial} is there twice`);
}
