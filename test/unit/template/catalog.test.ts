import { expect } from 'chai';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { TemplateFault } from '../../../src/template/template-fault.js';
import { sampleContext, sampleHost, TemplateFolder } from './template-folder.js';

describe('the catalog of templates', () => {
  let folder: TemplateFolder;
  beforeEach(() => {
    folder = new TemplateFolder();
  });
  afterEach(() => folder.remove());

  const render = (name: string, text: string) => {
    folder.write(name, text);
    return folder.templates.render(name, sampleContext());
  };
  const faultOf = (act: () => unknown): TemplateFault => {
    try {
      act();
    } catch (error) {
      if (error instanceof TemplateFault) return error;
      throw error;
    }
    throw new Error('nothing was wrong');
  };

  it('renders values through filters', () => {
    expect(render('a.sh', 'x={{ host.serial | shell }}\n')).to.equal("x='ser-0001'\n");
  });

  it('leaves no trace of lines that hold only tags and comments', () => {
    const text =
      'a\n  {% if true %}\n  {# two\n lines #}\nb\n  {% endif %}\n{% set x = 1 %}{% if x %}{% endif %}\nc\n';
    expect(render('a.txt', text)).to.equal('a\nb\nc\n');
  });

  it('keeps lines as they are that hold a tag and text, and between raw and endraw', () => {
    expect(
      render('a.txt', '  {% if true %}a{% endif %} \n{% raw %}\n  {% if %}\n{{ x }}\n{% endraw %}b\n'),
    ).to.equal('  a \n\n  {% if %}\n{{ x }}\nb\n');
  });

  it('includes snippets, whose name may depend on a value', () => {
    folder.write('snippets/network/single.yaml', '- {{ host.serial | yaml }}\n');
    expect(render('a.yaml', 'list:\n{% include "network/" ~ profile.network.model ~ ".yaml" %}\n')).to.equal(
      'list:\n- "ser-0001"\n',
    );
  });

  it('puts a text together and writes it as a whole', () => {
    folder.write('snippets/script.sh', 'echo {{ host.serial | shell }} "$1"\n');
    const text = '{% set script %}{% include "script.sh" %}{% endset %}\ncontent: {{ script | yaml }}\n';
    expect(render('a.yaml', text)).to.equal('content: "echo \'ser-0001\' \\"$1\\"\\n"\n');
  });

  it('reads a file again that was changed, and a snippet too', () => {
    folder.write('snippets/s.txt', 'one');
    expect(render('a.txt', '{% include "s.txt" %}')).to.equal('one');
    folder.write('snippets/s.txt', 'two');
    utimesSync(join(folder.folder, 'snippets/s.txt'), 1, 2);
    expect(folder.templates.render('a.txt', sampleContext())).to.equal('two');
    folder.write('a.txt', 'three!');
    expect(folder.templates.render('a.txt', sampleContext())).to.equal('three!');
  });

  it('takes a value for a text, never for a template', () => {
    const host = { ...sampleHost, overrides: { trick: '{{ host.serial | shell }}{% include "b" %}' } };
    folder.write('a.sh', 'x={{ vars.trick | shell }}');
    expect(folder.templates.render('a.sh', sampleContext({ host }))).to.equal(
      'x=\'{{ host.serial | shell }}{% include "b" %}\'',
    );
  });

  const missing = [
    { name: 'a value', text: '{{ host.nope | shell }}', want: /host\.nope is missing: docs\/templates\.md/ },
    {
      name: 'a variable',
      text: '{{ vars.nope | shell }}',
      want: /vars\.nope is missing: set it in templateVariables/,
    },
    { name: 'a word of its own', text: '{{ nope | shell }}', want: /nope is missing/ },
    {
      name: 'what is below nothing',
      text: '{{ host.uuid.nope | shell }}',
      want: /host\.uuid\.nope is missing/,
    },
    {
      name: 'an item of a list',
      text: '{{ host.macAddresses[7] | shell }}',
      want: /host\.macAddresses\[7\] is missing/,
    },
    { name: 'a condition', text: '{% if host.nope %}x{% endif %}', want: /host\.nope is missing/ },
    {
      name: 'part of a condition',
      text: '{% if not (host.serial and host.nope == 1) %}x{% endif %}',
      want: /host\.nope is missing/,
    },
    {
      name: 'what a loop runs over',
      text: '{% for x in vars.nope %}x{% endfor %}',
      want: /vars\.nope is missing/,
    },
    {
      name: 'a text that is put together',
      text: '{{ ("a" ~ host.nope) | shell }}',
      want: /host\.nope is missing/,
    },
    {
      name: 'the argument of a filter',
      text: '{{ host.metadata | join(vars.nope) | shell }}',
      want: /vars\.nope is missing/,
    },
    { name: 'what is set', text: '{% set x = host.nope %}', want: /host\.nope is missing/ },
    {
      name: 'what leads to a default',
      text: "{{ host.nope.more | default('x') | shell }}",
      want: /host\.nope is missing/,
    },
    {
      name: 'the name of what is included',
      text: '{% include host.nope ~ ".sh" %}',
      want: /host\.nope is missing/,
    },
  ];
  for (const { name, text, want } of missing) {
    it(`finds ${name} missing, and names the line`, () => {
      const fault = faultOf(() => render('a.sh', `one\ntwo\n${text}\n`));
      expect(fault.reason).to.match(want);
      expect(fault).to.include({ template: 'a.sh', line: 3, code: 'TEMPLATE_FAULT' });
    });
  }

  it('may ask for what is missing by a test or a default', () => {
    const text =
      "{% if vars.nope is defined %}a{% endif %}{{ vars.nope | default('b') | shell }}{{ host.uuid | default('c', true) | shell }}";
    expect(render('a.sh', text)).to.equal("'b''c'");
    expect(render('b.sh', '{% if vars.nope is not defined and host.uuid is none %}x{% endif %}')).to.equal(
      'x',
    );
  });

  it('names the snippet and its line when the fault is there', () => {
    folder.write('snippets/s.sh', 'a\n{{ host.nope | shell }}');
    const fault = faultOf(() => render('a.sh', '\n\n{% include "s.sh" %}'));
    expect(fault).to.include({ template: 's.sh', line: 2 });
  });

  it('names the line of a value that a filter cannot write', () => {
    const fault = faultOf(() => render('a.sh', '\n\nx={{ host.uuid | shell }}'));
    expect(fault.message).to.equal(
      "a.sh:3: a value for | shell is null, it is not known here: guard it with {% if … %} or give it a default('…', true)",
    );
  });

  const faulty = [
    {
      name: 'a template that is not there',
      template: 'b.sh',
      want: /b\.sh: is missing: there is no such file in/,
    },
    { name: 'a path out of the folder', template: '../b.sh', want: /is not a path below the folder/ },
    { name: 'an absolute path', template: '/etc/passwd', want: /is not a path below the folder/ },
  ];
  for (const { name, template, want } of faulty) {
    it(`refuses ${name}`, () => {
      expect(faultOf(() => folder.templates.render(template, sampleContext())).message).to.match(want);
    });
  }

  it('names a snippet that is not there', () => {
    expect(faultOf(() => render('a.sh', '{% include "nope.sh" %}'))).to.include({ template: 'nope.sh' });
  });

  it('names the line of a syntax error', () => {
    const fault = faultOf(() => render('a.sh', 'a\nb\n{% if x %}\n'));
    expect(fault.message).to.match(/^a\.sh:\d+: is not a template: /);
    expect(faultOf(() => render('b.sh', 'a\n{{ host.serial | shell \n'))).to.include({ template: 'b.sh' });
    expect(faultOf(() => render('c.sh', 'a\n{{ 1 + | shell }}'))).to.include({ template: 'c.sh', line: 2 });
  });
});
