import { expect } from 'chai';
import fc from 'fast-check';
import { asCode, joinCode } from '../../../src/joining/join-code.js';

const key = Buffer.alloc(32, 1);

describe('the code of a machine that waits', () => {
  it('is made of its name: the same each time', () => {
    expect(joinCode(key, 'a1 ', () => false)).to.equal(joinCode(key, 'a1 ', () => false));
  });

  it('is another one of the same length where somebody has it', () => {
    const first = joinCode(key, 'a1 ', () => false);
    const second = joinCode(key, 'a1 ', (code) => code === first);
    expect(second).to.have.length(4);
    expect(second).not.to.equal(first);
  });

  it('is longer where many have it', () => {
    expect(joinCode(key, 'a1 ', (code) => code.length < 6)).to.have.length(6);
  });

  it('has no character that is taken for another', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(joinCode(key, name, () => false))
          .to.match(/^[A-Z3-9]{4}$/)
          .and.not.match(/[BILOQSZ58]/);
      }),
    );
  });

  it('may be typed in lower case, with blanks around it', () => expect(asCode(' k7qm ')).to.equal('K7QM'));
});
