import { expect } from 'chai';
import { NotDoneHere } from '../../../src/cli/daemon-program.js';
import { failureLine } from '../../../src/cli/failure.js';
import { renderColumns } from '../../../src/cli/columns.js';
import { diffColumns } from '../../../src/cli/render-diff.js';

describe('cli/failure', () => {
  it('gives each fault that the daemon’s program finds in its configuration a line', () => {
    const fault = new NotDoneHere('2 faults in the configuration\na.yaml:1:1: x\na.yaml:2:1: y');
    expect(failureLine(fault, 'imagoctl')).to.equal(
      'imagoctl: 2 faults in the configuration\na.yaml:1:1: x\na.yaml:2:1: y',
    );
  });
});

describe('cli/render-diff', () => {
  it('shows the time of what never happened as list does', () => {
    const change = { field: 'LastBoot', before: '0001-01-01T00:00:00Z', after: '2026-01-01T00:00:00Z' };
    expect(renderColumns([change], diffColumns, { legend: false, color: false }).join()).to.match(
      /^LastBoot +never +2026-01-01T00:00:00Z$/,
    );
  });
});
