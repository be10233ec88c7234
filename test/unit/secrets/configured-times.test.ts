import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pino from 'pino';
import { newHost } from '../../../src/host/host.js';
import type { HostStore } from '../../../src/host/host-store.js';
import { parseSerial } from '../../../src/host/serial.js';
import { ConfiguredTimes } from '../../../src/secrets/configured-times.js';
import { openHostStore } from '../../../src/store/open-host-store.js';

const CONFIGURED = Date.UTC(2026, 10, 29, 10, 0, 7, 654);

describe('when a host became configured', () => {
  const serial = parseSerial('a');
  let directory: string;
  let now: number;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'imago-configured-'));
    now = CONFIGURED;
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const clock = () => new Date(now);
  const withStore = async <T>(act: (store: HostStore) => Promise<T>): Promise<T> => {
    const store = await openHostStore({ directory, clock, logger: pino({ level: 'silent' }) });
    try {
      return await act(store);
    } finally {
      await store.close();
    }
  };
  const record = (store: HostStore, state: 'configured' | 'installing') =>
    store.change({ name: 'test', kind: 'operator' }, () => [
      { host: newHost(serial, { state }), what: 'updated' },
    ]);

  it('is the same before and after a restart, which leaves what Git has: whole seconds', async () => {
    const before = await withStore(async (store) => {
      const times = new ConfiguredTimes(store, clock);
      await record(store, 'configured');
      now += 3_210;
      await record(store, 'installing');
      return times.of(serial);
    });
    const after = await withStore((store) => new ConfiguredTimes(store, clock).of(serial));
    expect([before, after]).to.deep.equal([CONFIGURED - 654, CONFIGURED - 654]);
  });

  it('of one that is no host yet is now', async () => {
    expect(await withStore((store) => new ConfiguredTimes(store, clock).of(serial))).to.equal(
      CONFIGURED - 654,
    );
  });
});
