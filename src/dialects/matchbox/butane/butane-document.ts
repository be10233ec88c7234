import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Alias,
  type Document,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { showPath, type FaultPath } from '../../../config/fault.js';
import { TemplateFault } from '../../../template/template-fault.js';
import { MOST_TEXT, MOST_VALUE_TEXT, MOST_VALUES, TOO_LONG } from './bounds.js';
import { snakeCase } from './snake-case.js';

/** Tables that are merged into tables that are merged. */
const MOST_MERGES = 10;

/** A key of a table and what stands there. */
export interface Entry {
  readonly key: string;
  readonly at: Node;
  readonly value: Node | null;
}

/** The YAML of a configuration, bounded, with the line of each node. */
export class ButaneDocument {
  readonly root: Node | null;
  readonly #lines = new LineCounter();
  readonly #targets: ReadonlyMap<Alias, Node>;
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
    try {
      const document = this.#parse(text);
      this.root = document?.contents ?? null;
      this.#targets = document ? targetsIn(document) : new Map();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw this.fault(undefined, [], 'is nested too deeply to be read', error);
    }
  }

  /** Go's reader takes the first document and leaves others unread. All scalars are read as texts: what they are, the field tells. */
  #parse(text: string): Document.Parsed | undefined {
    const options = { lineCounter: this.#lines, prettyErrors: false, schema: 'failsafe' } as const;
    const documents = parseAllDocuments(text, options);
    const document = 'empty' in documents ? undefined : documents[0];
    const error = document?.errors[0];
    if (error) {
      if (error.message.includes('call stack')) throw new RangeError(error.message);
      const reason = `is not YAML: ${error.message}`;
      throw new TemplateFault({ template: this.name, line: this.#lineAt(error.pos[0]) }, reason);
    }
    return document;
  }

  /** From 1. */
  lineOf(node: Node | null | undefined): number {
    return this.#lineAt(node?.range?.[0] ?? 0);
  }

  #lineAt(offset: number): number {
    return Math.max(this.#lines.linePos(offset).line, 1);
  }

  /** @param at where it stands; undefined for the document as a whole */
  fault(at: Node | null | undefined, path: FaultPath, reason: string, cause?: unknown): TemplateFault {
    const line = at && this.lineOf(at);
    const field = path.length > 0 ? this.showField(path) : undefined;
    return new TemplateFault(
      { template: this.name, line: line ?? undefined, field },
      reason,
      cause === undefined ? undefined : { cause },
    );
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

  /** The entries of a table, those of merged ones (`<<`) after its own. */
  entriesOf(table: YAMLMap, path: FaultPath, mergesLeft = MOST_MERGES): Entry[] {
    const own: Entry[] = [];
    const merged: Entry[] = [];
    for (const { key, value } of table.items) {
      if (!isScalar(key)) throw this.fault(table, path, 'has a key that is no text');
      const node = (value ?? null) as Node | null;
      if (key.source === '<<' && key.type === 'PLAIN')
        merged.push(...this.#merged(node, path, mergesLeft - 1));
      else own.push({ key: textOf(key), at: key, value: node });
    }
    const known = new Set(own.map(({ key }) => key));
    return [...own, ...merged.filter(({ key }) => !known.has(key) && known.add(key))];
  }

  #merged(node: Node | null, path: FaultPath, left: number): Entry[] {
    if (left < 0) throw this.fault(node, path, `merges (<<) tables more than ${MOST_MERGES} deep`);
    const value = this.valueOf(node, path);
    if (isMap(value)) return this.entriesOf(value, path, left);
    if (isSeq(value)) return value.items.flatMap((item) => this.#merged(item as Node, path, left - 1));
    throw this.fault(node, path, 'merges (<<) what is no table');
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
      `there are more than ${MOST_VALUES} values, or too much text: aliases repeat what they name`,
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
