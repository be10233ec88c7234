import { expect } from 'chai';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { planBooted, planInstalled } from '../../../src/provision/plan-report.js';

const lastBoot = new Date('2026-11-21T10:00:00Z');
const after = (seconds: number) => new Date(lastBoot.getTime() + seconds * 1000);
const host = (facts: Partial<Host>) => newHost(parseSerial('ser1'), facts);

/** A machine whose answer was lost reports the same boot again: that is no other one. */
describe('what a machine reports of itself', () => {
  const running = host({ state: 'running', lastBoot, osVersion: 'v1' });
  for (const { name, report = {}, seconds, want } of [
    { name: 'the same boot again at once', seconds: 0, want: [] },
    { name: 'the same boot again within 15 s', seconds: 14.999, want: [] },
    { name: 'another boot', seconds: 15, want: ['updated host last boot'] },
    {
      name: 'more of the same boot',
      report: { osVersion: 'v2' },
      seconds: 5,
      want: ['updated host last boot'],
    },
  ]) {
    it(`${name}: ${want.length} changes`, () => {
      const { changes } = planBooted(running, report, after(seconds));
      expect(changes.map(({ what }) => what)).to.deep.equal(want);
      const isAnother = seconds >= 15;
      if (want.length > 0)
        expect(changes.at(-1)?.host.lastBoot).to.deep.equal(isAnother ? after(seconds) : lastBoot);
    });
  }

  it('that it runs, of which the boot before is no report', () => {
    const { changes } = planBooted(host({ state: 'installed', lastBoot }), { osVersion: 'v2' }, after(1));
    const [change] = changes;
    expect(change).to.deep.include({ what: 'updated state to running' });
    expect(change?.host).to.deep.include({ state: 'running', lastBoot: after(1), osVersion: 'v2' });
  });

  it('says by which cards it is known by now', () => {
    const cards = [parseMac('52:54:00:00:00:01')];
    for (const { changes } of [
      planBooted(running, {}, after(60), cards),
      planInstalled(host({ state: 'installing' }), cards),
    ]) {
      expect(changes[0]).to.deep.include({ what: 'collected host mac addresses' });
      expect(changes[0]?.host.cards).to.deep.equal(cards);
    }
  });
});
