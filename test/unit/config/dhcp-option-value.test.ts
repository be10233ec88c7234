import { expect } from 'chai';
import { extraOption } from '../../../src/config/dhcp-option-value.js';

const refused: { code: number; why: RegExp }[] = [
  { code: 60, why: /PXE-E16: leave it out$/ },
  { code: 97, why: /set by the server itself/ },
  { code: 12, why: /would give every machine one name/ },
  ...[56, 77, 80, 93, 94, 118].map((code) => ({ code, why: /nothing that a server sends/ })),
];

describe('N8: further options of a network', () => {
  for (const { code, why } of refused) {
    it(`${code} is refused with the reason`, () => {
      const { error } = extraOption.safeParse({ code, type: 'text', value: 'PXEClient' });
      expect(error?.issues.map(({ message }) => message).join()).to.match(why);
    });
  }

  for (const code of [15, 26, 43, 150, 175, 252]) {
    it(`${code} is taken`, () => {
      expect(extraOption.safeParse({ code, type: 'text', value: 'x' }).success).to.equal(true);
    });
  }
});
