import { expect } from 'chai';
import fc from 'fast-check';
import { translateButane } from '../../../../../src/dialects/matchbox/butane/translate-butane.js';
import { serveIgnition } from '../../../../../src/dialects/matchbox/butane/serve-ignition.js';
import { countedSteps } from '../../../../support/counted-steps.js';

const header = 'variant: flatcar\nversion: 1.1.0\n';
const translate = (text: string) => translateButane(`${header}${text}`, 'node.yaml');

function faultOf(text: string): string {
  try {
    translate(text);
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
}

const keys = (count: number) => Array.from({ length: count }, (_, index) => `k${index}`);
const times = (text: string, count: number) => Array.from({ length: count }, () => text).join(', ');

/** Eight for each of the 50,000 keys and values that may be read, and for each of the 65,536 words that they are made of. */
const MOST_STEPS = 8 * (50_000 + 65_536);

const expectFewSteps = (text: string): void => {
  const steps = countedSteps(() => translate(text));
  expect(steps).to.be.below(MOST_STEPS);
};

/** Tables of which each merges the one before it many times, and lists that name the last. */
const layers = fc
  .record({
    keys: fc.integer({ min: 0, max: 400 }),
    merges: fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 5 }),
    files: fc.integer({ min: 0, max: 400 }),
    file: fc.constantFrom('*last', '{ <<: *last }', '{ <<: [*last, *last] }'),
  })
  .map(({ keys: count, merges, files, file }) =>
    [
      `x0: &a0 { ${keys(count).join(', ')} }`,
      ...merges.map((many, index) => `x${index + 1}: &a${index + 1} { <<: [${times(`*a${index}`, many)}] }`),
      `x: &last { <<: *a${merges.length} }`,
      `<<: [${times('*last', files)}]`,
      `storage: { files: [${times(file, files)}] }`,
    ].join('\n'),
  );

describe('a hostile Butane config', () => {
  it('costs no more steps than its bounds allow, however its tables merge each other', () => {
    fc.assert(fc.property(layers, expectFewSteps), { numRuns: 25 });
  });

  for (const { name, text } of [
    {
      name: 'a label of 2 KB that merges a table 47,500 times',
      text: `x: &a { ${keys(300).join(',')} }\ny: &b {<<: [${times('*a', 250)}]}\nz: &c {<<: [${times('*b', 190)}]}\n<<: [*c]\n`,
    },
    {
      name: 'a table of 3000 keys, merged 3000 times',
      text: `x: &a\n${keys(3000)
        .map((key) => `  ${key}:\n`)
        .join('')}<<: [${times('*a', 3000)}]\n`,
    },
    {
      name: 'a table of 8000 keys',
      text: `x:\n${keys(8000)
        .map((key) => `  ${key}:\n`)
        .join('')}`,
    },
    {
      name: 'a table of 300 keys as each of 700 files',
      text: `x: &a { ${keys(300).join(',')} }\nstorage: { files: [${times('*a', 700)}] }\n`,
    },
    { name: 'a list of 350,000 texts', text: `x: [${'a,'.repeat(350_000)}]\n` },
  ]) {
    it(`costs few steps: ${name}`, () => expectFewSteps(text));
  }

  it('is told what is too much in it', () => {
    const merged = `x: &a { ${keys(300).join(',')} }\nstorage: { files: [${times('*a', 700)}] }\n`;
    expect(faultOf(merged)).to.equal(
      'node.yaml:3: storage.files[164]: there are more than 50000 keys and values, or too much text: aliases repeat what they name',
    );
    const words = 'has more than 65536 words and signs: name a URL for what is big';
    expect(faultOf(`a: b\nx: [${'a,'.repeat(33_000)}]\n`)).to.equal(`node.yaml:4: ${words}`);
    expect(faultOf(`x: &a\n${'  k:\n'.repeat(30_000)}<<: [${times('*a', 45_000)}]\n`)).to.contain(words);
    expect(faultOf(`x: ${'['.repeat(200)}`)).to.equal('node.yaml:3: is nested too deeply to be read');
  });

  it('is refused for a key that a table has twice, where Go reads it: also <<', () => {
    expect(faultOf('storage: {}\nsystemd: {}\n"storage": {}\n')).to.equal(
      'node.yaml:5: storage: stands in line 3 already: write it once',
    );
    expect(faultOf('x: &a { passwd: }\n<<: *a\n<<: *a\n')).to.equal(
      'node.yaml:5: <<: stands in line 4 already: write it once',
    );
    expect(faultOf('x: { a: 1, a: 2 }\n')).to.equal('none');
  });

  it('gets short warnings of a long key, however often aliases repeat it', () => {
    const key = 'x'.repeat(10_000);
    const { warnings } = translate(`x: &a { ? ${key} }\n<<: *a\nignition: *a\npasswd: { <<: *a }\n`);
    expect(warnings.map(({ field }) => field?.length)).to.deep.equal([1, 109, 107, 100]);
    expect(faultOf(`passwd: { ? ${key}, ? ${key} }\n`)).to.have.length.below(200);
  });

  it('may be long where its text is', () => {
    expect(faultOf(`x: |\n${'  [a, b]: c\n'.repeat(50_000)}`)).to.equal('none');
  });
});

describe('a hostile Ignition config', () => {
  it('costs few steps however many unknown fields it has', () => {
    const text = `{"ignition":{"version":"3.3.0"},${keys(8000)
      .map((key) => `"${key}":1`)
      .join(',')}}`;
    const steps = countedSteps(() => serveIgnition(text, 'node.ign'));
    expect(steps).to.be.below(MOST_STEPS);
  });
});
