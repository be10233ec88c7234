import { expect } from 'chai';
import { UnfitValue } from '../../../src/errors.js';
import { renderIgnition } from '../../../src/template/ignition.js';
import { SECRETS, type SecretReader } from '../../../src/template/secret-reader.js';
import { sampleContext, TemplateFolder } from './template-folder.js';

describe('secret() in templates', () => {
  let folder: TemplateFolder;
  beforeEach(() => (folder = new TemplateFolder()));
  afterEach(() => folder.remove());

  const read: SecretReader = (name) => {
    if (name === 'nope') throw new UnfitValue('asks for nope, and there is no such secret');
    return `it's ${name}`;
  };
  const render = (name: string, text: string, secrets: SecretReader | undefined = read) => {
    folder.write(name, text);
    return folder.templates.render(name, { ...sampleContext(), [SECRETS]: secrets });
  };

  const rows = [
    { name: 'a.sh', text: "x={{ secret('root') | shell }}\n", want: "x='it'\\''s root'\n" },
    { name: 'a.yaml', text: "x: {{ secret('root') | yaml }}\n", want: 'x: "it\'s root"\n' },
    {
      name: 'a.sh',
      text: "x={{ ('a' ~ secret('r' ~ 'oot')) | base64 | shell }}\n",
      want: "x='YWl0J3Mgcm9vdA=='\n",
    },
    { name: 'a.sh', text: "{% set s = secret('root') %}x={{ s | length | number }}\n", want: 'x=9\n' },
    { name: 'a.sh', text: "{% if secret('root') == \"it's root\" %}\nyes\n{% endif %}\n", want: 'yes\n' },
    {
      name: 'a.sh',
      text: '{% for c in ["r"] %}\nx={{ secret(c) | shell }}\n{% endfor %}\n',
      want: "x='it'\\''s r'\n",
    },
  ];
  for (const { name, text, want } of rows) {
    it(JSON.stringify(text), () => expect(render(name, text)).to.equal(want));
  }

  it('in what is included, and in Ignition', async () => {
    folder.write('inner.yaml', "      contents: { inline: {{ secret('root') | yaml }} }\n");
    folder.write(
      'a.yaml',
      'ignition: { version: 3.3.0 }\nstorage:\n  files:\n    - path: /etc/x\n      {% include "inner.yaml" %}\n',
    );
    const context = { ...sampleContext(), [SECRETS]: read };
    const { storage } = JSON.parse(renderIgnition(folder.templates, 'a.yaml', context)) as {
      storage: { files: { contents: { source: string } }[] };
    };
    const source = storage.files[0]?.contents.source ?? '';
    expect(await (await fetch(source)).text()).to.equal("it's root");
  });

  const faults = [
    {
      name: 'a name that there is not',
      file: 'a.sh',
      text: "\n\nx={{ secret('nope') | shell }}\n",
      says: /^a\.sh:3: secret\(…\) asks for nope/,
    },
    {
      name: 'no name',
      file: 'a.sh',
      text: 'x={{ secret() | shell }}\n',
      says: /^a\.sh:1: secret\(…\) takes one name/,
    },
    { name: 'two names', file: 'a.sh', text: "x={{ secret('a', 'b') | shell }}\n", says: /takes one name/ },
    {
      name: 'what is no text',
      file: 'a.sh',
      text: 'x={{ secret(7) | shell }}\n',
      says: /^a\.sh:1: secret\(…\) is called with a name in quotes/,
    },
    {
      name: 'no filter behind it',
      file: 'a.sh',
      text: "x={{ secret('a') }}\n",
      says: /without a filter that fits/,
    },
    {
      name: 'a script for iPXE',
      file: 'a.ipxe',
      text: "#!ipxe\necho {{ secret('a') | ipxe }}\n",
      says: /^a\.ipxe:2: a script of firmware is no place for a secret/,
    },
    {
      name: 'one for iPXE, in a condition',
      file: 'a.ipxe',
      text: "#!ipxe\n{% if secret('a') %}\nshell\n{% endif %}\n",
      says: /^a\.ipxe:2: a script of firmware/,
    },
  ];
  for (const { name, file, text, says } of faults) {
    it(`a fault with its line: ${name}`, () => expect(() => render(file, text)).to.throw(says));
  }

  it('a fault where what is made is not one machine’s', () => {
    folder.write('a.sh', "x={{ secret('root') | shell }}\n");
    const act = () => folder.templates.render('a.sh', sampleContext());
    expect(act).to.throw(/^a\.sh:1: secret\(…\) has no place here/);
  });

  it('no template reaches what reads them in another way', () => {
    expect(() => render('a.sh', 'x={{ secret | shell }}\n')).to.throw(/secret is missing/);
    expect(() => render('a.sh', "x={{ this['imago secrets'] | shell }}\n")).to.throw(/this is missing/);
  });
});
