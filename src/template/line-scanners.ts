import { inertFilters, Misplaced, UNEQUAL_BRANCHES, type Scanner } from './scanner.js';

/** iPXE scripts: one command per line, no quoting; a value must not become part of `${…}`. */
export const ipxeScanner: Scanner<string> = {
  start: '',
  text: (line, text) => (line + text).replace(/^[\s\S]*\n/, ''),
  slot(line, filter) {
    if (/\$\{[^}]*$|\$$/.test(line))
      throw new Misplaced('here is an open ${: iPXE would take the value for a name');
    if (filter === 'ipxePlan') {
      if (line !== '') throw new Misplaced('the commands of a plan stand on lines of their own');
      return 'x';
    }
    if (!inertFilters.has(filter) && !['ipxe', 'ipxeText', 'ipxeArguments'].includes(filter)) {
      throw new Misplaced(
        'an iPXE script takes values through the filters ipxe, ipxeText, ipxeArguments, uri and urlPath',
      );
    }
    return `${line}x`;
  },
  include(line) {
    if (line !== '') throw new Misplaced('a script can be included on a line of its own only');
    return line;
  },
  join(one, other) {
    const opened = (line: string) => /\$\{[^}]*$|\$$/.exec(line)?.[0] ?? '';
    if (opened(one) !== opened(other) || (one === '') !== (other === ''))
      throw new Misplaced(UNEQUAL_BRANCHES);
    return one;
  },
  end() {},
};

/** JSON (RFC 8259): whole values through the json filter, never within a string. */
export const jsonScanner: Scanner<'' | '"' | '\\'> = {
  start: '',
  text(state, text) {
    let current = state;
    for (const character of text) {
      if (current === '\\') current = '"';
      else if (current === '"') current = character === '\\' ? '\\' : character === '"' ? '' : '"';
      else if (character === '"') current = '"';
    }
    return current;
  },
  slot(state, filter) {
    if (filter === 'json' ? state !== '' : !inertFilters.has(filter) || state === '\\') {
      throw new Misplaced('JSON takes whole values through the json filter, without quotes around it');
    }
    return state;
  },
  include: (state) => state,
  join(one, other) {
    if (one !== other) throw new Misplaced(UNEQUAL_BRANCHES);
    return one;
  },
  end(state) {
    if (state !== '') throw new Misplaced('at the end there is still an open "');
  },
};

/** Units of systemd: any place, one filter. */
export const unitScanner: Scanner<null> = freely((filter) => {
  if (!inertFilters.has(filter) && filter !== 'unit') {
    throw new Misplaced('a unit takes values through the unit filter: {{ … | unit }}');
  }
});

/** Text of which nothing is known, and text that is put together and then written through a filter as a whole. */
export const textScanner: Scanner<null> = freely(() => undefined);

function freely(check: (filter: string) => void): Scanner<null> {
  return {
    start: null,
    text: () => null,
    slot(_, filter) {
      check(filter);
      return null;
    },
    include: () => null,
    join: () => null,
    end() {},
  };
}
