import { LineCounter } from 'yaml';
import { readYaml, TooMuchYaml } from '../../../config/bounded-yaml.js';
import { showPath, type FaultPath } from '../../../config/fault.js';
import { offsetOf } from '../../../config/yaml-place.js';
import { lineOfJsonFault, saidOfJson } from '../../../json-fault.js';
import { versionOfField } from '../../../template/ignition-rules.js';
import { TemplateFault } from '../../../template/template-fault.js';
import { MOST_TEXT, MOST_TEXT_WITH_LINES, MOST_WARNINGS, TOO_LONG } from './bounds.js';
import { ignitionFields, type Field, type Fields } from './ignition-fields.js';
import { isTable, type Table } from './ignition-json.js';
import type { Warning } from './warning.js';

/** The text of an Ignition config, and where in it what stands. */
export class IgnitionFile {
  readonly warnings: Warning[] = [];
  #lines: ((path: FaultPath) => number | undefined) | undefined;

  /** @param name for faults */
  constructor(
    private readonly text: string,
    private readonly name: string,
  ) {}

  /**
   * What Ignition of its version knows of it; what not is a warning.
   * @throws TemplateFault
   */
  read(): Table {
    const table = this.#parse();
    const ignition = valueIn(table, 'ignition');
    const version = isTable(ignition) ? String(valueIn(ignition, 'version')) : '';
    return this.#known(table, ignitionFields, [], version);
  }

  #parse(): Table {
    if (this.text.length > MOST_TEXT) throw new TemplateFault({ template: this.name }, TOO_LONG);
    let value: unknown;
    try {
      value = JSON.parse(this.text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const place = { template: this.name, line: lineOfJsonFault(this.text) };
      throw new TemplateFault(place, `is no JSON: ${saidOfJson(error)}`, { cause: error });
    }
    if (isTable(value)) return value;
    throw new TemplateFault(
      { template: this.name },
      'is no Ignition config, which is a table: {"ignition": …}',
    );
  }

  #known(table: Table, fields: Fields, path: FaultPath, version: string): Table {
    const known: Table = {};
    for (const [key, value] of Object.entries(table)) {
      const name = nameOf(fields, key);
      const field = name === undefined ? undefined : fields[name];
      if (name === undefined || !field || (versionOfField([...path, name]) ?? '') > version) {
        this.warn([...path, key], `is not a field of Ignition ${version}: it is left out`);
      } else if (value !== null) {
        known[name] = this.#value(value, field, [...path, name], version);
      }
    }
    return known;
  }

  #value(value: unknown, field: Field, path: FaultPath, version: string): unknown {
    if (field.kind === 'table' && isTable(value)) return this.#known(value, field.fields, path, version);
    if (field.kind === 'texts' && Array.isArray(value)) return value.map((text: unknown) => text ?? '');
    if (field.kind !== 'tables' || !Array.isArray(value)) return value;
    return value.map((item: unknown, index) =>
      isTable(item) ? this.#known(item, field.fields, [...path, index], version) : item,
    );
  }

  warn(path: FaultPath, message: string): void {
    if (this.warnings.length >= MOST_WARNINGS) return;
    this.warnings.push({ line: this.#lineOf(path), field: showPath(path), message });
  }

  fault(path: FaultPath, reason: string): TemplateFault {
    const place = { template: this.name, line: this.#lineOf(path), field: showPath(path) };
    return new TemplateFault(place, reason);
  }

  #lineOf(path: FaultPath): number | undefined {
    this.#lines ??= linesOf(this.text);
    return this.#lines(path);
  }
}

/** Go finds a field by its name in any case, where none is written exactly so. */
function nameOf(fields: Fields, key: string): string | undefined {
  if (Object.hasOwn(fields, key)) return key;
  const lower = key.toLowerCase();
  return Object.keys(fields).find((name) => name.toLowerCase() === lower);
}

function valueIn(table: Table, name: string): unknown {
  const key = Object.keys(table).findLast((one) => one.toLowerCase() === name);
  return key === undefined ? undefined : table[key];
}

/** JSON is YAML, whose reader keeps places; it is slow, so that a long text has none. */
function linesOf(text: string): (path: FaultPath) => number | undefined {
  if (text.length > MOST_TEXT_WITH_LINES) return () => undefined;
  try {
    const lines = new LineCounter();
    const { document } = readYaml(text, { lines });
    return (path) => Math.max(lines.linePos(offsetOf(document, path)).line, 1);
  } catch (error) {
    if (!(error instanceof TooMuchYaml)) throw error;
    return () => undefined;
  }
}
