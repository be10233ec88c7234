import { Untranslatable, type Mark, type Place } from './marks.js';
import { trimmed, type Fragment, type Item } from './template-lines.js';

/** A YAML file with tags between its lines, by its structure. */
export type Node = Entry | ListItem | Control | MarkNode | Comment;

export interface Entry {
  readonly kind: 'entry';
  readonly key: string;
  readonly value: readonly Fragment[];
  /** `|`, `>-` …: then the lines below are text. */
  readonly block: { readonly header: string; readonly items: readonly Item[] } | undefined;
  readonly children: readonly Node[];
  readonly at: Place;
}

export interface ListItem {
  readonly kind: 'item';
  readonly value: readonly Fragment[];
  readonly block: Entry['block'];
  readonly children: readonly Node[];
  readonly at: Place;
}

export interface Control {
  readonly kind: 'control';
  readonly branches: readonly { readonly tag: string; readonly children: readonly Node[] }[];
  readonly close: string;
  readonly at: Place;
}

interface MarkNode {
  readonly kind: 'mark';
  readonly mark: Mark;
}

interface Comment {
  readonly kind: 'comment';
  readonly text: string;
}

/** @throws Untranslatable for what has no structure that can be followed. */
export function outlineOf(items: readonly Item[]): readonly Node[] {
  return new OutlineReader({ kind: 'root', indent: -1, children: [] }).read(items);
}

interface Open {
  readonly kind: 'root' | 'entry' | 'item';
  readonly indent: number;
  readonly children: Node[];
}

interface OpenBlock {
  readonly indent: number;
  readonly items: Item[];
}

const KEY = /^("[^"]*"|'[^']*'|[^\s'"#&*!|>%@`\-[{][^:]*?|-[^\s:][^:]*?):(?:[ \t]+([\s\S]*))?$/;
const BLOCK = /^[|>][+-]?\d?[+-]?\s*(#.*)?$/;

class OutlineReader {
  readonly #stack: Open[];
  #block: OpenBlock | undefined;

  constructor(private readonly root: Open) {
    this.#stack = [root];
  }

  read(items: readonly Item[]): readonly Node[] {
    for (const item of items) this.#take(item);
    return this.root.children;
  }

  #take(item: Item): void {
    if (this.#block && this.#isOfBlock(item, this.#block.indent)) {
      this.#block.items.push(item);
      return;
    }
    if (item.kind === 'mark') {
      this.#stack.at(-1)?.children.push({ kind: 'mark', mark: item.mark });
      return;
    }
    if (item.kind === 'control') return this.#control(item);
    if (item.fragments.length === 0) return;
    const [first, ...others] = item.fragments;
    if (first?.kind === 'choice' && others.length === 0) return this.#control(controlOf(first, item));
    this.#block = undefined;
    this.#line(item.indent, item.fragments, item.at);
  }

  #isOfBlock(item: Item, indent: number): boolean {
    const indents = indentsOf([item]);
    const [first] = indents;
    if (first === undefined || first <= indent) return first === undefined;
    if (indents.every((each) => each > indent)) return true;
    throw new Untranslatable('a text ends within what is only sometimes there');
  }

  #control(item: Extract<Item, { kind: 'control' }>): void {
    const first = firstLineOf(item);
    if (!first) return;
    this.#block = undefined;
    const isItem = first.fragments[0]?.kind === 'text' && /^-(\s|$)/.test(first.fragments[0].text);
    const container = this.#containerFor(first.indent, isItem);
    const branches = item.branches.map(({ tag, items }) => {
      const open: Open = { ...container, children: [] };
      return { tag, children: new OutlineReader(open).read(items) };
    });
    container.children.push({ kind: 'control', branches, close: item.close, at: item.at });
  }

  #containerFor(indent: number, isItem: boolean): Open {
    for (;;) {
      const top = this.#stack.at(-1);
      if (!top)
        throw new Untranslatable('what is only sometimes there ends a list or map that began before it');
      if (top.indent < indent || (isItem && top.indent === indent && top.kind === 'entry')) return top;
      this.#stack.pop();
    }
  }

  #line(indent: number, fragments: readonly Fragment[], at: Place): void {
    const [first] = fragments;
    const text = first?.kind === 'text' ? first.text : '';
    const dash = /^-([ \t]+|$)/.exec(text);
    if (dash) return this.#item(indent, dash[0].length, fragments, at);
    if (text.startsWith('#') || text === '---') {
      const comment = plainText(fragments);
      if (comment !== undefined && comment !== '---')
        this.#containerFor(indent, false).children.push({ kind: 'comment', text: comment });
      return;
    }
    const key = keyOf(fragments);
    if (!key) throw new Untranslatable(`line ${at.line} is neither a key nor an entry of a list`);
    const entry = this.#entry(indent, key.value);
    const node: Entry = { kind: 'entry', key: key.name, ...entry, at };
    this.#containerFor(indent, false).children.push(node);
    this.#stack.push({ kind: 'entry', indent, children: entry.children });
  }

  #item(indent: number, width: number, fragments: readonly Fragment[], at: Place): void {
    const rest = cutStart(fragments, width);
    const hasKey = keyOf(rest) !== undefined || rest.length === 0 || /^-\s/.test(startOf(rest));
    const entry = hasKey ? { value: [], block: undefined, children: [] } : this.#entry(indent, rest);
    this.#containerFor(indent, true).children.push({ kind: 'item', ...entry, at });
    this.#stack.push({ kind: 'item', indent, children: entry.children });
    if (hasKey && rest.length > 0) this.#line(indent + width, rest, at);
  }

  #entry(
    indent: number,
    value: readonly Fragment[],
  ): { value: readonly Fragment[]; block: Entry['block']; children: Node[] } {
    const header = plainText(value);
    if (header === undefined || !BLOCK.test(header))
      return { value: isComment(header) ? [] : value, block: undefined, children: [] };
    this.#block = { indent, items: [] };
    return {
      value: [],
      block: { header: header.replace(/\d|\s*#.*/g, ''), items: this.#block.items },
      children: [],
    };
  }
}

/** A whole line that is only sometimes there. */
function controlOf(
  { branches, close }: Extract<Fragment, { kind: 'choice' }>,
  { indent, at }: Extract<Item, { kind: 'line' }>,
): Extract<Item, { kind: 'control' }> {
  const laid = branches.map(({ tag, fragments }) => {
    const line = trimmed(fragments);
    return { tag, items: [{ kind: 'line' as const, ...line, indent: indent + line.indent, at }] };
  });
  return { kind: 'control', branches: laid, close, at };
}

function isComment(text: string | undefined): boolean {
  return text?.startsWith('#') === true;
}

function startOf(fragments: readonly Fragment[]): string {
  return fragments[0]?.kind === 'text' ? fragments[0].text : '';
}

/** Undefined where there is more than text. */
export function plainText(fragments: readonly Fragment[]): string | undefined {
  if (fragments.length === 0) return '';
  return fragments.length === 1 && fragments[0]?.kind === 'text' ? fragments[0].text.trim() : undefined;
}

/** A key is text; its value may begin with a value. */
function keyOf(fragments: readonly Fragment[]): { name: string; value: readonly Fragment[] } | undefined {
  const text = startOf(fragments);
  const match = KEY.exec(fragments.length > 1 ? `${text}\u{e000}` : text);
  if (!match?.[1] || match[1].includes('\u{e000}')) return undefined;
  const value = match[2]?.replace('\u{e000}', '').trimStart() ?? '';
  const rest = fragments.slice(1);
  return { name: match[1], value: value === '' ? rest : [{ kind: 'text', text: value }, ...rest] };
}

function cutStart(fragments: readonly Fragment[], width: number): readonly Fragment[] {
  const text = startOf(fragments).slice(width);
  const rest = fragments.slice(1);
  return text === '' ? rest : [{ kind: 'text', text }, ...rest];
}

function firstLineOf(item: Item): Extract<Item, { kind: 'line' }> | undefined {
  if (item.kind === 'line')
    return item.fragments.length > 0 && !startOf(item.fragments).startsWith('#') ? item : undefined;
  if (item.kind === 'mark') return undefined;
  for (const { items } of item.branches) {
    for (const inner of items) {
      const first = firstLineOf(inner);
      if (first) return first;
    }
  }
  return undefined;
}

/** Of all lines that are not empty. */
export function indentsOf(items: readonly Item[]): readonly number[] {
  return items.flatMap((item): readonly number[] => {
    if (item.kind === 'line') return item.fragments.length > 0 ? [item.indent] : [];
    return item.kind === 'control' ? item.branches.flatMap(({ items: inner }) => indentsOf(inner)) : [];
  });
}
