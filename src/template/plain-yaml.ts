/** The values of JSON, as far as this reader makes them. */
type PlainValue = string | number | boolean | null | PlainValue[] | PlainMap;
interface PlainMap {
  [key: string]: PlainValue;
}

/**
 * Reads the plain part of YAML 1.2 that templates are written in: maps and lists in blocks, words, quoted scalars of one line, lists of
 * words or JSON texts, `|` blocks, comments on lines of their own; `mode: 0644` is octal. Undefined for all else, right or wrong, and
 * never another value than the whole reader has, which keeps a tree to find faults in and takes twenty times as long.
 */
export function readPlainYaml(text: string): PlainMap | undefined {
  if (STRANGE.test(text)) return undefined;
  try {
    return new PlainReader(text.split('\n')).document();
  } catch (error) {
    if (error instanceof NotPlain || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class NotPlain extends Error {
  override readonly name = 'NotPlain';
}

/** Tabs, other breaks of lines, control characters, what is outside of the basic plane: rules of their own. */
const STRANGE = /[^\n -~\u00a0-\u2027\u202a-\ud7ff]/;
const KEY = /^([A-Za-z][\w.-]{0,100}):(?: +(?! )(.*))?$/;
/** What the core schema takes for something else than its letters. */
const RESERVED = /^(?:null|true|false)$/i;
const WORDS = /^[A-Za-z/](?:[\w./@%+=,()-]|:(?=[^ ])| (?=[^ ]))*$/;
const VERSION = /^\d+\.\d+\.\d+$/;
const NUMBER = /^(?:0|[1-9]\d{0,14})$/;
const OCTAL = /^0[0-7]{1,6}$/;
/** Between brackets: options of commands are among them. */
const ITEM = /^ *(-{0,2}[A-Za-z/][\w./-]*) *$/;

class PlainReader {
  #at = 0;

  constructor(private readonly lines: readonly string[]) {}

  document(): PlainMap {
    if (this.#indent() !== 0) throw new NotPlain();
    const map = this.#map(0);
    if (this.#indent() >= 0) throw new NotPlain(); // a line that goes on with a scalar, or belongs nowhere
    return map;
  }

  get #line(): string {
    return this.lines[this.#at] ?? '';
  }

  /** Of the next line that is neither blank nor a comment; -1 at the end. */
  #indent(): number {
    for (; this.#at < this.lines.length; this.#at += 1) {
      const indent = this.#line.search(/[^ ]/);
      if (indent >= 0 && this.#line[indent] !== '#') return indent;
    }
    return -1;
  }

  #isItem(indent: number): boolean {
    return this.#line[indent] === '-' && (this.#line[indent + 1] ?? ' ') === ' ';
  }

  /** What stands below a key or a dash. A list may begin right below its key. */
  #below(indent: number, isKey: boolean): PlainValue {
    const own = this.#indent();
    if (own > indent) return this.#isItem(own) ? this.#list(own) : this.#map(own);
    return isKey && own === indent && this.#isItem(own) ? this.#list(own) : null;
  }

  /** The first entry may stand behind the dash of an item. */
  #map(indent: number): PlainMap {
    const map: PlainMap = {};
    do {
      const [, key, rest = ''] = KEY.exec(this.#line.slice(indent)) ?? [];
      if (key === undefined || RESERVED.test(key) || Object.hasOwn(map, key)) throw new NotPlain();
      this.#at += 1;
      map[key] = key === 'mode' ? modeOf(rest) : this.#value(rest, indent, true);
    } while (this.#indent() === indent);
    return map;
  }

  #list(indent: number): PlainValue[] {
    const list: PlainValue[] = [];
    do {
      const rest = this.#line.slice(indent + 2);
      if (KEY.test(rest)) {
        list.push(this.#map(indent + 2));
      } else {
        this.#at += 1;
        list.push(this.#value(rest, indent, false));
      }
    } while (this.#indent() === indent && this.#isItem(indent));
    return list;
  }

  #value(rest: string, indent: number, isKey: boolean): PlainValue {
    if (rest === '') return this.#below(indent, isKey);
    if (rest === '|' || rest === '|-') return this.#literal(indent) + (rest === '|' ? '\n' : '');
    return flow(rest);
  }

  /** Without the line breaks at its end. */
  #literal(indent: number): string {
    const body: string[] = [];
    let own = 0;
    for (; this.#at < this.lines.length; this.#at += 1) {
      const depth = this.#line.search(/[^ ]/);
      if (depth < 0 && this.#line !== '') throw new NotPlain();
      if (depth >= 0 && own === 0) own = depth;
      if (depth >= 0 && (depth < own || depth <= indent)) break;
      body.push(this.#line.slice(own));
    }
    const text = body.join('\n').replace(/(?<!\n)\n+$/, '');
    if (text === '') throw new NotPlain();
    return text;
  }
}

function modeOf(text: string): number {
  if (OCTAL.test(text)) return Number.parseInt(text, 8);
  if (NUMBER.test(text)) return Number(text);
  throw new NotPlain();
}

/** @throws NotPlain, SyntaxError */
function flow(text: string): PlainValue {
  if (text.startsWith('"')) return asText(JSON.parse(text));
  if (text.startsWith("'")) return asText(/^'([^']*)'$/.exec(text)?.[1]);
  if (text.startsWith('["') || text === '[]') return asTexts(JSON.parse(text));
  if (text.startsWith('[') && text.endsWith(']')) return text.slice(1, -1).split(',').map(item);
  if (text === 'true' || text === 'false') return text === 'true';
  if (NUMBER.test(text)) return Number(text);
  if ((WORDS.test(text) && !RESERVED.test(text)) || VERSION.test(text)) return text;
  throw new NotPlain();
}

function item(text: string): string {
  const [, word] = ITEM.exec(text) ?? [];
  if (word === undefined || RESERVED.test(word)) throw new NotPlain();
  return word;
}

function asTexts(value: unknown): string[] {
  if (!Array.isArray(value)) throw new NotPlain();
  return value.map(asText);
}

function asText(value: unknown): string {
  if (typeof value !== 'string') throw new NotPlain();
  return value;
}
