import { expect } from 'chai';
import { tour, tourLines, tourWithoutMachines } from '../../../sandbox/tour.js';

describe('the tour of the sandbox', () => {
  it('is lines to copy, each with its purpose', () => {
    const [first, second] = tourLines(tour('sbx0002'));
    expect(first).to.match(/^ {2}\.\/bin\/sandbox exec imagoctl list +# what imago knows of its machines$/);
    expect(second).to.match(/^ {2}\.\/bin\/sandbox exec imagoctl status sbx0002 +# all of one machine$/);
  });

  it('begins without machines with telling of one', () => {
    const [first, second] = tourLines(tourWithoutMachines());
    expect(first).to.match(/^ {2}\.\/bin\/sandbox exec imagoctl add new1 +# /);
    expect(second).to.match(/exec imagoctl simulate boot new1 --firmware uefi +# /);
  });

  it('names the sandbox where another one runs', () => {
    for (const line of tourLines(tour('sbx0001'), 'imago-sandbox-12')) {
      expect(line).to.match(/^ {2}\.\/bin\/sandbox exec --sandbox imago-sandbox-12 \w+/);
    }
  });
});
