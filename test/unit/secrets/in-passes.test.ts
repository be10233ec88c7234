import { inspect } from 'node:util';
import { expect } from 'chai';
import { UnfitValue } from '../../../src/errors.js';
import { firstPass, inPasses, type PassesParts } from '../../../src/secrets/in-passes.js';
import type { SecretReader } from '../../../src/template/secret-reader.js';
import { TemplateFault } from '../../../src/template/template-fault.js';
import { codeOf, rejection } from '../../support/rejection.js';

const values: Readonly<Record<string, string>> = { a: 'planted-a', b: 'planted-b', which: 'b' };

describe('rendering until all secrets have their values', () => {
  let resolved: string[];
  let renders: number;
  beforeEach(() => {
    resolved = [];
    renders = 0;
  });
  const parts: PassesParts = {
    check: (name) => {
      if (!Object.hasOwn(values, name)) throw new UnfitValue(`asks for ${name}, and there is no such secret`);
    },
    standIn: (name) => `<${name}>`,
    resolve: (name) => {
      resolved.push(name);
      return Promise.resolve(values[name] ?? '');
    },
    showsFaults: false,
  };
  /** As a template does: what a reader throws gets its place. */
  const rendering = (make: (secret: SecretReader) => string) => (secret: SecretReader) => {
    renders += 1;
    try {
      return Promise.resolve(make(secret));
    } catch (error) {
      if (!(error instanceof UnfitValue)) return Promise.reject(error);
      return Promise.reject(new TemplateFault({ template: 't', line: 7 }, error.message, { cause: error }));
    }
  };

  it('renders once what asks for none', async () => {
    expect(
      await inPasses(
        rendering(() => 'plain'),
        parts,
      ),
    ).to.deep.equal({ text: 'plain', names: [] });
    expect([renders, resolved]).to.deep.equal([1, []]);
  });

  it('renders twice what asks for some, and reads each once', async () => {
    const passed = await inPasses(
      rendering((secret) => `${secret('a')} ${secret('b')} ${secret('a')}`),
      parts,
    );
    expect(passed).to.deep.equal({ text: 'planted-a planted-b planted-a', names: ['a', 'b'] });
    expect([renders, resolved]).to.deep.equal([2, ['a', 'b']]);
  });

  it('goes on while values lead to further ones', async () => {
    const { text } = await inPasses(
      rendering((secret) => (secret('which') === 'b' ? secret('b') : 'none')),
      parts,
    );
    expect([text, renders]).to.deep.equal(['planted-b', 3]);
  });

  it('ends where each value leads to another', async () => {
    let count = 0;
    const endless = { ...parts, check: () => undefined };
    const error = await rejection(
      inPasses(
        rendering((secret) => secret(`s${(count += 1)}`)),
        endless,
      ),
    );
    expect(error.message).to.match(/other secrets each time/);
    expect(renders).to.be.lessThan(20);
  });

  it('a stand-in that does not fit is no fault where the value does', async () => {
    const { text } = await inPasses(
      rendering((secret) => {
        if (secret('a').startsWith('<')) throw new UnfitValue('is not a number');
        return secret('a');
      }),
      parts,
    );
    expect(text).to.equal('planted-a');
  });

  it('a fault with values in it is told by its place alone', async () => {
    const render = rendering((secret) => {
      if (secret('a').startsWith('planted')) throw new UnfitValue(`'${secret('a')}' holds a line break`);
      return '';
    });
    const error = await rejection(inPasses(render, parts));
    expect(codeOf(error)).to.equal('TEMPLATE_FAULT');
    expect(error.message).to.match(/^t:7: the value of a secret does not fit there, with a; /);
    expect(JSON.stringify([error.message, error.stack, error.cause])).not.to.include('planted-a');
  });

  it('so is an error that is none of a template', async () => {
    const render = rendering((secret) => {
      if (secret('a').startsWith('planted')) throw new RangeError(`no: ${secret('a')}`);
      return '';
    });
    const error = await rejection(inPasses(render, parts));
    expect(`${error.message} ${error.stack}`).not.to.include('planted-a');
  });

  it('a name that there is not is a fault at its line', async () => {
    const first = await rejection(
      inPasses(
        rendering((secret) => secret('c')),
        parts,
      ),
    );
    expect(first.message).to.equal('t:7: asks for c, and there is no such secret');
  });

  it('a name that hangs on a value is not told: it can be the value', async () => {
    const byValue = rendering((secret) => {
      const value = secret('a');
      return value.startsWith('<') ? '' : secret(value);
    });
    const error = await rejection(inPasses(byValue, parts));
    expect(codeOf(error)).to.equal('TEMPLATE_FAULT');
    expect(error.message).to.match(/^t:7: secret\(…\) asks for one that there is not .* the value of a: /);
    expect(inspect(error, { depth: null, showHidden: true })).not.to.include('planted-a');
    const inCondition = rendering((secret) => (secret('which') === 'b' ? secret('c') : ''));
    expect((await rejection(inPasses(inCondition, parts))).message).to.match(/^t:7: .* the value of which: /);
  });

  it('the first pass alone reads nothing, and tells the names', async () => {
    expect(
      await firstPass(
        rendering((secret) => secret('a')),
        parts,
      ),
    ).to.deep.equal({ text: '<a>', names: ['a'] });
    const unfit = rendering((secret) => {
      throw new UnfitValue(`${secret('a')} is not a number`);
    });
    expect(await firstPass(unfit, parts)).to.deep.equal({ text: undefined, names: ['a'] });
    expect(resolved).to.deep.equal([]);
  });

  it('a fault without secrets is told as it is', async () => {
    const render = rendering(() => {
      throw new UnfitValue('vars.x is missing');
    });
    for (const act of [inPasses(render, parts), firstPass(render, parts)])
      expect((await rejection(act)).message).to.equal('t:7: vars.x is missing');
  });
});
