import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import { escapers } from '../../../src/template/filters.js';
import { UnfitValue } from '../../../src/errors.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.stringMatching(/^['"\\$`{}()|&;<>*?~#%!\n\t a-c]*$/),
);
const shellText = anyText.filter((text) => !text.includes('\0') && !/\p{Cs}/u.test(text));

/** What each shell prints for `printf '%s\0' <words>`. */
function wordsRead(shell: readonly string[], words: string): string[] {
  const [command = 'sh', ...args] = shell;
  const output = execFileSync(command, [...args, '-c', `printf '%s\\0' ${words}`], { encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
}

describe('the filters of templates', function () {
  this.timeout(60_000);

  describe('shell', () => {
    for (const shell of [['sh'], ['bash']]) {
      it(`is one word to ${shell[0]}, and the same text`, () => {
        fc.assert(
          fc.property(fc.array(shellText, { minLength: 1, maxLength: 40 }), (texts) => {
            expect(wordsRead(shell, texts.map(escapers.shell).join(' '))).to.deep.equal(texts);
          }),
          { numRuns: 40 },
        );
      });
    }

    it('writes a list as several words', () => {
      expect(escapers.shell(['a b', "it's"])).to.equal("'a b' 'it'\\''s'");
    });

    it('has no word for a NUL character', () => {
      expect(() => escapers.shell('a\0b')).to.throw(UnfitValue, 'NUL');
    });
  });

  it('yaml is the same value to YAML 1.2 and 1.1, on one line', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = escapers.yaml(value);
        expect(text).not.to.match(/[\n\r\u0085\u2028\u2029]/);
        expect(parse(`key: ${text}\nnext: 1`)).to.deep.equal({
          key: JSON.parse(JSON.stringify(value)),
          next: 1,
        });
        expect(parse(`key: ${text}`, { version: '1.1' })).to.deep.equal({
          key: JSON.parse(JSON.stringify(value)),
        });
      }),
    );
  });

  it('yaml keeps a text a text', () => {
    for (const text of [
      'true',
      'null',
      '1e3',
      '~',
      '',
      '- a',
      'a: b',
      '# c',
      '{{ x }}',
      'it\'s "so"',
      '\u{1f680}',
    ]) {
      expect(parse(`[${escapers.yaml(text)}]`)).to.deep.equal([text]);
    }
  });

  it('json is the same value to JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(escapers.json(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('uri is the same text to a URL, and means itself to every shell', () => {
    fc.assert(
      fc.property(shellText, (text) => {
        expect(escapers.uri(text)).to.match(/^[A-Za-z0-9._%-]*$/);
        expect(decodeURIComponent(escapers.uri(text))).to.equal(text);
        expect(new URL(`http://h/?q=${escapers.uri(text)}`).searchParams.get('q')).to.equal(text);
      }),
    );
  });

  it('urlPath leaves the slashes of a path', () => {
    expect(escapers.urlPath('a b/c?d#e/ü')).to.equal('a%20b/c%3Fd%23e/%C3%BC');
  });

  it('dataUrl is the same text to whoever fetches it', async () => {
    await fc.assert(
      fc.asyncProperty(shellText, async (text) => {
        const bytes = Buffer.from(await (await fetch(escapers.dataUrl(text))).arrayBuffer());
        expect(bytes.equals(Buffer.from(text, 'utf8'))).to.equal(true);
      }),
    );
  });

  it('sha256 is what sha256sum says', () => {
    const text = 'a text\nof two lines\n';
    const printed = execFileSync('sha256sum', { input: text, encoding: 'utf8' });
    expect(escapers.sha256(text)).to.equal(printed.split(' ')[0]);
  });

  it('ipxe lets through one word that iPXE takes as it is, or nothing', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const written = outcome(() => escapers.ipxe(text));
        if (written === undefined) return;
        expect(written)
          .to.equal(text)
          .and.to.match(/^[\x21-\x7e]+$/)
          .and.not.to.match(/\$|^#|^;|^\|\||^&&|\\$/);
      }),
    );
  });

  it('ipxeText lets nothing through that iPXE would act upon', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(escapers.ipxeText(text))
          .to.match(/^[\x20-\x7e]*$/)
          .and.not.to.match(/[$#|;&\\]/);
      }),
    );
  });

  it('unit and line stay on their line', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(escapers.unit, escapers.line), (text, filter) => {
        expect(outcome(() => filter(text)) ?? '').not.to.match(/[\n\r\0\u0085\u2028\u2029]/);
      }),
    );
  });

  const table: { name: string; filter: keyof typeof escapers; value: unknown; want: string | RegExp }[] = [
    { name: 'doubles the specifier sign of units', filter: 'unit', value: '50%', want: '50%%' },
    { name: 'refuses to join lines of units', filter: 'unit', value: 'a\\', want: /ends in a backslash/ },
    { name: 'writes a number as it is', filter: 'number', value: 100000000000, want: '100000000000' },
    { name: 'reads a number from text', filter: 'number', value: ' 42 ', want: '42' },
    { name: 'refuses a number that is none', filter: 'number', value: '4; reboot', want: /is not a number/ },
    { name: 'refuses an empty number', filter: 'number', value: '', want: /is not a number/ },
    {
      name: 'leaves iPXE its own variables in kernel arguments',
      filter: 'ipxeArguments',
      value: ['a=${uuid}', 'b'],
      want: 'a=${uuid} b',
    },
    { name: 'refuses blanks in a kernel argument', filter: 'ipxeArguments', value: ['a b'], want: /blanks/ },
    {
      name: 'refuses the end of a command',
      filter: 'ipxeArguments',
      value: ['||'],
      want: /end the iPXE command/,
    },
    { name: 'says what iPXE cannot take', filter: 'ipxe', value: '${x}', want: /holds a \$/ },
    {
      name: 'keeps typographic apostrophes readable',
      filter: 'ipxeText',
      value: 'the machine’s disk || reboot',
      want: "the machine's disk reboot",
    },
    { name: 'has no text for null', filter: 'shell', value: null, want: /is null.*guard it/ },
    { name: 'has no text for what is missing', filter: 'line', value: undefined, want: /is missing/ },
    { name: 'has no text for an object', filter: 'uri', value: { a: 1 }, want: /is not a single value/ },
    { name: 'has no text for half a character', filter: 'uri', value: '\ud800', want: /Unicode/ },
    { name: 'refuses a line break in a line', filter: 'line', value: 'a\nb', want: /line break/ },
    { name: 'puts trusted text out as it is', filter: 'trusted', value: '$(date)\n', want: '$(date)\n' },
    { name: 'encodes base64', filter: 'base64', value: 'ü', want: 'w7w=' },
  ];
  for (const { name, filter, value, want } of table) {
    it(`${filter} ${name}`, () => {
      if (want instanceof RegExp) expect(() => escapers[filter](value)).to.throw(UnfitValue, want);
      else expect(escapers[filter](value)).to.equal(want);
    });
  }
});

/** What it returns, or nothing when it refuses the value: no other error may come out of a filter. */
function outcome(act: () => string): string | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof UnfitValue) return undefined;
    throw error;
  }
}
