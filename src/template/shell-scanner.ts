import { inertFilters, Misplaced, UNEQUAL_BRANCHES, type Scanner } from './scanner.js';

/** What encloses a place in a shell script, outermost first; nothing encloses a plain command. */
type Enclosure =
  | 'single'
  | 'double'
  | 'ansi'
  | 'paren'
  | 'case'
  | 'parameter'
  | 'arithmetic'
  | 'backtick'
  | 'comment';

interface HereDocument {
  readonly delimiter: string;
  readonly stripsTabs: boolean;
}

interface ShellState {
  readonly enclosures: readonly Enclosure[];
  /** The bare word so far, `''` where one may begin; `null` when the branches before differ. */
  readonly word: string | null;
  /** The last character was an unquoted `$` or backslash. */
  readonly pending: '' | '$' | '\\';
  /** Here-documents that begin at the next line. */
  readonly announced: readonly HereDocument[];
  /** Here-documents that we are in, and the line so far. */
  readonly bodies: readonly HereDocument[];
  readonly line: string;
}

/** The words after which `<<` announces a here-document: its delimiter is read from the text that follows. */
const HERE_DOCUMENT = /^<<(-?)[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|\\?([A-Za-z0-9_.-]+))/;

/**
 * POSIX shell, XCU §2.2 and §2.3: a `shell` filter writes whole words, so it may only stand where no quotes are open. What is hard to
 * follow (`case` within `$(…)` beside an argument named so) ends in a refusal, never in a wrong allowance.
 */
export const shellScanner: Scanner<ShellState> = {
  start: { enclosures: [], word: '', pending: '', announced: [], bodies: [], line: '' },

  text(state, text) {
    let current = state;
    for (let index = 0; index < text.length;) {
      const [next, used] = step(current, text.slice(index));
      current = next;
      index += used;
    }
    return current;
  },

  slot(state, filter) {
    const after = { ...state, word: `${state.word ?? ''}x`, pending: '' as const };
    const top = state.enclosures.at(-1);
    if (state.bodies.length > 0) {
      if (inertFilters.has(filter)) return { ...after, word: state.word, line: `${state.line}\0` };
      throw new Misplaced(
        'a here-document knows no quotes: assign the value to a shell variable first, outside of it',
      );
    }
    if (state.pending !== '') {
      throw new Misplaced(`a ${state.pending} in front changes what the quotes mean: write it elsewhere`);
    }
    if (inertFilters.has(filter)) return top === 'comment' ? state : after;
    if (filter !== 'shell')
      throw new Misplaced('a shell script takes values through the shell filter: {{ … | shell }}');
    if (top === undefined || top === 'paren' || top === 'case') return after;
    throw new Misplaced(
      top === 'comment'
        ? 'a value with a line break would leave the comment: take it out of the comment'
        : `the shell filter brings its own quotes, and here is ${words[top]}: close it before the value, or assign the value to a shell variable first`,
    );
  },

  include(state) {
    if (
      state.enclosures.some((enclosure) => enclosure !== 'paren') ||
      state.bodies.length > 0 ||
      state.pending !== ''
    ) {
      throw new Misplaced('a script can be included between commands only, not within quotes or comments');
    }
    return { ...state, word: '' };
  },

  join(one, other) {
    if (JSON.stringify({ ...one, word: '' }) !== JSON.stringify({ ...other, word: '' }))
      throw new Misplaced(UNEQUAL_BRANCHES);
    return one.word === other.word ? one : { ...one, word: one.word && other.word ? 'x' : null };
  },

  end(state) {
    const open = state.enclosures.filter((enclosure) => enclosure !== 'comment');
    if (state.bodies.length + state.announced.length > 0) throw new Misplaced('a here-document is not ended');
    const last = open.at(-1);
    if (last) throw new Misplaced(`at the end there is still ${words[last]}`);
  },
};

const words: Readonly<Record<Enclosure, string>> = {
  single: "an open '",
  double: 'an open "',
  ansi: "an open $'",
  paren: 'an open (',
  case: 'an open case',
  parameter: 'an open ${',
  arithmetic: 'an open $((',
  backtick: 'an open backtick',
  comment: 'a comment',
};

/** The state after the next few characters of the text, and how many they were. */
function step(state: ShellState, rest: string): [ShellState, number] {
  const character = rest.charAt(0);
  if (state.bodies.length > 0) return [stepInBody(state, character), 1];
  const top = state.enclosures.at(-1);
  if (top === 'single') return [character === "'" ? close(state) : state, 1];
  if (top === 'comment') return character === '\n' ? [close(state), 0] : [state, 1];
  if (top === 'ansi') {
    if (state.pending === '\\') return [{ ...state, pending: '' }, 1];
    if (character === '\\') return [{ ...state, pending: '\\' }, 1];
    return [character === "'" ? close(state) : state, 1];
  }
  return stepInCode(state, top, character, rest);
}

function stepInBody(state: ShellState, character: string): ShellState {
  if (character !== '\n') return { ...state, line: state.line + character };
  const [body, ...others] = state.bodies;
  const line = body?.stripsTabs === true ? state.line.replace(/^\t+/, '') : state.line;
  return { ...state, line: '', bodies: line === body?.delimiter ? others : state.bodies };
}

function stepInCode(
  state: ShellState,
  top: Enclosure | undefined,
  character: string,
  rest: string,
): [ShellState, number] {
  const quoted = top === 'double' || top === 'parameter' || top === 'arithmetic';
  const grown: ShellState = { ...state, pending: '', word: `${state.word ?? ''}${character}` };
  if (state.pending === '\\') return [grown, 1];
  if (state.pending === '$') {
    if (rest.startsWith('((')) return [open(state, 'arithmetic'), 2];
    if (character === '(') return [open(state, 'paren'), 1];
    if (character === '{') return [open(state, 'parameter'), 1];
    if (character === "'" && !quoted) return [open(state, 'ansi'), 1];
    if (/[#?!$*@\-0-9]/.test(character)) return [grown, 1]; // $# is no comment
  }
  const fresh: ShellState = { ...state, pending: '' };
  if (character === '\\') return [{ ...fresh, pending: '\\' }, 1];
  if (character === '$') return [{ ...fresh, pending: '$', word: `${state.word ?? ''}$` }, 1];
  if (character === '`') return [top === 'backtick' ? close(fresh) : open(fresh, 'backtick'), 1];
  if (character === '"') return [top === 'double' ? close(fresh) : open(fresh, 'double'), 1];
  if (top === 'double') return [fresh, 1];
  if (character === "'" && !(top === 'parameter' && state.enclosures.includes('double')))
    return [open(fresh, 'single'), 1];
  if (top === 'parameter') return [character === '}' ? close(fresh) : fresh, 1];
  if (top === 'arithmetic') {
    if (rest.startsWith('))')) return [close(fresh), 2];
    return [character === '(' ? open(fresh, 'paren') : fresh, 1];
  }
  return stepInCommand(fresh, grown, top, character, rest);
}

function stepInCommand(
  state: ShellState,
  grown: ShellState,
  top: Enclosure | undefined,
  character: string,
  rest: string,
): [ShellState, number] {
  if (character === '#') {
    if (state.word === null)
      throw new Misplaced('it depends on a branch whether this # begins a comment: write it elsewhere');
    return state.word === '' ? [open(state, 'comment'), 1] : [grown, 1];
  }
  if (rest.startsWith('<<<')) return [{ ...state, word: '' }, 3];
  if (rest.startsWith('<<')) {
    const match = HERE_DOCUMENT.exec(rest);
    if (!match) throw new Misplaced('the delimiter of a here-document must follow << as a plain word');
    const delimiter = match[2] ?? match[3] ?? match[4] ?? '';
    return [
      { ...state, word: '', announced: [...state.announced, { delimiter, stripsTabs: match[1] === '-' }] },
      match[0].length,
    ];
  }
  if (!/[\s;&|<>()]/.test(character)) return [grown, 1];
  const ended = endWord(state, top);
  const enclosure = ended.enclosures.at(-1);
  if (character === '\n') return [{ ...ended, bodies: ended.announced, announced: [] }, 1];
  if (character === '(') return [open(ended, 'paren'), 1];
  if (character === ')' && enclosure === 'paren') return [close(ended), 1];
  return [ended, 1];
}

/** Within `$(…)` the patterns of a `case` have a `)` of their own. */
function endWord(state: ShellState, top: Enclosure | undefined): ShellState {
  const ended = { ...state, word: '' };
  if (state.word === 'case' && (top === 'paren' || top === 'case')) return open(ended, 'case');
  if (state.word === 'esac' && top === 'case') return { ...close(ended), word: '' };
  return ended;
}

function open(state: ShellState, enclosure: Enclosure): ShellState {
  const word = enclosure === 'paren' || enclosure === 'case' ? '' : `${state.word ?? ''}x`;
  return { ...state, pending: '', word, enclosures: [...state.enclosures, enclosure] };
}

function close(state: ShellState): ShellState {
  const closed = state.enclosures.at(-1);
  return {
    ...state,
    pending: '',
    word: closed === 'comment' ? '' : `${state.word ?? ''}x`,
    enclosures: state.enclosures.slice(0, -1),
  };
}
