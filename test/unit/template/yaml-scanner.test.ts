import { expect } from 'chai';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import { escapers } from '../../../src/template/filters.js';
import { Misplaced } from '../../../src/template/scanner.js';
import { yamlScanner } from '../../../src/template/yaml-scanner.js';

const VALUE = '<yaml>';
const OTHER = '<shell>';
const signs = [
  '"',
  "'",
  ': ',
  ':',
  '- ',
  '-',
  ' ',
  '  ',
  '\n',
  '\n  ',
  '\n    ',
  'a',
  'b',
  'key: ',
  '[',
  ']',
  '{',
  '}',
  ',',
];
const phrases = [
  '|\n  ',
  '|-\n    ',
  '>\n ',
  '|\n',
  '# ',
  '#',
  '\\',
  '? ',
  '!!str ',
  '&x ',
  '*x',
  '- - ',
  "it's",
  'a: "b"\n',
  VALUE,
];
const oddities = [
  '"',
  "'",
  ': ',
  ', injected, ',
  ']',
  '}',
  '# c',
  '\n- x',
  '\nz: 1',
  'a: b',
  '|',
  '- q',
  '", "',
  "', '",
  '{',
  '[',
  '&a',
  '*a',
  '? x',
  '" z',
];
const pieces = fc.constantFrom(...signs.concat(phrases, VALUE, OTHER));

function isAccepted(document: readonly string[]): boolean {
  try {
    const end = document.reduce((state, piece) => {
      if (piece === VALUE) return yamlScanner.slot(state, 'yaml');
      return piece === OTHER ? yamlScanner.slot(state, 'shell') : yamlScanner.text(state, piece);
    }, yamlScanner.start);
    yamlScanner.end(end);
    return true;
  } catch (error) {
    if (error instanceof Misplaced) return false;
    throw error;
  }
}

/** The lists and maps of a document, without what their scalars say; nothing when it is no YAML. */
function structure(document: readonly string[], value: string): string | undefined {
  const text = document.map((piece) =>
    piece === VALUE
      ? escapers.yaml(value)
      : piece === OTHER
        ? escapers.shell(value.replaceAll('\n', ' '))
        : piece,
  );
  const parsed = parseDocument(text.join(''), { logLevel: 'silent' });
  if (parsed.errors.length > 0) return undefined;
  try {
    return shape(parsed.toJS());
  } catch (error) {
    if (error instanceof ReferenceError) return undefined; // an alias of nothing
    throw error;
  }
}

function shape(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shape).join(',')}]`;
  if (typeof value === 'object' && value !== null) return `{${Object.values(value).map(shape).join(',')}}`;
  return 'x';
}

describe('where the yaml filter may write', function () {
  this.timeout(120_000);

  it('is nowhere that a value could add to the structure of the document', () => {
    const documents = fc
      .array(pieces, { minLength: 2, maxLength: 14 })
      .filter((document) => [VALUE, OTHER].some((slot) => document.includes(slot)) && isAccepted(document));
    const values = fc.constantFrom(...oddities);
    fc.assert(
      fc.property(documents, values, (document, value) => {
        const plain = structure(document, 'x');
        const odd = structure(document, value);
        if (plain !== undefined && odd !== undefined) expect(odd, document.join('')).to.equal(plain);
      }),
      { numRuns: 2000 },
    );
  });
});
