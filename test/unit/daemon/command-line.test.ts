import { expect } from 'chai';
import { readCommandLine, WrongCommandLine } from '../../../src/daemon/command-line.js';

describe('daemon/command-line', () => {
  it('reads what is to be done', () => {
    expect(readCommandLine(['--check-config', '--config', 'a.yaml'])).to.include({
      'check-config': true,
      config: 'a.yaml',
    });
    expect(readCommandLine([])).to.include({ config: 'conf/imago.yaml' });
  });

  for (const { line, says } of [
    { line: '--bogus', says: "there is no option '--bogus'" },
    {
      line: 'foo',
      says: "'foo' is not understood: imago takes options alone, its machines are driven with imagoctl",
    },
    { line: '--config', says: '--config needs a value after it' },
    { line: '--restore --config x', says: '--restore needs a value after it' },
    { line: '--help=1', says: '--help takes no value' },
  ]) {
    it(`refuses ${line}, and points to the help`, () => {
      expect(() => readCommandLine(line.split(' '))).to.throw(WrongCommandLine, `${says}; see imago --help`);
    });
  }
});
