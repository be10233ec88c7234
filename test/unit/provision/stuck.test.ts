import { expect } from 'chai';
import {
  afterBoot,
  afterChange,
  afterReport,
  afterRetry,
  courseOf,
  stuckOf,
  type Course,
} from '../../../src/provision/stuck.js';

const minute = 60_000;
const limits = { installMs: 60 * minute, boots: 3, bootsMs: 20 * minute };
const installing: Course = courseOf('installing', 0);

describe('stuckOf', () => {
  const table: { name: string; course: Course; at: number; want: string | undefined }[] = [
    { name: 'installing within its limit', course: installing, at: 60 * minute, want: undefined },
    {
      name: 'installing beyond its limit',
      course: installing,
      at: 61 * minute,
      want: 'too-long: it installs itself for 61 min',
    },
    { name: 'running for ever', course: courseOf('running', 0), at: 9e9, want: undefined },
    {
      name: 'configured for ever: it may be switched off',
      course: courseOf('configured', 0),
      at: 9e9,
      want: undefined,
    },
    {
      name: 'its installer failed',
      course: afterReport(installing, 'failed', 'no disk fits', 5),
      at: 6,
      want: 'failed: its installer failed: no disk fits',
    },
    {
      name: 'its installer failed and started again',
      course: afterReport(afterReport(installing, 'failed', 'no disk fits', 5), 'started', '', 6),
      at: 7,
      want: undefined,
    },
    { name: 'two boots', course: boots(installing, [0, 1]), at: minute, want: undefined },
    {
      name: 'three boots in a short time',
      course: boots(installing, [0, minute, 2 * minute]),
      at: 3 * minute,
      want: 'boot-loop: it booted 3 times within 3 min',
    },
    {
      name: 'three boots in a long time',
      course: boots(installing, [0, minute, 2 * minute]),
      at: 30 * minute,
      want: undefined,
    },
    {
      name: 'an installed machine whose system never comes up',
      course: boots(courseOf('installed', 0), [1, 2, 3]),
      at: minute,
      want: 'boot-loop: it booted 3 times within 1 min',
    },
    {
      name: 'begun again by power',
      course: afterRetry(installing, 50 * minute),
      at: 100 * minute,
      want: undefined,
    },
  ];
  for (const { name, course, at, want } of table) {
    it(`${name}: ${want ?? 'not stuck'}`, () => {
      const stuck = stuckOf(course, limits, at);
      expect(stuck && `${stuck.reason}: ${stuck.detail}`).to.equal(want);
    });
  }
});

describe('afterChange', () => {
  const loop = boots(installing, [1, 2, 3]);

  it('keeps the count of boots from installing to installed: neither is its own system', () => {
    expect(afterChange(loop, { state: 'installed' }, { state: 'installing' }, 9).boots).to.have.length(3);
  });

  const endings = [
    { name: 'it runs', host: { state: 'running' as const }, before: { state: 'installed' as const } },
    {
      name: 'it reports another boot',
      host: { state: 'running' as const, lastBoot: new Date(9) },
      before: { state: 'running' as const },
    },
    {
      name: 'an operator starts it over',
      host: { state: 'configured' as const },
      before: { state: 'installing' as const },
    },
  ];
  for (const { name, host, before } of endings) {
    it(`forgets them when ${name}`, () => expect(afterChange(loop, host, before, 9).boots).to.deep.equal([]));
  }

  it('is no new beginning when only something else of the host changed', () => {
    expect(afterChange(loop, { state: 'installing' }, { state: 'installing' }, 9)).to.equal(loop);
  });
});

function boots(course: Course, times: readonly number[]): Course {
  return times.reduce((now, at) => afterBoot(now, at), course);
}
