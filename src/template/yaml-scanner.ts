import { inertFilters, Misplaced, UNEQUAL_BRANCHES, type Scanner } from './scanner.js';

/** A block scalar (`|` or `>`): what is indented deeper than its parent belongs to it. */
interface Block {
  readonly parent: number;
  /** Of its first line; unknown before that. */
  readonly indent: number | null;
}

interface YamlState {
  /** The line so far; a value stands in it as VALUE. */
  readonly line: string;
  readonly quote: '' | '"' | "'";
  readonly escaped: boolean;
  readonly comment: boolean;
  /** How many `[` and `{` are open. */
  readonly flow: number;
  /** The block scalar that the next line may still belong to. More than one after branches that ended differently. */
  readonly blocks: readonly (Block | null)[];
  /** A whole value was just written: nothing but the end of the scalar may follow. */
  readonly afterValue: boolean;
}

const VALUE = '\u{e000}';
const EITHER = '\u{e001}';

/** YAML 1.2: the `yaml` filter writes a whole scalar, so it may only stand where one begins; in a block scalar any filter may write. */
export const yamlScanner: Scanner<YamlState> = {
  start: { line: '', quote: '', escaped: false, comment: false, flow: 0, blocks: [null], afterValue: false },

  text(state, text) {
    let current = state;
    for (const character of text) current = step(current, character);
    return current;
  },

  slot(state, filter) {
    const settled = settle(state);
    const after = { ...settled, line: settled.line + VALUE };
    if (isBlock(settled) || settled.comment) return after;
    if (settled.escaped)
      throw new Misplaced('a backslash in front changes what the value means: write it elsewhere');
    if (inertFilters.has(filter)) return after;
    if (settled.quote) {
      throw new Misplaced(
        `the filter brings its own quotes, and here is an open ${settled.quote}: {{ ('text' ~ value) | yaml }} makes one scalar of all`,
      );
    }
    if (filter !== 'yaml') throw new Misplaced('YAML takes values through the yaml filter: {{ … | yaml }}');
    if (!beginsScalar(settled)) {
      throw new Misplaced(
        "the yaml filter writes a whole scalar, and here one has begun: {{ ('text' ~ value) | yaml }} makes one of all",
      );
    }
    return { ...after, afterValue: true };
  },

  include(state) {
    if (state.line.trim() !== '' || state.quote || state.flow > 0) {
      throw new Misplaced('YAML can be included on a line of its own only');
    }
    return { ...state, line: '', blocks: [null] };
  },

  join(one, other) {
    const place = ({ quote, escaped, comment, flow }: YamlState) =>
      JSON.stringify([quote, escaped, comment, flow]);
    const indent = (state: YamlState) => /^ */.exec(state.line)?.[0].length ?? 0;
    if (place(one) !== place(other)) throw new Misplaced(UNEQUAL_BRANCHES);
    const joined = {
      ...one,
      afterValue: one.afterValue || other.afterValue,
      blocks: unite(one.blocks, other.blocks),
    };
    if (one.line === other.line) return joined;
    const blank = [one, other].filter(({ line }) => line.trim() === '').length;
    if (blank > 0 || indent(one) !== indent(other)) throw new Misplaced(UNEQUAL_BRANCHES);
    return { ...joined, line: commonStart(one.line, other.line) + EITHER };
  },

  end(state) {
    if (state.quote) throw new Misplaced(`at the end there is still an open ${state.quote}`);
    if (state.flow > 0) throw new Misplaced('at the end there is still an open [ or {');
  },
};

function step(before: YamlState, character: string): YamlState {
  if (character === '\n') return endLine(before);
  const state = character === ' ' ? before : settle(before);
  const grown = { ...state, line: state.line + character, afterValue: false };
  if (isBlock(state) || state.comment) return grown;
  if (state.quote) return { ...grown, ...inQuotes(state, character) };
  if (state.afterValue && !/[\s,\]}:]/.test(character)) {
    throw new Misplaced(
      "the yaml filter writes a whole scalar, and text follows it: {{ (value ~ 'text') | yaml }} makes one of all",
    );
  }
  if (character === '#' && /(^|\s)$/.test(state.line)) return { ...grown, comment: true };
  if ((character === '"' || character === "'") && beginsScalar(state)) return { ...grown, quote: character };
  if ((character === '[' || character === '{') && beginsScalar(state))
    return { ...grown, flow: state.flow + 1 };
  if ((character === ']' || character === '}') && state.flow > 0) return { ...grown, flow: state.flow - 1 };
  return grown;
}

function inQuotes(state: YamlState, character: string): Partial<YamlState> {
  if (state.escaped) return { escaped: false };
  if (state.quote === '"' && character === '\\') return { escaped: true };
  return character === state.quote ? { quote: '' } : {};
}

function endLine(state: YamlState): YamlState {
  const next = { ...state, line: '', comment: false, escaped: false, afterValue: false };
  if (state.line.trim() === '' || isBlock(state) || state.quote || state.flow > 0) return next;
  const code = state.line.replace(/(^|\s)#.*$/, '').trimEnd();
  const header = /(?:^ *(?:- +)*(?:\? +)?|:\s+)(?:[!&]\S*\s+)?[|>]([-+0-9]*)$/.exec(code);
  if (!header) return next;
  if (/\d/.test(header[1] ?? ''))
    throw new Misplaced('write the block scalar without a number for its indentation');
  const [lead = ''] = /^ *(?:- +)*/.exec(code) ?? [];
  const content = code.slice(lead.length);
  return {
    ...next,
    blocks: [{ indent: null, parent: /^[|>!&]/.test(content) ? lead.lastIndexOf('-') : lead.length }],
  };
}

/** The first character of a line decides whether it still belongs to the block scalar. */
function settle(state: YamlState): YamlState {
  if (state.line.trim() !== '') return state;
  const indent = state.line.length;
  const blocks = unite(
    state.blocks.map((block) => continued(block, indent)),
    [],
  );
  if (blocks.length > 1 && blocks.includes(null)) {
    throw new Misplaced('it depends on a branch whether this line belongs to a block scalar: indent it less');
  }
  return { ...state, blocks };
}

function continued(block: Block | null, indent: number): Block | null {
  if (!block) return null;
  if (block.indent === null) return indent > block.parent ? { ...block, indent } : null;
  return indent < block.indent ? null : block;
}

function isBlock(state: YamlState): boolean {
  return state.blocks.some((block) => block !== null);
}

function unite(one: YamlState['blocks'], other: YamlState['blocks']): YamlState['blocks'] {
  const all = new Map(
    [...one, ...other].map((block) => [block ? `${block.parent} ${block.indent}` : '', block]),
  );
  return [...all.values()];
}

function beginsScalar({ line, flow }: YamlState): boolean {
  return /^\s*(?:-\s+)*(?:\?\s+)?$|:\s+$/.test(line) || (flow > 0 && /[[{,]\s*$/.test(line));
}

function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return one.slice(0, length);
}
