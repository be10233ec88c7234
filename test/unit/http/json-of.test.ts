import { expect } from 'chai';
import { jsonOf } from '../../../src/http/parse-request.js';

const long = ' '.repeat(3000);

const values: readonly { readonly body: string; readonly want: unknown }[] = [
  { body: '{"a":[1,"2",null]}', want: { a: [1, '2', null] } },
  { body: '{"a":"\\u00e9"}', want: { a: 'é' } },
  { body: '{"a":"__proto__"}', want: { a: '__proto__' } },
  { body: '"constructor"', want: 'constructor' },
  { body: '', want: undefined },
  { body: '{', want: undefined },
  { body: `${'['.repeat(20_000)}${']'.repeat(20_000)}`, want: undefined },
];

const hidden = [
  '{"__proto__":{}}',
  '{"a":[{"__proto__":1}]}',
  '{"\\u005f_proto__":{}}',
  '{"_\\u005F\\u0070roto__":1}',
];

describe('the JSON of a body', () => {
  for (const { body, want } of values) {
    it(`is ${JSON.stringify(want)} for ${body.slice(0, 30)}, however long`, () => {
      expect(jsonOf(body)).to.deep.equal(want);
      expect(jsonOf(`${long}${body}`)).to.deep.equal(want);
    });
  }

  for (const body of hidden) {
    it(`is refused for ${body}, however long`, () => {
      expect(() => jsonOf(body)).to.throw("'__proto__' is a name");
      expect(() => jsonOf(`${long}${body}`)).to.throw("'__proto__' is a name");
    });
  }
});
