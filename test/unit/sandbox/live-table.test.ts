import { expect } from 'chai';
import { changeLines, tableLines, type MachineView } from '../../../sandbox/live-table.js';

const first: MachineView = {
  serial: 'SBX0001',
  firmware: 'bios',
  address: '10.75.0.10',
  profile: 'core',
  state: 'running',
  activity: 'running',
};
const second: MachineView = {
  serial: 'SBX0002',
  firmware: 'uefi',
  address: '',
  profile: '',
  state: 'powered on',
  activity: '',
};

describe('the live table of the sandbox', () => {
  it('shows each machine in a row, and how many run', () => {
    expect(tableLines([first, second], 42, 80)).to.deep.equal([
      '',
      'SERIAL   FIRMWARE  ADDRESS     PROFILE  STATE       DOING',
      'SBX0001  bios      10.75.0.10  core     running     running',
      'SBX0002  uefi                           powered on',
      '',
      '1 of 2 running after 42 s',
    ]);
  });

  it('is never wider than the terminal', () => {
    const lines = tableLines([{ ...first, activity: 'x'.repeat(300) }], 1, 60);
    expect(Math.max(...lines.map(({ length }) => length))).to.equal(60);
  });

  it('is nothing without machines', () => {
    expect(tableLines([], 1, 80)).to.deep.equal([]);
  });

  it('tells only of changed states and addresses where it cannot be redrawn', () => {
    const before: MachineView = { ...first, state: 'installed' };
    expect(changeLines([before, second], [first, { ...second, activity: 'PXE' }], 7)).to.deep.equal([
      '   7 s  SBX0001 (bios) running 10.75.0.10 core',
    ]);
  });
});
