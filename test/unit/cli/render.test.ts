import { expect } from 'chai';
import { listColumns, renderList } from '../../../src/cli/render-list.js';
import { changedLines, goneSerials, renderScreen, renderSummary } from '../../../src/cli/render-watch.js';
import { apiHost } from '../api/fake-imago.js';

const columns = listColumns('serial,state');
const a = apiHost({ serial: 'a', state: 'installing' });
const b = apiHost({ serial: 'longer', state: 'running' });
const plain = { legend: true, color: false };

describe('cli/render', () => {
  it('colours states, outside the width of their column', () => {
    const lines = renderList([b, a], listColumns('state,serial'), { legend: false, color: true });
    expect(lines).to.deep.equal([
      '\u{1b}[33minstalling\u{1b}[0m  a',
      '\u{1b}[32mrunning\u{1b}[0m     longer',
    ]);
  });

  it('shows an installation that failed in red', () => {
    const progress = { phase: 'failed', message: 'no disk', time: '2026-11-21T02:00:00.000Z' };
    expect(renderList([{ ...a, progress }], columns, { legend: false, color: true })).to.deep.equal([
      'a  \u{1b}[31minstalling\u{1b}[0m',
    ]);
  });

  for (const { width, want } of [
    { width: 20, want: ['SERIAL  STATE', 'a       installing'] },
    { width: 10, want: ['SERIAL  ST', 'a       in'] },
    { width: 3, want: ['SER', 'a  '] },
  ]) {
    it(`cuts lines at ${width} columns`, () => {
      expect(renderList([a], columns, { ...plain, width })).to.deep.equal(want);
    });
  }

  it('sums up the fleet in the order of a machine’s life', () => {
    expect(renderSummary([b, a, b])).to.equal('3 machines: 1 installing, 2 running');
    expect(renderSummary([b])).to.equal('1 machine: 1 running');
    expect(renderSummary([])).to.equal('0 machines');
  });

  it('says how many wait to be accepted', () => {
    expect(renderSummary([b], 1)).to.equal('1 machine: 1 running; 1 waits to be accepted');
    expect(renderSummary([], 2)).to.equal('0 machines; 2 wait to be accepted');
    expect(
      renderScreen({ seen: [] }, columns, { ...plain, waiting: 2, columns: 80, rows: 5 }).split(
        '\u{1b}[K',
      )[0],
    ).to.equal('\u{1b}[H0 machines; 2 wait to be accepted');
  });

  it('draws a screen over the one before and counts what does not fit', () => {
    const screen = renderScreen({ seen: [a, b, b, b] }, columns, { ...plain, columns: 14, rows: 5 });
    expect(screen).to.equal(
      '\u{1b}[H4 machines: 1 \u{1b}[K\nSERIAL  STATE\u{1b}[K\na       instal\u{1b}[K\n… and 3 more\u{1b}[K\n\u{1b}[J',
    );
  });

  for (const { name, before, after, want } of [
    { name: 'nothing', before: [a, b], after: [b, a], want: [] },
    { name: 'a new machine', before: [b], after: [a, b], want: ['a       installing'] },
    {
      name: 'a new state',
      before: [a, b],
      after: [{ ...a, state: 'installed' as const }, b],
      want: ['a       installed'],
    },
    { name: 'no change outside the columns', before: [a], after: [{ ...a, profile: 'core' }], want: [] },
  ]) {
    it(`prints ${name} among changes`, () => {
      expect(changedLines(before, after, columns)).to.deep.equal(want);
    });
  }

  it('names machines that are gone', () => {
    expect(goneSerials([a, b], [b])).to.deep.equal(['a']);
  });
});
