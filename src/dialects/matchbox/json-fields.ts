import { lineAt, lineOfJsonFault, saidOfJson } from '../../json-fault.js';
import { InvalidRecord, lineOfField } from '../../host/record-kind.js';
import { isNestedDeeper } from '../../host/nesting.js';
import { DEEPEST_JSON } from './go-json.js';

/** A text in JSON, and where it came from. */
interface Source {
  readonly text: string;
  /** As it is named in messages. */
  readonly path: string;
}

/**
 * The fields of a file in JSON as Go's encoding/json reads them into a struct: names in any case, of several the last, a null as if
 * the field were not there. Unknown ones are passed over.
 */
export class JsonFields {
  private constructor(
    private readonly source: Source,
    /** Of the field in which these stand, with a dot. */
    private readonly prefix: string,
    private readonly values: ReadonlyMap<string, unknown>,
  ) {}

  /** @throws InvalidRecord that tells the line of what is no JSON, or no table */
  static of(text: string, path: string): JsonFields {
    const source = { text, path };
    const value = parsed(source);
    if (typeof value !== 'object' || Array.isArray(value))
      throw faultIn(source, '', value, 'is no table: write one, as in {"id": "…"}');
    if (isNestedDeeper(value, DEEPEST_JSON))
      throw faultIn(source, '', value, `is nested more than ${DEEPEST_JSON} levels deep`);
    return new JsonFields(source, '', foldedNames(value ?? {}));
  }

  /** '' where it is not there. @throws InvalidRecord */
  text(name: string): string {
    return this.#asText(name, this.values.get(name));
  }

  /** None where it is not there. @throws InvalidRecord */
  texts(name: string): readonly string[] {
    const value = this.values.get(name) ?? [];
    if (!Array.isArray(value)) throw this.fault(name, value, 'is no list: put it in brackets');
    return value.map((item: unknown) => this.#asText(name, item));
  }

  /** A table of texts, empty where it is not there. @throws InvalidRecord */
  textTable(name: string): Readonly<Record<string, string>> {
    const entries = Object.entries(this.table(name) ?? {});
    return Object.fromEntries(entries.map(([key, value]) => [key, this.#asText(`${name}.${key}`, value)]));
  }

  /** Undefined where it is not there. @throws InvalidRecord */
  table(name: string): object | undefined {
    const value = this.values.get(name) ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value) || value === null)
      throw this.fault(name, value, 'is no table: put it in braces');
    return value;
  }

  /** The fields of that table; undefined where it is not there. @throws InvalidRecord */
  inner(name: string): JsonFields | undefined {
    const value = this.table(name);
    return value && new JsonFields(this.source, `${this.prefix}${name}.`, foldedNames(value));
  }

  fault(name: string, value: unknown, remedy: string): InvalidRecord {
    return faultIn(this.source, `${this.prefix}${name}`, value, remedy);
  }

  #asText(name: string, value: unknown): string {
    if (typeof value === 'string') return value;
    if (value === null || value === undefined) return '';
    throw this.fault(name, value, 'is no text: put it in quotes');
  }
}

function foldedNames(table: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(table).map(([name, value]) => [name.toLowerCase(), value]));
}

function parsed(source: Source): unknown {
  try {
    return JSON.parse(source.text);
  } catch (error) {
    const line = lineOfJsonFault(source.text);
    throw new InvalidRecord('', lineAt(source.text, line), `is no JSON: ${saidOfJson(error)}`, {
      file: source.path,
      line,
    });
  }
}

function faultIn({ text, path }: Source, field: string, value: unknown, remedy: string): InvalidRecord {
  return new InvalidRecord(field, value, remedy, { file: path, line: lineOfField(text, field, value) });
}
