import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KeptCapabilities } from '../../../src/daemon/kept-capabilities.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

const a = parseSerial('node-a');
const b = parseSerial('node-b');
const place = { address: parseIpv4('10.75.0.50'), epoch: 1, card: parseMac('52:54:00:00:00:a1') };

describe('KeptCapabilities', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-capabilities-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = (store = new InMemoryHostStore([newHost(a), newHost(b)])) =>
    KeptCapabilities.open({ folder, store, now: () => 0, log: { warn: () => undefined } });

  it('knows after a crash what it had said, and has no token on disk', async () => {
    const before = await open();
    const token = await before.give(a, place);
    expect(token).to.match(/^[0-9a-f]{32}$/);
    const moved = { ...place, address: parseIpv4('10.75.0.60'), card: parseMac('52:54:00:00:00:a2') };
    await before.used(a, moved);
    await before.isUp(a);
    const ended = await before.give(b, place);
    await before.used(b, undefined);
    const current = await before.give(b, place);
    // Nothing is closed: what is in the file is what a SIGKILL leaves.
    const after = await open();
    expect(after.find(token)).to.include({ ...moved, serial: a, hasMoved: true, isOver: true });
    expect(after.find(current)).to.include({ serial: b, isUsed: false });
    expect(after.find(ended)).to.equal(undefined);
    expect(after.bootOf(a)).to.equal(before.bootOf(a));
    expect(after.bootOf(b)).to.equal(before.bootOf(b)).and.to.not.equal(after.bootOf(a));
    expect(after.bootOf(b)).to.not.include(current);
    expect(after.find('0'.repeat(32))).to.equal(undefined);
    const text = await readFile(join(folder, 'capabilities.jsonl'), 'utf8');
    for (const each of [token, ended, current]) expect(text).to.not.include(each);
    await before.close();
    await after.close();
  });

  it('forgets that of a host which is retired, and of one that is gone by the next start', async () => {
    const store = new InMemoryHostStore([newHost(a), newHost(b)]);
    const before = await open(store);
    const token = await before.give(a, place);
    const other = await before.give(b, place);
    await store.change({ name: 'op', kind: 'operator' }, () => [
      { host: newHost(a), what: 'retired', retired: true },
    ]);
    expect(before.find(token)).to.equal(undefined);
    await before.close();
    const after = await open(new InMemoryHostStore([newHost(a)]));
    expect(after.find(token)).to.equal(undefined);
    expect(after.find(other)).to.equal(undefined);
    expect(after.bootOf(a)).to.equal(undefined);
    expect(await readFile(join(folder, 'capabilities.jsonl'), 'utf8')).to.equal('');
    await after.close();
  });
});
