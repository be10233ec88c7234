import { expect } from 'chai';
import { lastConsoleLine } from '../../../sandbox/console.js';

describe('the last line of a console', () => {
  const table = [
    { name: 'is the last that says something', text: 'first\r\nsecond\r\n\r\n', want: 'second' },
    { name: 'may be unfinished', text: 'Configuring (net0)....', want: 'Configuring (net0)....' },
    { name: 'is told without the name of who says it', text: 'imago-sandbox: running\n', want: 'running' },
    {
      name: 'holds no cursor movements and colours',
      text: 'a line\n\u001b[2J\u001b[01;01HBdsDxe: starting\u001b[0m\n',
      want: 'BdsDxe: starting',
    },
    { name: 'is empty of a machine that has said nothing', text: '', want: '' },
  ];
  for (const { name, text, want } of table) {
    it(name, () => expect(lastConsoleLine(text)).to.equal(want));
  }
});
