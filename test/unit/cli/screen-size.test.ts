import { expect } from 'chai';
import { ProgressDisplay } from '../../../src/cli/progress-display.js';
import { screenSize } from '../../../src/cli/terminal.js';

describe('cli/screen-size', () => {
  for (const { name, screen, want } of [
    { name: 'what a terminal says', screen: { columns: 120, rows: 50 }, want: { columns: 120, rows: 50 } },
    { name: 'a VT100 for 0 by 0', screen: { columns: 0, rows: 0 }, want: { columns: 80, rows: 24 } },
    { name: 'a VT100 for nothing', screen: {}, want: { columns: 80, rows: 24 } },
  ]) {
    it(`is ${name}`, () => {
      expect(screenSize(screen)).to.deep.equal(want);
    });
  }

  it('lets progress be seen on a terminal without a size', () => {
    let seen = '';
    const screen = { isTTY: true, columns: 0, write: (text: string) => (seen += text) };
    new ProgressDisplay(screen).show('vmlinuz 42 %', '4');
    expect(seen).to.contain('vmlinuz 42 %');
  });
});
