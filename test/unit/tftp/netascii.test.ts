import { expect } from 'chai';
import { toNetascii } from '../../../src/tftp/transferred-form.js';

describe('netascii', () => {
  for (const { name, text, want } of [
    { name: 'text without line ends stays', text: 'abc', want: 'abc' },
    { name: 'a line feed', text: 'a\nb', want: 'a\r\nb' },
    { name: 'a carriage return', text: 'a\rb', want: 'a\r\0b' },
    { name: 'both', text: '\r\n', want: '\r\0\r\n' },
    { name: 'nothing', text: '', want: '' },
  ]) {
    it(name, () => expect(Buffer.from(toNetascii(Buffer.from(text))).toString()).to.equal(want));
  }
});
