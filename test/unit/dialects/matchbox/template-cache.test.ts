import { expect } from 'chai';
import { TemplateCache } from '../../../../src/dialects/matchbox/template-cache.js';

describe('parsed templates of matchbox', () => {
  let parsed: string[];
  let cache: TemplateCache;
  const get = (name: string, text: string) => cache.get(name, Buffer.from(text)).execute({});

  beforeEach(() => {
    parsed = [];
    cache = new TemplateCache({
      template(name, text) {
        parsed.push(name);
        return { execute: () => text.toString() };
      },
    });
  });

  it('are parsed once for as long as their text is the same', () => {
    expect([get('a', 'x'), get('a', 'x'), get('a', 'y'), get('b', 'y')]).to.deep.equal(['x', 'x', 'y', 'y']);
    expect(parsed).to.deep.equal(['a', 'a', 'b']);
  });

  it('take 16 MiB at most: the longest unused goes', () => {
    const large = 'x'.repeat(6 * 1024 * 1024);
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) get(name, large);
    expect(parsed).to.deep.equal(['a', 'b', 'c', 'b']);
  });
});
