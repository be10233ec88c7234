import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  visit,
  type Alias,
  type Document,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { readYaml, TooMuchYaml } from '../../../config/bounded-yaml.js';
import { showPath, type FaultPath } from '../../../config/fault.js';
import { TemplateFault } from '../../../template/template-fault.js';
import { shorten } from '../../../errors.js';
import { LONGEST_KEY, MOST_TEXT, MOST_VALUE_TEXT, MOST_VALUES, TOO_LONG } from './bounds.js';
import { snakeCase } from './snake-case.js';

/** Tables that are merged into tables that are merged. */
const MOST_MERGES = 10;

/** A key of a table and what stands there. */
export interface Entry {
  readonly key: string;
  readonly at: Node;
  readonly value: Node | null;
}

/** What stands in a table itself. */
interface Own {
  readonly own: readonly Entry[];
  readonly merges: readonly (Node | null)[];
}

/** What a table has, while tables are merged into it. */
interface Gathered {
  readonly entries: Map<string, Entry>;
  /** Tables of which all is among the entries. */
  readonly merged: Set<YAMLMap>;
}

/** The YAML of a configuration, bounded, with the line of each node. */
export class ButaneDocument {
  readonly root: Node | null;
  readonly #lines = new LineCounter();
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #own = new Map<YAMLMap, Own>();
  #valuesLeft = MOST_VALUES;
  #textLeft = MOST_VALUE_TEXT;

  /**
   * @param name of the template or file, for faults
   * @throws TemplateFault
   */
  constructor(
    text: string,
    private readonly name: string,
  ) {
    if (text.length > MOST_TEXT) {
      throw this.fault(undefined, [], TOO_LONG);
    }
    const document = this.#parse(text);
    this.root = document.contents;
    this.#targets = targetsIn(document);
  }

  /** Go's reader takes the first document and leaves others unread. All scalars are read as texts: what they are, the field tells. */
  #parse(text: string): Document.Parsed {
    try {
      const { document } = readYaml(text, { lines: this.#lines, raw: true });
      const [error] = document.errors;
      if (!error) return document;
      throw this.#faultAt(error.pos[0], `is not YAML: ${error.message}`);
    } catch (error) {
      if (error instanceof TooMuchYaml) throw this.#faultAt(error.offset, error.reason);
      throw error;
    }
  }

  #faultAt(offset: number, reason: string): TemplateFault {
    return new TemplateFault({ template: this.name, line: this.#lineAt(offset) }, reason);
  }

  /** From 1. */
  lineOf(node: Node | null | undefined): number {
    return this.#lineAt(node?.range?.[0] ?? 0);
  }

  #lineAt(offset: number): number {
    return Math.max(this.#lines.linePos(offset).line, 1);
  }

  /** @param at where it stands; undefined for the document as a whole */
  fault(at: Node | null | undefined, path: FaultPath, reason: string): TemplateFault {
    const line = at && this.lineOf(at);
    const field = path.length > 0 ? this.showField(path) : undefined;
    return new TemplateFault({ template: this.name, line: line ?? undefined, field }, reason);
  }

  /** By Butane's names of the fields. */
  showField(path: FaultPath): string {
    return showPath(path.map((step) => (typeof step === 'string' ? snakeCase(step) : step)));
  }

  /** The node itself, or the one that an alias names; null for nothing, which is YAML's null too. */
  valueOf(node: Node | null, path: FaultPath): Node | null {
    this.#spend(node, path);
    let value = node;
    for (let hops = 0; isAlias(value); hops += 1) {
      const target: Node | undefined = hops < 10 ? this.#targets.get(value) : undefined;
      if (!target) throw this.fault(value, path, `names no anchor before it: *${value.source}`);
      value = target;
    }
    return isNull(value) ? null : value;
  }

  /** The entries of a table, those of merged ones (`<<`) after its own. Of one key, the first holds. */
  entriesOf(table: YAMLMap, path: FaultPath): Entry[] {
    const gathered: Gathered = { entries: new Map(), merged: new Set() };
    this.#gather(table, path, MOST_MERGES, gathered);
    return [...gathered.entries.values()];
  }

  #gather(table: YAMLMap, path: FaultPath, mergesLeft: number, gathered: Gathered): void {
    const { own, merges } = this.#ownOf(table, path);
    for (const entry of own) {
      this.#spend(table, path);
      if (!gathered.entries.has(entry.key)) gathered.entries.set(entry.key, entry);
    }
    for (const node of merges) this.#merge(node, path, mergesLeft - 1, gathered);
    gathered.merged.add(table);
  }

  /** Go's reader refuses a key that its table has twice, in each table that a field is read of. */
  #ownOf(table: YAMLMap, path: FaultPath): Own {
    const known = this.#own.get(table);
    if (known) return known;
    const own = new Map<string, Entry>();
    const merges: (Node | null)[] = [];
    for (const { key, value } of table.items) {
      if (!isScalar(key)) throw this.fault(table, path, 'has a key that is no text');
      const text = textOf(key);
      const first = own.get(text);
      if (first) {
        const reason = `stands in line ${this.lineOf(first.at)} already: write it once`;
        throw this.fault(key, [...path, shorten(text, LONGEST_KEY)], reason);
      }
      const entry = { key: text, at: key, value: (value ?? null) as Node | null };
      own.set(text, entry);
      if (text === '<<' && key.type === 'PLAIN') merges.push(entry.value);
    }
    if (merges.length > 0) own.delete('<<');
    const read = { own: [...own.values()], merges };
    this.#own.set(table, read);
    return read;
  }

  #merge(node: Node | null, path: FaultPath, left: number, gathered: Gathered): void {
    if (left < 0) throw this.fault(node, path, `merges (<<) tables more than ${MOST_MERGES} deep`);
    const value = this.valueOf(node, path);
    if (isMap(value)) {
      if (!gathered.merged.has(value)) this.#gather(value, path, left, gathered);
    } else if (isSeq(value)) {
      for (const item of value.items) this.#merge(item as Node, path, left - 1, gathered);
    } else throw this.fault(node, path, 'merges (<<) what is no table');
  }

  /** The text of a scalar, as it was before any schema read it. */
  textAt(node: Node, path: FaultPath): string | undefined {
    if (!isScalar(node)) return undefined;
    const text = textOf(node);
    this.#textLeft -= text.length;
    if (this.#textLeft < 0) throw this.#tooMuch(node, path);
    return text;
  }

  #spend(node: Node | null, path: FaultPath): void {
    this.#valuesLeft -= 1;
    if (this.#valuesLeft < 0) throw this.#tooMuch(node, path);
  }

  #tooMuch(node: Node | null, path: FaultPath): TemplateFault {
    return this.fault(
      node,
      path,
      `there are more than ${MOST_VALUES} keys and values, or too much text: aliases repeat what they name`,
    );
  }
}

function targetsIn(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_, alias) {
      const target = anchors.get(alias.source);
      if (target) targets.set(alias, target);
    },
    Value(_, node) {
      if (node.anchor) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function isNull(node: Node | null): boolean {
  if (!isScalar(node) || node.type !== 'PLAIN') return node === null;
  return ['', '~', 'null', 'Null', 'NULL'].includes(textOf(node));
}

function textOf({ source, value }: Scalar): string {
  return source ?? (typeof value === 'string' ? value : '');
}
