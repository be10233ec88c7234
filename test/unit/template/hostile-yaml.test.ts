import { expect } from 'chai';
import fc from 'fast-check';
import { parseRendered, parseWhole } from '../../../src/template/yaml-document.js';
import { countedSteps } from '../../support/counted-steps.js';

function faultOf(text: string): string {
  try {
    parseRendered(text, 'node.yaml');
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
}

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

const STEPS_OF_A_UNIT = 30;
const expectFewSteps = (text: string): void => {
  const steps = countedSteps(() => parseWhole(text, 'node.yaml'));
  expect(steps).to.be.below(50_000 + STEPS_OF_A_UNIT * text.length);
};

/** Tables of many keys, in flow and in blocks, under anchors that are named and merged. */
const tables = fc
  .record({
    head: fc.constantFrom('', '%YAML 1.1\n---\n', '#cloud-config\n'),
    keys: fc.integer({ min: 0, max: 4000 }),
    isFlow: fc.boolean(),
    aliases: fc.integer({ min: 0, max: 300 }),
    merges: fc.integer({ min: 0, max: 300 }),
  })
  .map(({ head, keys, isFlow, aliases, merges }) => {
    const table = isFlow
      ? `{ ${lines(keys, (i) => `k${i},`)} }`
      : `\n${lines(keys, (i) => `  k${i}: !!str`)}`;
    return `${head}x: &a ${table}\ny: [${'*a, '.repeat(aliases)}]\n<<: [${'*a, '.repeat(merges)}]\n`;
  });

describe('hostile YAML of a template', () => {
  it('costs no more steps than its length allows', () => {
    fc.assert(fc.property(tables, expectFewSteps), { numRuns: 20 });
  });

  it('costs few steps with a table of 8000 keys', () => {
    expectFewSteps(`x:\n${lines(8000, (i) => `  k${i}: !!str`)}`);
  });

  for (const { name, text, want } of [
    {
      name: 'more words and signs than may be read',
      text: `x: [${'a,'.repeat(33_000)}]`,
      want: 'node.yaml:1: has more than 65536 words and signs: name a URL for what is big (line 1 of the output of node.yaml: ',
    },
    {
      name: 'more aliases than are looked up',
      text: `- &a x\n${lines(201, () => '- *a')}`,
      want: 'node.yaml:202: has more than 200 aliases (*) (line 202 of the output of node.yaml: - *a)',
    },
    {
      name: 'more levels than a reader follows that calls itself',
      text: `x: ${'['.repeat(4000)}`,
      want: 'node.yaml:1: is nested too deeply to be read (line 1 of ',
    },
    {
      name: 'more directives than anybody writes',
      text: `${lines(17, () => '%a')}\n---\na: b`,
      want: 'node.yaml:17: has more than 16 directives (%) (line 17 of ',
    },
    {
      name: 'a key that a table has twice',
      text: 'a: !!str b\nc: { d: e, "d": f }\n',
      want: 'node.yaml:2: makes no YAML: Map keys must be unique (line 2 of the output of node.yaml: c: { d: e, "d": f })',
    },
    {
      name: 'a second document',
      text: 'a: !!str b\n---\nc: d\n',
      want: 'node.yaml:2: makes no YAML: a second document begins here',
    },
  ]) {
    it(`is refused with its line: ${name}`, () => expect(faultOf(text)).to.include(want));
  }

  it('keeps stars of texts that are no aliases', () => {
    const stars = lines(300, () => '  * item');
    expect(parseRendered(`a: !!str |\n${stars}\n`, 'node.yaml').value).to.have.property('a');
    expect(faultOf(`a:\n${lines(300, () => '  - !!str "*"')}`)).to.equal('none');
  });

  it('tells a fault of a document that is too long to find lines in by its field alone', () => {
    const document = parseRendered(
      lines(20_000, (i) => `key${i}: value`),
      'node.yaml',
    );
    expect(document.fault(['key1'], 'is wrong').message).to.equal('node.yaml: key1: is wrong');
  });
});
