import { EventEmitter, once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { LeaseEffect } from '../../../src/dhcp/lease.js';
import { KeptLeases } from '../../../src/dhcp/kept-leases.js';
import { LeaseJournal } from '../../../src/dhcp/lease-journal.js';
import { parseIpv4, parseSubnet, toIpv4 } from '../../../src/net/ipv4.js';
import { unheard } from './policy/dhcp-world.js';
import { RefusingDisk } from './refusing-disk.js';

const first = parseIpv4('10.75.0.20');
const pool = {
  subnet: parseSubnet('10.75.0.0/24'),
  range: { first, last: toIpv4(first + 3) },
  excluded: () => false,
};

function bind(key: string, offset: number, expiresAt: number): LeaseEffect {
  const grant = {
    address: toIpv4(first + offset),
    key,
    expiresAt,
    mac: undefined,
    hostname: '',
    relayPort: '',
    chainedUntil: 0,
    declines: 0,
  };
  return { kind: 'bind', grant };
}

describe('LeaseJournal on a disk that refuses', () => {
  let folder: string;
  let path: string;
  let told: string[];
  const disks = new EventEmitter();
  let kept: KeptLeases;
  let disk: RefusingDisk | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-leases-'));
    path = join(folder, 'leases.jsonl');
    await start();
  });
  afterEach(async () => {
    await disk?.mend();
    await kept.close();
    await rm(folder, { recursive: true });
  });

  async function start(): Promise<void> {
    told = [];
    disk = undefined;
    kept = new KeptLeases([pool], {
      ...unheard,
      durable: (sequence) => {
        told.push(`durable ${sequence}`);
        disks.emit(`durable ${sequence}`);
      },
      failed: () => told.push('failed'),
      stalled: () => told.push('stalled'),
      resumed: () => told.push('resumed'),
    });
    await kept.open(path, 'mac');
  }

  const record = (effect: LeaseEffect): unknown => kept.record(effect);

  async function flushed(): Promise<void> {
    const last = `durable ${kept.sequence}`;
    if (kept.sequence > 0 && !told.includes(last)) await once(disks, last);
  }
  const until = (offset: number) => {
    const lease = kept.table.at(toIpv4(first + offset));
    return lease && kept.onDiskUntil(lease);
  };

  it('tells once that it begins and once that it is over, and loses nothing', async () => {
    disk = await RefusingDisk.insert();
    const refused = disk.refused();
    record(bind('a', 0, 1000));
    await refused;
    expect(kept.refusal?.message).to.include('EROFS');
    await disk.refusedAgain();
    await disk.refusedAgain();
    record(bind('b', 1, 2000));
    expect(told).to.deep.equal(['failed', 'stalled', 'failed', 'failed']);
    await disk.mend();
    await flushed();
    await kept.close();
    expect(told.slice(4)).to.deep.equal(['resumed', 'durable 1', 'durable 2']);
    expect(kept.refusal).to.equal(undefined);
    expect((await LeaseJournal.load(path)).leases.map(({ key }) => key)).to.deep.equal(['a', 'b']);
    await start();
  });

  it('keeps one line of each address, however long it lasts', async () => {
    disk = await RefusingDisk.insert();
    const refused = disk.refused();
    record(bind('a', 0, 1000));
    await refused;
    for (let time = 1001; time < 3000; time += 1) record(bind('a', 0, time));
    await disk.mend();
    await kept.close();
    expect((await readFile(path, 'utf8')).trim().split('\n')).to.have.length(2);
    expect((await LeaseJournal.load(path)).leases[0]?.expiresAt).to.equal(2999);
    await start();
  });

  it('knows of each lease until when it holds without what the disk refuses', async () => {
    record(bind('a', 0, 1000));
    record(bind('b', 1, 1000));
    record(bind('c', 2, 1000));
    await flushed();
    expect([until(0), until(1), until(2)]).to.deep.equal([1000, 1000, 1000]);
    disk = await RefusingDisk.insert();
    const refused = disk.refused();
    record(bind('a', 0, 2000)); // renewed
    record(bind('b', 1, 500)); // for a shorter time
    record(bind('d', 3, 2000)); // new
    await refused;
    expect([until(0), until(1), until(2), until(3)]).to.deep.equal([1000, 500, 1000, 0]);
    record({ kind: 'release', address: first, at: 10 });
    record(bind('a', 0, 900)); // given back in between
    record(bind('e', 2, 3000)); // of another now
    record(bind('d', 3, 3000)); // renewed, and still not on disk
    expect([until(0), until(1), until(2), until(3)]).to.deep.equal([0, 500, 0, 0]);
    await disk.mend();
    await flushed();
    expect([until(0), until(1), until(2), until(3)]).to.deep.equal([900, 500, 3000, 3000]);
  });

  const offset = fc.nat({ max: 3 });
  const key = fc.constantFrom('a', 'b');
  const time = fc.integer({ min: 100, max: 200 });
  const effects = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.tuple(key, offset, time).map((words) => bind(...words)) },
      fc.tuple(key, offset, time).map((words) => ({ ...bind(...words), kind: 'offer' }) as LeaseEffect),
      offset.map((at): LeaseEffect => ({ kind: 'release', address: toIpv4(first + at), at: 10 })),
    ),
    { maxLength: 8 },
  );

  it('never takes a lease for certain that a crash could undo', async () => {
    const story = fc.tuple(effects, effects, effects, effects, fc.double({ min: 0, max: 1, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(story, async ([written, refused, later, last, reaching]) => {
        await kept.close();
        await rm(path, { force: true });
        await start();
        written.forEach(record);
        await flushed();
        disk = await RefusingDisk.insert((length) => Math.floor(length * reaching));
        const refusal = disk.refused();
        const before = kept.sequence;
        refused.forEach(record);
        if (kept.sequence > before) await refusal;
        later.forEach(record);
        if (kept.sequence > before) await disk.refusedAgain();
        await expectCertain();
        await disk.mend();
        await flushed();
        await expectCertain();
        last.forEach(record);
        await expectCertain();
      }),
      { numRuns: 150 },
    );
  });

  /** Read as a restart would read it now. */
  async function expectCertain(): Promise<void> {
    const certain = [...kept.table.all()]
      .map((lease) => ({ address: lease.address, key: lease.key, until: kept.onDiskUntil(lease) }))
      .filter(({ until: end }) => end > 0);
    const { leases } = await LeaseJournal.load(path);
    for (const lease of certain) {
      const kept = leases.find(({ address }) => address === lease.address);
      expect(kept).to.include({ key: lease.key, state: 'bound' });
      expect(kept?.expiresAt).to.be.at.least(lease.until);
    }
  }
});
