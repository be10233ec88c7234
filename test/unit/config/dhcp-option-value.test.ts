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

  for (const { when, isTaken } of [
    { when: { macPrefix: ['B8-27-EB'] }, isTaken: true },
    { when: { vendorClass: 'PXEClient:Arch:00041' }, isTaken: true },
    { when: { architecture: 41 }, isTaken: false },
  ]) {
    it(`N11: 60 is ${isTaken ? 'taken' : 'refused'} with ${JSON.stringify(when)}`, () => {
      const { error, data } = extraOption.safeParse({ code: 60, type: 'text', value: 'PXEClient', when });
      expect(data !== undefined).to.equal(isTaken);
      if (!isTaken) expect(error?.issues[0]).to.deep.include({ path: ['code'] });
    });
  }

  it('N11: a MAC prefix may be written as a MAC address may', () => {
    const { data } = extraOption.safeParse({
      code: 43,
      type: 'hex',
      value: '06',
      when: { macPrefix: ['B8-27-EB', 'dc:A6'] },
    });
    expect(data?.when).to.deep.equal({ macPrefix: ['b8:27:eb', 'dc:a6'] });
  });

  for (const code of [15, 26, 43, 150, 175, 252]) {
    it(`${code} is taken`, () => {
      expect(extraOption.safeParse({ code, type: 'text', value: 'x' }).success).to.equal(true);
    });
  }
});
