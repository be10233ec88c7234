import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { GoTemplateFault } from '../../../src/go-template/go-template-fault.js';
import { parseTemplate } from '../../../src/go-template/go-template.js';
import { StringMap } from '../../../src/go-template/go-value.js';

interface Case {
  readonly name: string;
  readonly template: string;
  readonly data?: Record<string, unknown>;
  readonly query?: Record<string, string>;
  readonly missingKey?: 'default';
  readonly want?: string;
  readonly error?: string;
}

/** Made by Go itself: see tools/go-template/main.go. */
const { madeBy, cases } = JSON.parse(readFileSync('test/fixtures/go-template/cases.json', 'utf8')) as {
  madeBy: string;
  cases: Case[];
};

/** The function that tools/go-template/main.go has too. */
function URL(text: string): string {
  if (text.startsWith('bad:')) throw new Error(`no such scheme in ${text}`);
  return `http://10.75.0.1/file?${new URLSearchParams({ name: text }).toString()}`;
}

/** The outcome of a case, in the words of the table. */
function outcome({ template, data, query, missingKey }: Case): Pick<Case, 'want' | 'error'> {
  const all = query ? { ...data, request: { query: new StringMap(query) } } : data;
  try {
    const parsed = parseTemplate('case', template, { functions: { URL }, ...(missingKey && { missingKey }) });
    return { want: parsed.execute(all) };
  } catch (error) {
    if (!(error instanceof GoTemplateFault)) throw error;
    return { error: error.message };
  }
}

/** Without half a pair of code units. */
const WELL_FORMED = /^[^\ud800-\udfff]*$/u;

const run = (template: string, data?: unknown): string => parseTemplate('t', template).execute(data);

function faultOf(act: () => unknown): GoTemplateFault {
  try {
    act();
  } catch (error) {
    if (error instanceof GoTemplateFault) return error;
    throw error;
  }
  throw new Error('no fault');
}

describe(`a Go template does what ${madeBy} does`, () => {
  for (const name of new Set(cases.map((one) => one.name))) {
    const some = cases.filter((one) => one.name === name);
    it(`${name} (${some.length})`, () => {
      const told = some.map((one) => ({ template: one.template, ...outcome(one) }));
      const wanted = some.map(({ template, want, error }) => ({
        template,
        ...(want === undefined ? { error } : { want }),
      }));
      expect(told).to.deep.equal(wanted);
    });
  }

  it('in so many cases, of which many are errors', () => {
    expect(cases.length).to.be.greaterThan(700);
    expect(cases.filter(({ error }) => error !== undefined).length).to.be.greaterThan(300);
  });
});

describe('a Go template is parsed once', () => {
  it('and runs as often as one likes, each time on its own', () => {
    const template = parseTemplate('t', '{{$x := 1}}{{range .l}}{{$x = print $x .}}{{end}}{{$x}}');
    expect(template.execute({ l: ['a'] })).to.equal('1a');
    expect(template.execute({ l: ['b', 'c'] })).to.equal('1bc');
  });

  it('and leaves the data as they are', () => {
    const data = { m: { b: 1, a: 2 }, l: [3, 1] };
    parseTemplate('t', '{{range .m}}{{end}}{{slice .l 1}}{{$x := .l}}{{$x = 1}}').execute(data);
    expect(data).to.deep.equal({ m: { b: 1, a: 2 }, l: [3, 1] });
  });

  it('and its fault names template and line', () => {
    const fault = faultOf(() => parseTemplate('node.yaml', 'a\n{{.role}}').execute({}));
    expect(fault).to.include({ code: 'TEMPLATE_FAULT', template: 'node.yaml', line: 2, isBound: false });
    expect(fault.message).to.equal(
      'template: node.yaml:2:2: executing "node.yaml" at <.role>: map has no entry for key "role"',
    );
  });

  it('and may not reach what every object of JavaScript has', () => {
    for (const key of ['constructor', '__proto__', 'hasOwnProperty']) {
      expect(() => run(`{{.${key}}}`, {})).to.throw(`map has no entry for key "${key}"`);
      expect(run(`{{index . "${key}"}}`, {})).to.equal('<no value>');
    }
    expect(() => run('{{constructor}}')).to.throw('function "constructor" not defined');
    expect(run('{{.__proto__}}', JSON.parse('{"__proto__": 1}'))).to.equal('1');
  });
});

describe('a Go template differs from Go', () => {
  it('in complex numbers, which it does not have', () => {
    expect(() => run('{{1i}}')).to.throw(
      'template: t:1: 1i is complex: templates here have integers and floats',
    );
    expect(() => run('{{1+2i}}')).to.throw('1+2i is complex');
  });

  it('in the addresses that %p prints, which would be others each time', () => {
    expect(run('{{printf "%p" .}}', [1])).to.equal('%!p([]interface {}=[1])');
  });

  it('in what of a list is beyond its end, where Go may have room', () => {
    expect(() => run('{{slice . 0 4}}', [1, 2, 3])).to.throw('error calling slice: index out of range: 4');
  });

  it('in how deep templates may call each other', () => {
    expect(() => run('{{define "x"}}{{template "x"}}{{end}}{{template "x"}}')).to.throw(
      'template: t:1:25: executing "x" at <{{template "x"}}>: exceeded maximum template depth (100)',
    );
  });
});

describe('a hostile Go template meets a bound', () => {
  const long = 'x'.repeat(1_000_000);
  const deep = JSON.parse('['.repeat(5000) + ']'.repeat(5000)) as unknown;
  const data = {
    long,
    deep,
    map: Object.fromEntries(Array.from({ length: 50_000 }, (_, key) => [`k${key}`, key])),
  };
  const steps = 'more than 250000 steps';
  const output = 'more than 2097152 bytes of output';
  const text = 'a text of more than 2097152 characters';

  for (const { what, template, says } of [
    {
      what: 'loops for ever',
      template: '{{range 1000000000}}{{range 1000000000}}{{end}}{{end}}',
      says: steps,
    },
    { what: 'writes for ever', template: `{{range 1000000000}}${'text'.repeat(1000)}{{end}}`, says: output },
    {
      what: 'doubles a text',
      template: '{{$x := "abc"}}{{range 99}}{{$x = print $x $x}}{{end}}',
      says: steps,
    },
    { what: 'pads for ever', template: '{{range 99}}{{$x := printf "%999999d" 1}}{{end}}', says: steps },
    { what: 'pads too far at once', template: '{{printf "%9999999d" 1}}', says: text },
    {
      what: 'asks for digits for ever',
      template: '{{range 99999}}{{$x := printf "%.999999f" .}}{{end}}',
      says: steps,
    },
    {
      what: 'escapes what was escaped',
      template: '{{$x := "&"}}{{range 99}}{{$x = html $x $x}}{{end}}',
      says: steps,
    },
    {
      what: 'calls two of itself',
      template:
        '{{define "a"}}{{if .}}{{template "a" (slice . 1)}}{{template "a" (slice . 1)}}{{end}}{{end}}{{template "a" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}',
      says: steps,
    },
    {
      what: 'nests templates in blocks',
      template: `{{define "x"}}${'{{if 1}}'.repeat(90)}{{template "x"}}${'{{end}}'.repeat(90)}{{end}}{{template "x"}}`,
      says: 'nested more than 500 deep',
    },
    {
      what: 'nests blocks',
      template: '{{if 1}}'.repeat(200),
      says: 'blocks or parentheses nested more than 100 deep',
    },
    {
      what: 'nests parentheses',
      template: `{{${'('.repeat(200)}`,
      says: 'blocks or parentheses nested more than 100 deep',
    },
    {
      what: 'declares variables',
      template: '{{$x := 1}}'.repeat(600),
      says: 'more than 500 variables at one place',
    },
    { what: 'is long', template: 'x'.repeat(600_000), says: 'template: t: longer than 524288 characters' },
    { what: 'prints deep data', template: '{{.deep}}', says: 'nested more than 500 deep' },
    { what: 'measures a long text', template: '{{range 99999}}{{$x := len $.long}}{{end}}', says: steps },
    {
      what: 'compares long texts',
      template: '{{range 99999}}{{$x := lt $.long $.long}}{{end}}',
      says: steps,
    },
    { what: 'cuts a long text', template: '{{range 99999}}{{$x := slice $.long 1}}{{end}}', says: steps },
    {
      what: 'formats by a long text',
      template: '{{range 99999}}{{$x := printf $.long}}{{end}}',
      says: steps,
    },
    {
      what: 'shows nothing of a long text',
      template: '{{range 99999}}{{$x := printf "%.0s" $.long}}{{end}}',
      says: steps,
    },
    {
      what: 'sorts a large map',
      template: '{{range 99999}}{{range $.map}}{{break}}{{end}}{{end}}',
      says: steps,
    },
    { what: 'counts a large map', template: '{{range 99999}}{{if $.map}}{{end}}{{end}}', says: steps },
  ]) {
    it(`that ${what}`, () => {
      const fault = faultOf(() => run(template, data));
      expect(fault.message).to.include(says);
      expect(fault.isBound).to.equal(true);
    });
  }

  it('and its fault is short, however long what it is at', () => {
    const fault = faultOf(() => run(`{{${'.a'.repeat(100_000)}}}`, {}));
    expect(fault.message).to.have.lengthOf(2000);
  });

  it('but a chain of `else if` may be as long as the machines there are', () => {
    const chain = Array.from({ length: 2000 }, (_, key) => `{{else if eq .n "${key}"}}${key}`).join('');
    expect(run(`{{if false}}${chain}{{end}}`, { n: '1999' })).to.equal('1999');
  });
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    '{{', '}}', '{{- ', ' -}}', '{{end}}', '{{else}}', '{{if ', '{{range ', '{{define "a"}}', '{{template "a" ', 'printf ', 'index ', 'slice ',
    '"%5.*d"', '"a"', '`', "'c'", '.', '.a', '$', '$x', ' := ', ' = ', '(', ')', ' | ', ' ', '1', '-', '0x', '1e9', '/*', '*/', '\\', '\n', ',', 'é',
  ); // prettier-ignore
  const text = fc
    .array(fc.oneof({ weight: 9, arbitrary: pieces }, fc.string({ unit: 'binary' })))
    .map((all) => all.join(''));

  it('is a template, or throws a fault and nothing else', () => {
    fc.assert(
      fc.property(text, fc.jsonValue(), (template, data) => {
        try {
          expect(run(template, data)).to.match(WELL_FORMED);
        } catch (error) {
          if (!(error instanceof GoTemplateFault)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
