import { versionOfField } from '../../../template/ignition-rules.js';
import { Fields, goJson } from '../go-json.js';
import { ignitionFields, type Field, type Fields as IgnitionFields } from './ignition-fields.js';

export type Table = Record<string, unknown>;
type FieldPath = readonly (string | number)[];

/**
 * A configuration as one line of JSON, in the order of Go's structs.
 * @param emptyTables whether a table without a field is written, as encoding/json does and Butane does not
 */
export function ignitionJson(config: Table, version: string, emptyTables: boolean): string {
  return goJson(new Writer(version, emptyTables).table(config, ignitionFields, []));
}

class Writer {
  constructor(
    private readonly version: string,
    private readonly emptyTables: boolean,
  ) {}

  table(value: Table, fields: IgnitionFields, path: FieldPath): Fields {
    const entries = Object.entries(fields).flatMap(([name, field]): [string, unknown][] => {
      const inner = [...path, name];
      if ((versionOfField(inner) ?? '') > this.version) return [];
      const written = this.#value(value[name], field, inner);
      return written === undefined ? [] : [[name, written]];
    });
    return new Fields(entries);
  }

  #value(value: unknown, field: Field, path: FieldPath): unknown {
    switch (field.kind) {
      case 'table': {
        const table = this.table(isTable(value) ? value : {}, field.fields, path);
        return table.entries.length > 0 || this.emptyTables ? table : undefined;
      }
      case 'tables':
        if (!Array.isArray(value) || value.length === 0) return undefined;
        return value.map((item, index) =>
          this.table(isTable(item) ? item : {}, field.fields, [...path, index]),
        );
      case 'texts':
        return Array.isArray(value) && value.length > 0 ? value : undefined;
      case 'number':
        return value === null || (field.zeroLeftOut && value === 0) ? undefined : value;
      case 'text':
      case 'flag':
        break;
    }
    return value ?? undefined;
  }
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text at a key; '' where none is. */
export function textAt(table: Table, key: string): string {
  const value = table[key];
  return typeof value === 'string' ? value : '';
}

/** The table at a key; an empty one where none is. */
export function tableAt(table: Table, key: string): Table {
  const value = table[key];
  return isTable(value) ? value : {};
}

/** The tables of the list at a key. */
export function tablesAt(table: Table, key: string): Table[] {
  const value = table[key];
  return Array.isArray(value) ? value.filter(isTable) : [];
}
