import { expect } from 'chai';
import fc from 'fast-check';
import { createTemplates } from '../../../src/template/catalog.js';
import { readPlainYaml } from '../../../src/template/plain-yaml.js';
import { parseWhole } from '../../../src/template/yaml-document.js';
import { sampleContext } from './template-folder.js';

const whole = (text: string): unknown => parseWhole(text, 't.yaml').value;
const texts = fc.oneof(
  fc.string(),
  fc.constantFrom('', '#', ' a', 'a: b', '- a', "it's", 'ü\u00a0\u2026', '/x', '\\'),
);
const json = fc.oneof(texts, fc.array(texts, { maxLength: 3 })).map((value) => JSON.stringify(value));
const oneOf = (list: string) => fc.constantFrom(...list.split(' · '));
const usual = oneOf(
  ` · true · false · 0 · 42 · 3.3.0 · a b · a:b · a#b · /etc/x · http://h:1/x · 'a: b' · [a, --now]`,
);
const unusual = fc.oneof(
  oneOf(
    `True · yes · null · ~ · -1 · 0644 · 0o644 · 0x1f · 1.5 · 1e5 · 12345678901234567890 · 1.2.3.4 · .inf`,
  ),
  oneOf(
    `a: b · a: · a:  · a #b · 'it''s' · "a" b · "a" # b · "a · 'a · a  · - a · ? a · { a: b } · {} · \ta · ü`,
  ),
  oneOf(`[a b] · [a,, b] · [-] · [a: b] · [null] · ["a"] # b · ["a",] · [a · [ ] · [1] · [["a"]]`),
  oneOf(`|+ · > · |2 · &x a · *x · !t a · @a · %a · --- · ... · "\ud83d\ude00" · "\u2028"`),
);
const scalars = fc.oneof(
  { weight: 10, arbitrary: json },
  { weight: 20, arbitrary: usual },
  { weight: 1, arbitrary: unusual },
);
const keys = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'path', 'some-key', 'e.f', 'constructor') },
  { weight: 1, arbitrary: fc.constantFrom('mode', 'null', 'True', '<<', '0', '__proto__', '"q"', 'g ', '') },
);
const blockLines = fc.constantFrom(
  'text',
  '',
  '  deeper',
  '# none',
  'key: x',
  '- x',
  '"',
  ' ',
  'other break\r',
);

type Tree =
  | string
  | { readonly block: readonly string[] }
  | { readonly map: [string, Tree][] }
  | { readonly list: Tree[] };
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'tree' },
    scalars,
    fc.record({
      block: fc.array(blockLines, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ map: entriesOf(tie('tree')) }),
    fc.record({ list: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
  ),
}));
const documents = entriesOf(tree).map((map) => linesOf({ map }, 0));

function entriesOf(value: fc.Arbitrary<Tree>): fc.Arbitrary<[string, Tree][]> {
  return fc.uniqueArray(fc.tuple(keys, value), { minLength: 1, maxLength: 4, selector: ([key]) => key });
}

function linesOf(node: Tree, indent: number): string[] {
  const pad = ' '.repeat(indent);
  if (typeof node === 'string') return [pad + node];
  if ('block' in node) return node.block.map((line) => pad + line);
  if ('map' in node) return node.map.flatMap(([key, value]) => entryOf(`${pad}${key}:`, value, indent));
  return node.list.flatMap((value) => {
    if (typeof value === 'string' || 'block' in value) return entryOf(`${pad}-`, value, indent);
    const [first = '', ...others] = linesOf(value, indent + 2);
    return [`${pad}- ${first.trimStart()}`, ...others];
  });
}

function entryOf(head: string, value: Tree, indent: number): string[] {
  if (typeof value === 'string') return [`${head} ${value}`];
  return [head + ('block' in value ? ' |' : ''), ...linesOf(value, indent + 2)];
}

/** A document with some lines of others, and some of its own at another depth. */
const blemished = fc
  .tuple(
    documents,
    fc.array(
      fc.tuple(fc.nat(), fc.nat(6), fc.constantFrom('', '# c', '- a', 'a: b', 'a:', 'x', '|', '"', ' ')),
    ),
  )
  .map(([lines, blemishes]) =>
    blemishes.reduce(
      (all, [at, indent, line]) =>
        all.toSpliced(at % (all.length + 1), line === '' ? 1 : 0, ' '.repeat(indent) + line),
      lines,
    ),
  );

describe('the reader of plain YAML', () => {
  it('reads what the shipped templates make', () => {
    const templates = createTemplates({ templatesDir: 'templates', snippetsDir: 'template_snippets' });
    for (const name of [
      'ignition.yaml',
      'cloud-config.yaml',
      'installer-flatcar.yaml',
      'installer-fedora-coreos.yaml',
    ]) {
      const text = templates.render(name, sampleContext());
      expect(readPlainYaml(text), name).to.deep.equal(whole(text));
    }
  });

  it('reads nothing in another way than the whole reader', () => {
    const ends = fc.constantFrom('', '\n', '\n\n', '\n# c\n');
    fc.assert(
      fc.property(
        fc.oneof({ weight: 2, arbitrary: documents }, { weight: 1, arbitrary: blemished }),
        ends,
        (lines, end) => {
          const text = lines.join('\n') + end;
          const value = readPlainYaml(text);
          if (value === undefined) return;
          expect(value).to.deep.equal(whole(text));
          expect(JSON.stringify(value)).to.equal(JSON.stringify(whole(text)));
        },
      ),
      { numRuns: 3000 },
    );
  });

  for (const { name, text, value } of [
    {
      name: 'maps and lists in each other',
      text: 'a:\n  - b: 1\n    c:\n    - d\n  -\n    e: f\n',
      value: { a: [{ b: 1, c: ['d'] }, { e: 'f' }] },
    },
    { name: 'what is left empty', text: 'a:\nb:\n  -\n  - c\n', value: { a: null, b: [null, 'c'] } },
    {
      name: 'a block and what stands around it',
      text: 'a: |\n  b\n\n   c # d\n\n# e\nf: |-\n    g\n',
      value: { a: 'b\n\n c # d\n', f: 'g' },
    },
    { name: 'words with colons', text: 'a: http://h:1/x y\n', value: { a: 'http://h:1/x y' } },
    { name: 'versions and numbers', text: 'a: 3.3.0\nb: 42\n', value: { a: '3.3.0', b: 42 } },
    { name: 'quotes', text: `a: "\\u002fx\\n"\nb: 'c d'\n`, value: { a: '/x\n', b: 'c d' } },
    {
      name: 'lists on a line',
      text: 'a: ["b c", "d"]\ne: [f, --now]\ng: []\n',
      value: { a: ['b c', 'd'], e: ['f', '--now'], g: [] },
    },
    { name: 'modes', text: 'mode: 0644\na:\n  mode: 420\n', value: { mode: 0o644, a: { mode: 420 } } },
  ]) {
    it(`reads ${name}`, () => {
      expect(readPlainYaml(text)).to.deep.equal(value);
      expect(whole(text)).to.deep.equal(value);
    });
  }

  for (const { name, text } of [
    { name: 'a key twice', text: 'a: b\na: c\n' },
    { name: 'a mode in quotes', text: 'mode: "0644"\n' },
    { name: 'other whole numbers', text: 'a: 0644\n' },
    { name: 'fractions', text: 'a: 1.5\n' },
    { name: 'a key that means null', text: 'null: a\n' },
    { name: 'scalars of several lines', text: 'a: b\n  c\n' },
    { name: 'comments behind a value', text: 'a: b # c\n' },
    { name: 'folded blocks', text: 'a: >\n  b\n' },
    { name: 'anchors', text: 'a: &b c\n' },
    { name: 'maps on a line', text: 'a: { b: c }\n' },
    { name: 'tabs', text: 'a: |\n  b\tc\n' },
    { name: 'breaks of lines that others write', text: 'a: |\n  b\r\n  c\r\n' },
    { name: 'several documents', text: 'a: b\n---\nc: d\n' },
    { name: 'lists at the top', text: '- a\n' },
    { name: 'what is no YAML', text: 'a: [\n' },
    { name: 'nothing', text: '# a\n' },
  ]) {
    it(`leaves ${name} to the whole reader`, () => {
      expect(readPlainYaml(text)).to.equal(undefined);
    });
  }
});
