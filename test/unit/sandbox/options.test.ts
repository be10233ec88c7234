import { expect } from 'chai';
import { parseOptions, UsageError } from '../../../sandbox/options.js';

describe('the command line of the sandbox', () => {
  const sound = [
    { words: '', machines: 'bios bios uefi', keep: false, timeoutSeconds: 900 },
    { words: '--machines 1', machines: 'bios', keep: false, timeoutSeconds: 900 },
    { words: '--machines 4', machines: 'bios bios uefi bios', keep: false, timeoutSeconds: 900 },
    { words: '--machines 2 --firmware uefi', machines: 'uefi uefi', keep: false, timeoutSeconds: 900 },
    { words: '--keep --timeout 60', machines: 'bios bios uefi', keep: true, timeoutSeconds: 60 },
    { words: '--no-machines', machines: '', keep: true, timeoutSeconds: 900 },
  ];
  for (const { words, machines, ...want } of sound) {
    it(`understands ${words || 'no option'}`, () => {
      const options = parseOptions(words.split(' ').filter((word) => word !== ''));
      expect({ ...options, machines: options?.machines.join(' ') }).to.deep.equal({ machines, ...want });
    });
  }

  it('knows when only help is wanted', () => {
    expect(parseOptions(['--help'])).to.equal(undefined);
  });

  const faults = [
    { words: ['--machines', '17'], want: '--machines is a number from 0 to 16, not 17' },
    { words: ['--machines', 'many'], want: '--machines is a number from 0 to 16, not many' },
    { words: ['--firmware', 'coreboot'], want: '--firmware is bios or uefi, not coreboot' },
    { words: ['--timeout', '-1x'], want: '' },
  ];
  for (const { words, want } of faults) {
    it(`refuses ${words.join(' ')}`, () => {
      expect(() => parseOptions(words)).to.throw(want === '' ? TypeError : UsageError, want);
    });
  }
});
