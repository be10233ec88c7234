import { expect } from 'chai';
import { FaultAlarms } from '../../../../src/dialects/matchbox/fault-alarms.js';

describe('alarms of faulty files of matchbox', () => {
  it('are one for each, since it was first seen, until it is mended', () => {
    let hour = 1;
    const alarms = new FaultAlarms(() => new Date(Date.UTC(2026, 0, 1, hour)));
    expect(alarms.of([])).to.deep.equal([]);
    const [first] = alarms.of(['groups/a.json:1: x']);
    expect(first).to.deep.equal({
      code: 'MATCHBOX_FAULT',
      message: 'groups/a.json:1: x',
      since: new Date(Date.UTC(2026, 0, 1, 1)),
    });
    hour = 2;
    expect(
      alarms.of(['groups/b.json:1: y', 'groups/a.json:1: x']).map(({ since }) => since.getUTCHours()),
    ).to.deep.equal([2, 1]);
    alarms.of([]);
    hour = 3;
    expect(alarms.of(['groups/a.json:1: x'])[0]?.since.getUTCHours()).to.equal(3);
  });

  it('are 21 at most: the last one counts the others', () => {
    const faults = Array.from({ length: 25 }, (_, index) => `groups/${index}.json:1: x`);
    const told = new FaultAlarms(() => new Date(0)).of(faults);
    expect(told).to.have.length(21);
    expect(told.at(-1)?.message).to.equal(
      '5 more faults like these: imago --check-matchbox lists all of a data folder',
    );
  });
});
