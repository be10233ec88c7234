/** What would be heard, run, or believed, where it came through as it is. `PWN` stands in each. In Latin-1: what goes over the wire, byte by byte. */
export const payloads: Readonly<Record<string, string>> = {
  'a terminal cleared and coloured (ANSI)': '\x1b[2J\x1b[1;31mPWN\x1b]0;PWN\x07',
  'a link of a terminal (OSC 8)': '\x1b]8;;http://evil.example/\x07PWN\x1b]8;;\x07',
  'the clipboard of a terminal (OSC 52)': '\x1b]52;c;UFdO\x07PWN',
  'the same in one byte (C1)': utf8('\u009b2JPWN\u009d52;c;UFdO\u009c'),
  'a line of its own': 'a\nPWN\n#!ipxe\nPWN\n- PWN: PWN',
  'headers, and an answer, of its own': 'a\r\nPWN: 1\r\n\r\nPWN',
  'only a carriage return': 'good\rPWN',
  backspaces: 'good\b\b\b\bPWN\x7f',
  'Nunjucks and Go templates': '{{ PWN }}{% for x in range(9) %}PWN{% endfor %}{{.PWN}}{{printf "PWN"}}',
  'variables of iPXE and the shell': '${PWN}$(touch PWN)`PWN`;PWN|PWN&PWN>PWN#PWN',
  quotes: `'"PWN"'\\"PWN\\`,
  YAML: '!!js/function PWN: &a [*a, PWN]\u0085- PWN',
  JSON: '","PWN":{"PWN":["',
  'a key of every object': '__proto__',
  'another key of every object': 'constructor',
  'a pattern for files': '*PWN?[a-z]{PWN,PWN}',
  'a way out of the folder': '../../../../PWN/..%2fPWN\\..\\PWN',
  'the end of a C string': 'a\0PWN',
  'no UTF-8': '\xff\xfe\xc0\x80\xed\xa0\x80PWN',
  'text that runs backwards (bidi)': utf8('\u202ePWN\u2066PWN\u200f\u2028PWN\u2029\ufeff'),
  much: `PWN${'A'.repeat(3000)}`,
  formats: '%s%n%d%xPWN%0aPWN%1b[2J',
};

function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** What a terminal, or a reader, takes for more than a character: C0 but for ends of lines and tabs, DEL, C1, and marks that turn the direction. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const HARMFUL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** The first harmful character of a text, with what stands around it, as JSON shows it; undefined where there is none. */
export function harmIn(text: string): string | undefined {
  const at = text.search(HARMFUL);
  return at < 0
    ? undefined
    : `${JSON.stringify(text.slice(Math.max(0, at - 60), at + 60))} (U+${text.codePointAt(at)?.toString(16)})`;
}
