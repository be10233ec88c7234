import { readdirSync, readFileSync } from 'node:fs';
import { parseSync } from '@swc/core';
import { expect } from 'chai';
import { analyse } from 'scslre';

interface Found {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

/** What is put together of texts, as it comes out; their files are compared with those that do so. */
const built: readonly Found[] = [
  { file: 'src/config/config-text.ts', source: '^(?:[-?:]?[ \\t]){512}', flags: 'm' },
  { file: 'src/images/source-debian.ts', source: '^Suite: (\\S+)', flags: 'm' },
  {
    file: 'src/net/ipv4.ts',
    source: `^${Array(4).fill('(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)').join('\\.')}$`,
    flags: '',
  },
  { file: 'src/template/check-comments.ts', source: '\\{%-?\\s*(end)?raw\\s*-?%\\}', flags: 'g' },
  {
    file: 'src/template/compile-template.ts',
    source:
      '^[ \\t]*((?:(?:\\{%(?:(?!%\\}|\\{%)[\\s\\S])*%\\}|\\{#(?:(?!#\\})[\\s\\S])*#\\})[ \\t]*)*(?:\\{%(?:(?!-?%\\}|\\{%)[\\s\\S])*|\\{#(?:(?!-?#\\})[\\s\\S])*))(-?%\\}|-?#\\})[ \\t]*\\r?\\n',
    flags: 'gm',
  },
  { file: 'src/template/line-marks.ts', source: '\\uf8f0([^\\uf8f1]*):(\\d+)\\uf8f1', flags: 'gu' },
];

/** They read templates, and files of a Mayu that is left, which only the operator writes. */
const ofTemplates = new Set(['src/template/line-marks.ts', 'src/template/compile-template.ts']);

describe('regular expressions', function () {
  this.timeout(60_000);
  const literals: Found[] = [];
  const builders = new Set<string>();
  before(() => {
    for (const name of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
      if (name.endsWith('.ts')) collect(`src/${name}`);
    }
  });

  it('are found in the source', () => {
    expect(literals.length).to.be.greaterThan(300);
  });

  it('are put together where this test knows of it, and nowhere else', () => {
    expect([...builders].sort()).to.deep.equal(built.map(({ file }) => file));
  });

  it('take time that grows with the text and not with its square', () => {
    const slow = [...literals, ...built]
      .filter(
        (one) =>
          isSuperLinear(one) &&
          !ofTemplates.has(one.file) &&
          !one.file.startsWith('src/dialects/mayu/convert/'),
      )
      .map(({ file, source, flags }) => `${file}: /${source}/${flags}`);
    expect(slow).to.deep.equal([]);
  });

  for (const { source, isSlow } of [
    { source: '^(a+)+$', isSlow: true },
    { source: '\\s+$', isSlow: true },
    { source: '^(.*?),? *(.*)$', isSlow: true },
    { source: '(?<!\\s)\\s+$', isSlow: false },
    { source: '^[a-z]+$', isSlow: false },
  ]) {
    it(`are told apart: /${source}/`, () => {
      expect(isSuperLinear({ file: '', source, flags: '' })).to.equal(isSlow);
    });
  }

  function collect(file: string): void {
    const visit = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      if ('type' in node && node.type === 'RegExpLiteral' && 'pattern' in node && 'flags' in node) {
        literals.push({ file, source: String(node.pattern), flags: String(node.flags) });
      }
      if ('type' in node && (node.type === 'NewExpression' || node.type === 'CallExpression')) {
        const callee: unknown = Reflect.get(node, 'callee');
        if (typeof callee === 'object' && callee !== null && Reflect.get(callee, 'value') === 'RegExp')
          builders.add(file);
      }
      for (const part of Object.values(node)) visit(part);
    };
    visit(parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript', target: 'es2022' }));
  }
});

/** Where one text can be read in several ways by neighbouring or nested repetitions, or a run is sought anew from each of its characters. */
function isSuperLinear({ source, flags }: Found): boolean {
  return analyse({ source, flags }, { reportTypes: { Move: true } }).reports.length > 0;
}
