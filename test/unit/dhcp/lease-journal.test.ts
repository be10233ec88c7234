import { EventEmitter, once } from 'node:events';
import { appendFile, mkdtemp, open, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { LeaseJournal } from '../../../src/dhcp/lease-journal.js';
import type { Lease } from '../../../src/dhcp/lease.js';
import { parseIpv4, toIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';

const lease: Lease = {
  address: parseIpv4('10.75.0.20'),
  key: 'hw-01525400000001',
  state: 'bound',
  expiresAt: Date.UTC(2026, 0, 1, 0, 2),
  mac: parseMac('52:54:00:00:00:01'),
  hostname: 'node-1',
  relayPort: '10.76.0.1/0001/',
  chainedUntil: 0,
  declines: 0,
};
const other: Lease = {
  ...lease,
  address: parseIpv4('10.75.0.21'),
  key: 'id-ff0102',
  mac: undefined,
  hostname: '',
  relayPort: '',
};

const line =
  '{"address":"10.75.0.20","state":"bound","until":"2026-01-01T00:02:00.000Z","key":"hw-01525400000001",' +
  '"mac":"52:54:00:00:00:01","hostname":"node-1","relayPort":"10.76.0.1/0001/"}\n';

describe('LeaseJournal', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-leases-'));
    path = join(folder, 'leases.jsonl');
  });
  afterEach(() => rm(folder, { recursive: true }));

  function start(live: () => Iterable<Lease>, durable: (sequence: number) => void = () => undefined) {
    const leases = {
      all: live,
      get size() {
        return [...live()].length;
      },
    };
    return LeaseJournal.start(path, leases, {
      durable,
      flushed: () => undefined,
      failed: (error) => {
        throw error;
      },
      stalled: () => undefined,
      resumed: () => undefined,
    });
  }

  it('keeps the epoch of an address; a record of before has none', async () => {
    const counted: Lease = { ...lease, epoch: 7 };
    const journal = await start(() => [counted, other]);
    await journal.close();
    expect(await readFile(path, 'utf8')).to.include(
      '"mac":"52:54:00:00:00:01","epoch":7,"hostname":"node-1"',
    );
    expect((await LeaseJournal.load(path)).leases).to.deep.equal([counted, other]);
    for (const wrong of ['"7"', '1.5', '1e400', 'null']) {
      await writeFile(path, line.replace('"hostname"', `"epoch":${wrong},"hostname"`));
      expect((await LeaseJournal.load(path)).leases, wrong).to.deep.equal([lease]);
    }
  });

  it('writes one line per lease, and says when it is durable', async () => {
    const durable: number[] = [];
    const journal = await start(
      () => [],
      (sequence) => durable.push(sequence),
    );
    expect(journal.append(lease, 0)).to.equal(1);
    expect(journal.append(other, 0)).to.equal(2);
    expect(durable).to.deep.equal([]);
    await journal.close();
    expect(durable).to.deep.equal([2]);
    expect((await readFile(path, 'utf8')).split('\n', 1)[0]).to.equal(line.trimEnd());
    expect(await LeaseJournal.load(path)).to.deep.equal({ leases: [lease, other], damagedLines: 0 });
  });

  it('the last line of an address counts', async () => {
    const journal = await start(() => []);
    journal.append(lease, 0);
    journal.append({ ...lease, state: 'released', expiresAt: 5 }, 0);
    await journal.close();
    expect((await LeaseJournal.load(path)).leases).to.deep.equal([
      { ...lease, state: 'released', expiresAt: 5 },
    ]);
  });

  const damages = [
    { name: 'a torn last line', tail: line.slice(0, 50) },
    { name: 'zeros that a power cut left', tail: '\0'.repeat(4096) },
    { name: 'a line that is no record', tail: '{"address":"10.75.0.300"}\n' },
    { name: 'a state that does not exist', tail: line.replace('bound', 'eaten') },
  ];
  for (const { name, tail } of damages) {
    it(`survives ${name}, and writes whole lines behind it`, async () => {
      await writeFile(path, line + tail);
      const loaded = await LeaseJournal.load(path);
      expect(loaded).to.deep.equal({ leases: [lease], damagedLines: 1 });
      const journal = await start(() => loaded.leases);
      journal.append(other, 0);
      await journal.close();
      expect(await LeaseJournal.load(path)).to.deep.equal({ leases: [lease, other], damagedLines: 0 });
    });
  }

  it('a file that is not there is empty', async () => {
    expect(await LeaseJournal.load(path)).to.deep.equal({ leases: [], damagedLines: 0 });
  });

  it('does not keep offers over a restart', async () => {
    const journal = await start(() => [lease, { ...other, state: 'offered' }]);
    await journal.close();
    expect((await LeaseJournal.load(path)).leases).to.deep.equal([lease]);
  });

  it('is compacted, and loses nothing that is written meanwhile', async () => {
    const live = new Map<number, Lease>();
    const disk = new EventEmitter();
    const journal = await start(
      () => live.values(),
      () => disk.emit('written'),
    );
    let appended = 0;
    while (appended < 40_000) {
      for (let count = 0; count < 500; count += 1) {
        const address = toIpv4(parseIpv4('10.75.0.20') + (appended % 700));
        const next = { ...other, address, expiresAt: appended };
        live.set(address, next);
        journal.append(next, 0);
        appended += 1;
      }
      await once(disk, 'written');
    }
    await journal.close();
    const { leases, damagedLines } = await LeaseJournal.load(path);
    expect(damagedLines).to.equal(0);
    expect(new Map(leases.map((kept) => [kept.address, kept]))).to.deep.equal(live);
    expect((await stat(path)).size).to.be.lessThan(30_000 * 100);
  });

  it('is durable in no file that may lose its name: a rewritten one counts once its folder is on disk', async () => {
    const live = new Map<number, Lease>();
    const failed: string[] = [];
    const durable: number[] = [];
    const journal = await LeaseJournal.start(
      path,
      { all: () => live.values(), size: 0 },
      {
        durable: (sequence) => durable.push(sequence),
        flushed: () => undefined,
        failed: ({ message }) => failed.push(message),
        stalled: () => undefined,
        resumed: () => undefined,
      },
    );
    const handle = await open(folder);
    const files: FileHandle = Object.getPrototypeOf(handle);
    const { sync } = files;
    const stub = sinon.stub(files, 'sync').callsFake(async function (this: FileHandle) {
      if ((await this.stat()).isDirectory()) throw new Error('EROFS');
      return sync.call(this);
    });
    try {
      while (failed.length === 0) {
        for (let count = 0; count < 500; count += 1) {
          const next = { ...lease, address: toIpv4(lease.address + count) };
          live.set(next.address, next);
          journal.append(next, 0);
        }
        const isDurable = () => durable.at(-1) === journal.sequence;
        while (!isDurable() && failed.length === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(failed).to.deep.equal(['EROFS']);
      expect(durable.at(-1), 'nothing is called durable then').to.be.below(journal.sequence);
    } finally {
      stub.restore();
      await handle.close();
    }
    await journal.close();
    expect(durable.at(-1)).to.equal(journal.sequence);
    expect((await LeaseJournal.load(path)).leases).to.have.length(500);
  });

  it('starts anew from what is in force, so that the file does not grow with restarts', async () => {
    for (let restart = 0; restart < 5; restart += 1) {
      const { leases } = await LeaseJournal.load(path);
      const journal = await start(() => leases);
      journal.append(lease, 0);
      await journal.close();
    }
    await appendFile(path, '');
    expect((await readFile(path, 'utf8')).split('\n')).to.have.length(3);
  });
});
