import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { FaultPath } from '../../../config/fault.js';
import { shorten, showValue } from '../../../errors.js';
import { versionOfField } from '../../../template/ignition-rules.js';
import type { TemplateFault } from '../../../template/template-fault.js';
import { LONGEST_KEY, MOST_WARNINGS } from './bounds.js';
import type { ButaneDocument, Entry } from './butane-document.js';
import { refusedKeys } from './butane-versions.js';
import { inlineResource, percentEncodedResource } from './data-url.js';
import { filesystemFields, resourceFields, type Field, type Fields } from './ignition-fields.js';
import type { Table } from './ignition-json.js';
import { flagIn, integerIn, isModeInDecimal } from './scalars.js';
import { snakeCase } from './snake-case.js';
import type { Warning } from './warning.js';

/** A table of the configuration that is to get a unit of its own. */
export interface Mounted {
  readonly filesystem: Table;
  readonly path: FaultPath;
}

/** Goes through a document by the fields of Ignition, whose names Butane writes in snake case. */
export class Translation {
  readonly warnings: Warning[] = [];
  readonly mounted: Mounted[] = [];
  readonly #places = new Map<string, Node>();

  /** @param version of Ignition that is made */
  constructor(
    private readonly document: ButaneDocument,
    private readonly version: string,
  ) {}

  /** @throws TemplateFault */
  fields(entries: readonly Entry[], fields: Fields, path: FaultPath): Table {
    const table: Table = {};
    let inline: Entry | undefined;
    for (const entry of entries) {
      const name = nameIn(fields, entry.key);
      const refused = name === undefined ? refusedKeys.get(entry.key) : undefined;
      if (name !== undefined && (versionOfField([...path, name]) ?? '') <= this.version) {
        const value = this.#field(entry, fields[name] as Field, [...path, name]);
        if (value !== undefined) table[name] = value;
      } else if (refused !== undefined) {
        const own = [...path, entry.key];
        if (this.document.valueOf(entry.value, own)) throw this.document.fault(entry.at, own, refused);
      } else if (fields === resourceFields && entry.key === 'inline' && this.#knowsInline(path)) {
        inline = entry;
      } else if (fields === filesystemFields && entry.key === 'with_mount_unit' && this.version > '3.0.0') {
        if (this.#isSet(entry, [...path, entry.key])) this.mounted.push({ filesystem: table, path });
      } else {
        this.#warnOfKey(entry, path, name);
      }
    }
    if (inline) this.#setInline(table, inline, path);
    return table;
  }

  /** @param path of the configuration that is made */
  warn(path: FaultPath, message: string): void {
    this.#warnAt(this.#placeOf(path), path, message);
  }

  /** @param path of the configuration that is made */
  fault(path: FaultPath, reason: string): TemplateFault {
    return this.document.fault(this.#placeOf(path), path, reason);
  }

  /** Of few keys aliases make many, which are not looked at for nothing; and a key may be a MiB long. */
  #warnOfKey({ at, key }: Entry, path: FaultPath, name: string | undefined): void {
    if (this.warnings.length >= MOST_WARNINGS) return;
    this.#warnAt(at, [...path, shorten(key, LONGEST_KEY)], unknownKey(key, name));
  }

  #warnAt(at: Node | undefined, path: FaultPath, message: string): void {
    if (this.warnings.length >= MOST_WARNINGS) return;
    this.warnings.push({
      line: this.document.lineOf(at),
      field: this.document.showField(path),
      message,
    });
  }

  /** Where a field came from; what is not there stands where its parent does. */
  #placeOf(path: FaultPath): Node | undefined {
    for (let length = path.length; length > 0; length -= 1) {
      const place = this.#places.get(keyOf(path.slice(0, length)));
      if (place) return place;
    }
    return undefined;
  }

  #field({ at, value: node }: Entry, field: Field, path: FaultPath): unknown {
    this.#places.set(keyOf(path), at);
    const value = this.document.valueOf(node, path);
    return value ? this.#value(value, field, path) : undefined;
  }

  #value(node: Node, field: Field, path: FaultPath): unknown {
    switch (field.kind) {
      case 'table':
        return this.#table(node, field.fields, path);
      case 'tables':
        return this.#items(node, path).map(({ item, inner }) =>
          item ? this.#table(item, field.fields, inner) : {},
        );
      case 'texts':
        return this.#items(node, path).map(({ item, inner }) => (item ? this.#text(item, inner) : ''));
      case 'text':
        return this.#text(node, path);
      case 'flag':
        return this.#flag(node, path);
      case 'number':
        break;
    }
    return this.#number(node, path);
  }

  #table(node: Node, fields: Fields, path: FaultPath): Table {
    if (!isMap(node)) throw this.#wrong(node, path, 'a table');
    return this.fields(this.document.entriesOf(node, path), fields, path);
  }

  #items(node: Node, path: FaultPath): { item: Node | null; inner: FaultPath }[] {
    if (!isSeq(node)) throw this.#wrong(node, path, 'a list');
    return node.items.map((item, index) => {
      const inner = [...path, index];
      this.#places.set(keyOf(inner), (item ?? node) as Node);
      return { item: this.document.valueOf(item as Node | null, inner), inner };
    });
  }

  #text(node: Node, path: FaultPath): string {
    const text = this.document.textAt(node, path);
    if (text === undefined) throw this.#wrong(node, path, 'a text');
    return text;
  }

  #flag(node: Node, path: FaultPath): boolean {
    const flag = isScalar(node) ? flagIn(this.#text(node, path), node.type) : undefined;
    if (flag === undefined) throw this.#wrong(node, path, 'true or false');
    return flag;
  }

  #number(node: Node, path: FaultPath): number {
    const text = isScalar(node) ? this.#text(node, path) : '';
    const number = isScalar(node) ? integerIn(text, node.type) : undefined;
    if (number === undefined) throw this.#wrong(node, path, 'a whole number');
    if (path.at(-1) === 'mode' && isModeInDecimal(text, number)) {
      this.#warnAt(
        node,
        path,
        `${text} is a decimal number, 0${number.toString(8)} in octal: write 0${text}`,
      );
    }
    return number;
  }

  #wrong(node: Node, path: FaultPath, what: string): TemplateFault {
    const found = isScalar(node)
      ? showValue(this.document.textAt(node, path))
      : isSeq(node)
        ? 'a list'
        : 'a table';
    return this.document.fault(node, path, `${found} is not ${what}`);
  }

  /** Butane 1.0 writes the contents of files in place, and nothing else. */
  #knowsInline(path: FaultPath): boolean {
    return this.version > '3.0.0' || path[1] === 'files';
  }

  #setInline(table: Table, { at, value: node }: Entry, path: FaultPath): void {
    const inner = [...path, 'inline'];
    const value = this.document.valueOf(node, inner);
    if (!value) return;
    if (table['source'] !== undefined) {
      throw this.document.fault(at, inner, 'stands beside source: write one of them');
    }
    this.#places.set(keyOf([...path, 'source']), at);
    const text = this.#text(value, inner);
    const { source, compression } =
      this.version === '3.0.0'
        ? percentEncodedResource(text)
        : inlineResource(text, Boolean(table['compression']));
    table['source'] = source;
    if (compression !== undefined) table['compression'] = compression;
  }

  #isSet({ value: node }: Entry, path: FaultPath): boolean {
    const value = this.document.valueOf(node, path);
    return value !== null && this.#flag(value, path);
  }
}

function unknownKey(key: string, name: string | undefined): string {
  const what = name === undefined ? 'is not a field that Butane knows' : 'came with a later version';
  return `${showValue(key)} ${what}: it is left out`;
}

const snakeNames = new WeakMap<Fields, ReadonlyMap<string, string>>();

/** The name that Ignition has for a key of Butane's. */
function nameIn(fields: Fields, key: string): string | undefined {
  let names = snakeNames.get(fields);
  if (!names) {
    names = new Map(Object.keys(fields).map((name) => [snakeCase(name), name]));
    snakeNames.set(fields, names);
  }
  return names.get(key);
}

function keyOf(path: FaultPath): string {
  return path.join('\0');
}
