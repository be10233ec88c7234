import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT_MARK } from '../../src/store/worktree/checkout.js';
import { PowerCutDisk } from '../support/power-cut-disk.js';
import { StormRun, expectIntact, type Acknowledged } from '../support/store-storm-run.js';

/** `npm run torture` asks for the full counts, `./bin/test` takes a few of each. */
const kills = Number(process.env['IMAGO_TORTURE_KILLS'] ?? 5);
const cuts = Number(process.env['IMAGO_TORTURE_CUTS'] ?? 2);
const LONGEST_STORM_MS = 800;
/** The full form is run on a quiet machine; the short one beside many other tests. */
const START_MS = process.env['IMAGO_TORTURE_KILLS'] === undefined ? 8000 : 2000;

describe('a daemon killed in the middle of a storm', () => {
  let folder: string;
  let directory: string;
  let copy: string;
  let storm: StormRun | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-kill-'));
    directory = join(folder, 'cluster');
    copy = join(folder, 'copy');
  });

  afterEach(async () => {
    await storm?.kill();
    rmSync(folder, { recursive: true });
  });

  it(`has lost nothing that it acknowledged, ${kills} times`, async function () {
    this.timeout(20_000 + kills * 20_000);
    const acknowledged: Acknowledged = new Map();
    let total = 0;
    let slowest = 0;
    let commits = 0;
    let behind = 0;
    for (let kill = 1; kill <= kills; kill += 1) {
      storm = new StormRun(directory, acknowledged);
      await storm.ready();
      slowest = Math.max(slowest, storm.readyAfterMs ?? Infinity);
      await pause(Math.random() * LONGEST_STORM_MS);
      await storm.kill();
      total += storm.acknowledgements;
      behind = Math.max(behind, commitsBehindMark(directory));
      // A copy is looked at: the next storm has to start from what the kill left.
      execFileSync('cp', ['-a', directory, copy]);
      commits = await expectIntact(copy, acknowledged, START_MS);
      rmSync(copy, { recursive: true });
    }
    expect(slowest, 'ready in time after a kill').to.be.below(START_MS);
    expect(behind, 'commits that a start follows back, however many kills came before').to.be.below(20_000);
    report(
      `${kills} kills, ${total} acknowledged changes, ${commits} commits, ready after ${slowest} ms at most, ${behind} commits followed back at most`,
    );
  });
});

describe('a power cut in the middle of a storm', () => {
  let disk: PowerCutDisk;
  let storm: StormRun | undefined;

  before(() => {
    disk = new PowerCutDisk('cut', '1G');
  });

  after(async () => {
    await storm?.kill();
    disk.remove();
  });

  it(`has lost nothing that was acknowledged, ${cuts} times`, async function () {
    this.timeout(30_000 + cuts * 20_000);
    storm = new StormRun(join(disk.folder, 'cluster'));
    await storm.ready();
    let commits = 0;
    for (let cut = 1; cut <= cuts; cut += 1) {
      await pause(50 + Math.random() * LONGEST_STORM_MS);
      const acknowledged = new Map(storm.acknowledged);
      commits = await disk.cut((folder) => expectIntact(join(folder, 'cluster'), acknowledged, START_MS));
    }
    await storm.kill();
    report(
      `${cuts} power cuts, ${storm.acknowledgements} acknowledged changes, ${commits} commits at the last`,
    );
  });
});

function commitsBehindMark(directory: string): number {
  const mark = readFileSync(join(directory, '.git', CHECKOUT_MARK), 'utf8').trim();
  const words = ['-C', directory, 'rev-list', '--count', `${mark}..HEAD`];
  return Number(execFileSync('git', words, { encoding: 'utf8' }));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

function report(figures: string): void {
  if (process.env['IMAGO_TORTURE_KILLS']) process.stdout.write(`    ${figures}\n`);
}
