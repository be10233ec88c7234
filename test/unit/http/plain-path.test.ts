import { expect } from 'chai';
import fc from 'fast-check';
import { plainPath } from '../../../src/http/request-target.js';

describe('the path of a request', () => {
  const table: { url: string; want: string }[] = [
    { url: '/', want: '/' },
    { url: '//', want: '/' },
    { url: '/.', want: '/' },
    { url: '/tftp//x', want: '/tftp/x' },
    { url: '//boot.ipxe', want: '/boot.ipxe' },
    { url: '/tftp/./x', want: '/tftp/x' },
    { url: '/tftp/%2E/x', want: '/tftp/x' },
    { url: '/tftp/.//././x/', want: '/tftp/x/' },
    { url: '/a/.b/..c/...', want: '/a/.b/..c/...' },
    { url: '//a/..//./b', want: '/a/../b' },
    { url: '/a/%2e%2e/b', want: '/a/%2e%2e/b' },
    { url: '//ipxe?next=http://x//./y', want: '/ipxe?next=http://x//./y' },
    { url: '*', want: '*' },
    { url: 'http://host//x', want: 'http://host//x' },
  ];
  for (const { url, want } of table) {
    it(`N14: ${url} is ${want}`, () => expect(plainPath(url)).to.equal(want));
  }

  it('N14: has the segments that name something, in their order, climbing ones too', () => {
    const segment = fc.constantFrom('', '.', '%2e', '..', '%2e%2e', 'a', 'b.c', '%2f', '.x');
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const kept = segments.filter((each) => !['', '.', '%2e'].includes(each));
        const plain = plainPath(`/${segments.join('/')}`);
        expect(plain.split('/').filter((each) => each !== '')).to.deep.equal(kept);
        expect(plainPath(plain)).to.equal(plain);
      }),
    );
  });
});
