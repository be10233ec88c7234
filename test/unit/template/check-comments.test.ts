import { expect } from 'chai';
import { checkComments } from '../../../src/template/check-comments.js';
import { TemplateFault } from '../../../src/template/template-fault.js';
import { sampleContext, TemplateFolder } from './template-folder.js';

describe('comments of templates', () => {
  const refused: readonly { name: string; text: string; line: number; want: RegExp }[] = [
    {
      name: '${#list} … ${name%#}, between which all text would vanish',
      text: 'set -u\nn=${#list}\nrm -rf "$there"\necho "${name%#}"\n',
      line: 2,
      want: /^s\.sh:2: \$\{# begins a comment .* \{% raw %\}/,
    },
    { name: '${#list} alone', text: 'n=${#list}\n', line: 1, want: /begins a comment .* \{% raw %\}/ },
    {
      name: '${#list} before a comment',
      text: 'n=${#list}\n{# a comment #}\n',
      line: 1,
      want: /begins a comment/,
    },
    {
      name: '${name%#} within a comment, which it ends',
      text: '{# cuts\n   as ${name%#} does #}\necho\n',
      line: 2,
      want: /ends within this/,
    },
    { name: 'a comment without an end', text: 'a\n{# b\n', line: 2, want: /has no end/ },
    {
      name: '${#list} after a raw block',
      text: '{% raw %}${#a}{% endraw %}\n${#b}\n#}',
      line: 2,
      want: /begins a comment/,
    },
    {
      name: '${#list} after a text in a tag that looks like one',
      text: "{% set a = '{% raw %}' %}\n${#b} #}\n",
      line: 2,
      want: /begins a comment/,
    },
  ];
  for (const { name, text, line, want } of refused) {
    it(`M4: are refused for ${name}, with the place and the way out`, () => {
      expect(() => checkComments(text, 's.sh'))
        .to.throw(TemplateFault, want)
        .that.includes({ line });
    });
  }

  for (const text of [
    '{# a comment #}\n',
    '{#- a comment -#}',
    'a{# two\nlines #}b',
    '{# all of ${name} #}',
    'echo "${name%#}"\n',
    'echo $# ${name##*/} # a comment }\n',
    '{% raw %}n=${#list} ${name%#}{% endraw %}\n',
    '{% raw %}{% raw %}${#a}{% endraw %}${#b}{% endraw %}\n',
    '{%- verbatim -%}${#a}{% endverbatim %}',
    "{{ '${#a}' | shell }}\n",
    "{% set a = 'it\\'s %} ${#a}' %}\n",
  ]) {
    it(`stay what they are: ${JSON.stringify(text)}`, () => {
      expect(() => checkComments(text, 's.sh')).not.to.throw();
    });
  }

  it('M4: refuse the template when it is rendered, and take it in a raw block as it is', () => {
    const folder = new TemplateFolder({
      's.sh': 'n=${#list}\nrm -rf "$there"\necho "${name%#}"\n',
      'r.sh': '{% raw %}\nn=${#list}\necho "${name%#}"\n{% endraw %}\n',
    });
    try {
      expect(() => folder.templates.render('s.sh', sampleContext())).to.throw(TemplateFault, 's.sh:1: ${#');
      expect(folder.templates.render('r.sh', sampleContext())).to.contain('n=${#list}\necho "${name%#}"\n');
    } finally {
      folder.remove();
    }
  });
});
