import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StormRun, expectIntact, type Acknowledged } from '../support/store-storm-run.js';

/** `npm run torture` asks for the full counts, `./bin/test` takes a few of each. */
const kills = Number(process.env['IMAGO_TORTURE_KILLS'] ?? 5);
const cuts = Number(process.env['IMAGO_TORTURE_CUTS'] ?? 2);
const LONGEST_STORM_MS = 400;
/** The full form is run on a quiet machine; the short one beside many other tests. */
const START_MS = process.env['IMAGO_TORTURE_KILLS'] === undefined ? 8000 : 2000;

describe('a daemon killed in the middle of a storm', () => {
  let directory: string;
  let storm: StormRun | undefined;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'imago-kill-'));
  });

  afterEach(async () => {
    await storm?.kill();
    rmSync(directory, { recursive: true });
  });

  it(`has lost nothing that it acknowledged, ${kills} times`, async function () {
    this.timeout(20_000 + kills * 20_000);
    const acknowledged: Acknowledged = new Map();
    let total = 0;
    let slowest = 0;
    for (let kill = 1; kill <= kills; kill += 1) {
      storm = new StormRun(directory, acknowledged);
      await storm.ready();
      slowest = Math.max(slowest, storm.readyAfterMs ?? Infinity);
      await pause(Math.random() * LONGEST_STORM_MS);
      await storm.kill();
      total += storm.acknowledgements;
      // The next storm has to recover by itself; now and then somebody looks closely.
      if (kill % 5 === 0 || kill === kills) await expectIntact(directory, acknowledged, START_MS);
    }
    expect(slowest, 'ready in time after a kill').to.be.below(START_MS);
    report(`${kills} kills, ${total} acknowledged changes, ready after ${slowest} ms at most`);
  });
});

/**
 * The disk is an ext4 image on a loop device; a cut is a reflink of the image, made while the storm goes on: it holds what
 * had reached the disk at that moment and nothing else. The image lies on XFS, whose reflinks are one moment in time.
 */
describe('a power cut in the middle of a storm', () => {
  let outside: string;
  let storm: StormRun | undefined;
  const mounted: string[] = [];

  before(() => {
    outside = mkdtempSync(join(tmpdir(), 'imago-cut-'));
    mkdirSync(join(outside, 'xfs'));
    sh('truncate', '-s', '3G', join(outside, 'xfs.img'));
    sh('mkfs.xfs', '-q', '-m', 'reflink=1', join(outside, 'xfs.img'));
    mount(join(outside, 'xfs.img'), join(outside, 'xfs'));
  });

  after(async () => {
    await storm?.kill();
    for (const folder of [...mounted].reverse()) unmount(folder);
    rmSync(outside, { recursive: true });
  });

  it(`has lost nothing that was acknowledged, ${cuts} times`, async function () {
    this.timeout(30_000 + cuts * 20_000);
    const disk = join(outside, 'xfs', 'disk.img');
    const inside = join(outside, 'disk');
    const looking = join(outside, 'cut');
    mkdirSync(inside);
    mkdirSync(looking);
    sh('truncate', '-s', '256M', disk);
    sh('mkfs.ext4', '-q', disk);
    mount(disk, inside);
    storm = new StormRun(join(inside, 'cluster'));
    await storm.ready();
    let commits = 0;
    for (let cut = 1; cut <= cuts; cut += 1) {
      await pause(50 + Math.random() * LONGEST_STORM_MS);
      const acknowledged = new Map(storm.acknowledged);
      const image = join(outside, 'xfs', 'cut.img');
      sh('cp', '--reflink=always', disk, image);
      mount(image, looking);
      try {
        commits = await expectIntact(join(looking, 'cluster'), acknowledged, START_MS);
      } finally {
        unmount(looking);
        rmSync(image);
      }
    }
    await storm.kill();
    unmount(inside);
    report(
      `${cuts} power cuts, ${storm.acknowledgements} acknowledged changes, ${commits} commits at the last`,
    );
  });

  function mount(image: string, folder: string): void {
    sh('mount', '-o', 'loop', image, folder);
    mounted.push(folder);
  }

  /** Lazily: another mount namespace that was made meanwhile may hold on to it. */
  function unmount(folder: string): void {
    sh('umount', '--lazy', folder);
    mounted.splice(mounted.indexOf(folder), 1);
  }
});

function sh(command: string, ...words: string[]): void {
  execFileSync(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

function report(figures: string): void {
  if (process.env['IMAGO_TORTURE_KILLS']) process.stdout.write(`    ${figures}\n`);
}
