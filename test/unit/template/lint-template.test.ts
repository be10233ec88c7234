import { expect } from 'chai';
import { TemplateFault } from '../../../src/template/template-fault.js';
import { sampleContext, TemplateFolder } from './template-folder.js';

interface Case {
  readonly name: string;
  readonly text: string;
  /** What is wrong; nothing when the template is right. */
  readonly want?: RegExp;
  readonly line?: number;
}

const V = '{{ host.serial | shell }}';
const Y = '{{ host.serial | yaml }}';

const cases: Readonly<Record<string, readonly Case[]>> = {
  'a.sh': [
    { name: 'a value as a word', text: `x=${V}\necho ${V} a${V}b "q"${V}` },
    { name: 'a value behind closed quotes', text: `echo "it's" 'say "hi"' ${V}` },
    { name: 'a value in a substitution within quotes', text: `echo "$(echo ${V}) ok"` },
    { name: 'a value in a subshell and a function', text: `( echo ${V} )\nf() { echo ${V}; }\necho ${V}` },
    { name: 'a value in a case', text: `case $x in\n  a) echo ${V} ;;\n  (b) echo ${V} ;;\nesac\necho ${V}` },
    {
      name: 'a value in a case within a substitution',
      text: `x="$(case $y in a) echo ${V} ;; esac; echo ${V})"\necho ${V}`,
    },
    { name: 'a value after a comment with an apostrophe', text: `# it's so\nx=${V} # don't\ny=${V}` },
    { name: 'a value after $#, ${#x}-like words and a#b', text: `[ $# -gt 0 ] && a#b && echo ${V}` },
    { name: 'a value after a here-document', text: `cat <<EOF\nit's "\nEOF\necho ${V}` },
    { name: 'a value after a here-document with tabs', text: `cat <<-'EOF'\n\tit's\n\tEOF\necho ${V}` },
    { name: 'a value after an escaped quote', text: `echo \\" ${V}` },
    { name: 'a value after arithmetic', text: `x=$((1 << (2))) && echo ${V}` },
    { name: 'a value after parameter expansions', text: `echo "\${x:-it's}" \${y#"'"} ${V}` },
    {
      name: 'a safe alphabet within quotes',
      text: 'echo "http://h/{{ host.serial | uri }}/$(( {{ 5 | number }} + 1 ))"',
    },
    { name: 'a safe alphabet in a here-document', text: 'cat <<EOF\n{{ host.serial | uri }}\nEOF\n' },
    { name: 'a safe alphabet in a comment', text: "# {{ host.serial | uri }} isn't\nx=1" },
    {
      name: 'a value with no filter',
      text: '\nx={{ host.serial }}',
      want: /without a filter that fits/,
      line: 2,
    },
    {
      name: 'a value whose last filter is none of ours',
      text: 'x={{ host.serial | upper }}',
      want: /without a filter that fits/,
    },
    { name: 'a sum', text: 'x={{ 1 + 1 }}', want: /without a filter that fits/ },
    {
      name: 'a branch with no filter',
      text: 'x={{ (host.serial | shell) if true else host.state }}',
      want: /without a filter/,
    },
    {
      name: 'branches with a filter each',
      text: 'x={{ (host.serial | shell) if true else (host.state | shell) }}',
    },
    { name: 'a call', text: 'x={{ range(3) }}', want: /without a filter that fits/ },
    {
      name: 'the filter of another language',
      text: 'x={{ host.serial | yaml }}',
      want: /through the shell filter/,
    },
    { name: 'a value in double quotes', text: `echo "a ${V}"`, want: /here is an open "/ },
    { name: 'a value in single quotes', text: `echo 'a ${V}'`, want: /here is an open '/ },
    { name: 'a value in $quotes', text: `echo $'a\\' ${V}'`, want: /here is an open \$'/ },
    { name: 'a value in a parameter', text: `echo \${x:-${V}}`, want: /here is an open \$\{/ },
    { name: 'a value in backticks', text: `echo \`x ${V}\``, want: /here is an open backtick/ },
    { name: 'a value in a here-document', text: `cat <<EOF\n${V}\nEOF`, want: /here-document/ },
    { name: 'a value in a comment', text: `# ${V}`, want: /comment/ },
    { name: 'a value behind a backslash', text: `echo \\${V}`, want: /a \\ in front/ },
    { name: 'a value behind a dollar', text: `echo $${V}`, want: /a \$ in front/ },
    { name: 'quotes opened in a branch', text: `echo {% if true %}"{% endif %}x`, want: /branches/ },
    { name: 'quotes opened in a loop', text: `{% for x in host.metadata %}"{% endfor %}`, want: /branches/ },
    {
      name: 'quotes opened and closed in branches',
      text: `{% if true %}"a"{% elif false %}'b'{% else %}c{% endif %} ${V}`,
    },
    { name: 'quotes left open', text: `echo "a`, want: /at the end there is still an open "/ },
    { name: 'a here-document left open', text: `cat <<EOF\nx`, want: /here-document is not ended/ },
    {
      name: 'a # that may begin a comment',
      text: `{% if true %}a{% endif %}#'x'`,
      want: /depends on a branch/,
    },
    { name: 'an include within quotes', text: 'echo "{% include "b.sh" %}"', want: /not within quotes/ },
    {
      name: 'an include of another language',
      text: '{% include "b.yaml" %}',
      want: /not of the same language/,
    },
    {
      name: 'an include of no known language',
      text: '{% include host.serial %}',
      want: /must end in a text/,
    },
    {
      name: 'an include that may be missing',
      text: '{% include "b.sh" ignore missing %}',
      want: /leave "ignore missing" out/,
    },
    {
      name: 'a filter that there is not',
      text: '\n\n{{ host.serial | shel | shell }}',
      want: /no filter 'shel'/,
      line: 3,
    },
    { name: 'a filter for HTML', text: '{{ host.serial | safe | shell }}', want: /no filter 'safe'/ },
    {
      name: 'a test that there is not',
      text: '{% if host.serial is nice %}{% endif %}',
      want: /no test 'is nice'/,
    },
    { name: 'inheritance', text: '{% extends "b.sh" %}', want: /is not used in these templates/ },
    { name: 'a macro', text: '{% macro m() %}{% endmacro %}', want: /is not used in these templates/ },
    {
      name: 'a block that is written through a filter',
      text: "{% filter shell %}a'b{{ host.serial | trusted }}{% endfilter %}",
    },
    {
      name: 'a block with a bare value in it',
      text: '{% set x %}{{ host.serial }}{% endset %}',
      want: /without a filter/,
    },
    {
      name: 'cases of a switch',
      text: `{% switch host.state %}{% case "a" %}"x"{% default %}y{% endswitch %} ${V}`,
    },
  ],
  'a.yaml': [
    {
      name: 'values where scalars begin',
      text: `a: ${Y}\nb: [${Y}, ${Y}]\nc: { d: ${Y} }\ne:\n  - ${Y}\n  - f: ${Y}\n${Y}: 1 # ${Y}`,
    },
    { name: 'a value behind a plain apostrophe', text: `a: it's\nb: ${Y}` },
    { name: 'a value behind quotes', text: `a: "x: \\" ["\nb: 'it''s {'\nc: ${Y}` },
    {
      name: 'any filter in a block',
      text: `a: |\n  [x]\n  y={{ host.serial | unit }} {{ host.serial | shell }}\n\n  it's "\nb: ${Y}`,
    },
    { name: 'a block in a list', text: `- |\n "a\n- b: >-\n    "c {{ host.serial | line }}\n  d: ${Y}` },
    { name: 'blocks in branches', text: `x:\n{% if true %}\n  - a: |\n      it's\n{% endif %}\n  - ${Y}` },
    { name: 'values in branches', text: `a: {% if true %}${Y}{% else %}null{% endif %}\n\nb: ${Y}` },
    {
      name: 'a safe alphabet within text',
      text: 'a: http://h/{{ host.serial | uri }}/x\nb: "q {{ host.serial | uri }}"\nc: {{ 5 | number }}',
    },
    {
      name: 'the filter of another language',
      text: 'a: {{ host.serial | shell }}',
      want: /through the yaml filter/,
    },
    { name: 'a value in quotes', text: `a: "x ${Y}"`, want: /here is an open "/ },
    { name: 'a value in single quotes', text: `a: 'x ${Y}'`, want: /here is an open '/ },
    { name: 'a value within text', text: `a: x ${Y}`, want: /here one has begun/ },
    { name: 'a value before text', text: `a: ${Y}x`, want: /text follows it/ },
    { name: 'two values', text: `a: ${Y}${Y}`, want: /here one has begun/ },
    { name: 'a value behind a block', text: `a: |\n  x\nb: y ${Y}`, want: /here one has begun/ },
    { name: 'a block with a number', text: 'a: |2\n   x', want: /without a number/ },
    { name: 'an open bracket', text: 'a: [1', want: /still an open \[/ },
    { name: 'an open quote', text: 'a: "1', want: /still an open "/ },
    { name: 'a quote in a branch', text: 'a: {% if true %}"{% endif %}', want: /branches/ },
    {
      name: 'a line that may be of a block',
      text: `{% if true %}\na: |\n  x\n{% endif %}\n  b: ${Y}`,
      want: /depends on a branch/,
    },
    { name: 'an include within a line', text: 'a: {% include "b.yaml" %}', want: /on a line of its own/ },
    {
      name: 'a script that is included bare',
      text: 'a: |\n  {% include "b.sh" %}\n',
      want: /not of the same language/,
    },
  ],
  'a.ipxe': [
    {
      name: 'values through the filters of iPXE',
      text: 'echo {{ host.serial | ipxe }} {{ host.serial | ipxeText }} ${mac}\nkernel x/{{ host.serial | uri }}',
    },
    {
      name: 'the filter of another language',
      text: 'echo {{ host.serial | shell }}',
      want: /ipxe, ipxeText/,
    },
    { name: 'a value within a setting', text: 'echo ${x{{ host.serial | ipxe }}}', want: /open \$\{/ },
    { name: 'a value behind a dollar', text: 'echo ${{ host.serial | ipxe }}', want: /open \$\{/ },
  ],
  'a.json': [
    { name: 'whole values', text: '{"a": {{ host.serial | json }}, "b\\"": [{{ host.metadata | json }}]}' },
    { name: 'a safe alphabet in a string', text: '{"a": "x {{ host.serial | uri }}"}' },
    {
      name: 'a value in a string',
      text: '{"a": "{{ host.serial | json }}"}',
      want: /without quotes around it/,
    },
    {
      name: 'the filter of another language',
      text: '{"a": {{ host.serial | shell }}}',
      want: /whole values through the json filter/,
    },
    { name: 'an open string', text: '{"a', want: /still an open "/ },
  ],
  'a.service': [
    { name: 'the filter of units', text: '[Service]\nEnvironment=x={{ host.serial | unit }}' },
    {
      name: 'the filter of another language',
      text: 'x={{ host.serial | shell }}',
      want: /through the unit filter/,
    },
  ],
  'a.cfg': [
    { name: 'any of our filters', text: "d-i x {{ host.serial | line }} '{{ host.serial | shell }}'" },
    { name: 'no filter', text: 'd-i x {{ host.serial }}', want: /without a filter/ },
  ],
};

describe('where values may stand in a template', () => {
  let folder: TemplateFolder;
  before(() => {
    folder = new TemplateFolder({ 'b.sh': 'echo b\n', 'b.yaml': 'b: 1\n' });
  });
  after(() => folder.remove());

  for (const [file, list] of Object.entries(cases)) {
    describe(`in ${file.replace('a.', '*.')}`, () => {
      for (const { name, text, want, line } of list) {
        it(`${want ? 'refuses' : 'takes'} ${name}`, () => {
          folder.write(file, text);
          const act = () => folder.templates.render(file, sampleContext());
          if (!want) {
            act();
            return;
          }
          expect(act).to.throw(TemplateFault, want).with.property('template', file);
          if (line !== undefined) expect(act).to.throw(TemplateFault).with.property('line', line);
        });
      }
    });
  }

  it('keeps a value with a line break on its line, whatever the filter', () => {
    folder.write('a.yaml', "a: |\n  x={{ 'one\\ntwo' | shell }}\n");
    expect(() => folder.templates.render('a.yaml', sampleContext())).to.throw(
      TemplateFault,
      /holds a line break/,
    );
  });
});
