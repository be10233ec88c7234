import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { Audit } from '../../../src/access/audit.js';
import { AuditFile } from '../../../src/access/audit-file.js';
import { rejection } from '../../support/rejection.js';
import type { AuditEntry, Refusal, RefusalReason } from '../../../src/access/refusals.js';

const refusal = (more: Partial<Refusal> = {}): Refusal => ({
  reason: 'wrong-token',
  address: '10.75.0.9',
  method: 'GET',
  path: '/api/v1/hosts',
  route: '/api/v1/hosts',
  ...more,
});
const START = Date.UTC(2026, 10, 29, 10);
const deed = {
  what: 'created',
  by: 'root',
  token: { id: '0123456789ab', name: 'ada', role: 'admin' },
} as const;

describe('the audit of what was refused', () => {
  let folder: string;
  let path: string;
  let counted: RefusalReason[];
  let warnings: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-audit-'));
    path = join(folder, 'refusals.jsonl');
    counted = [];
    warnings = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = (file = new AuditFile(path)) =>
    Audit.open({
      file,
      clock: () => new Date('2026-11-29T10:00:00Z'),
      count: (reason) => void counted.push(reason),
      log: { warn: (_facts, message) => void warnings.push(message) },
    });

  it('tells who asked from where for what, and why he was refused; newest first, also after a restart', async () => {
    const audit = await open();
    audit.note(refusal());
    audit.note(refusal());
    audit.note(
      refusal({
        reason: 'role',
        who: 'ada',
        method: 'POST',
        path: '/api/v1/tokens?x',
        route: '/api/v1/tokens',
      }),
    );
    const told = [
      {
        time: '2026-11-29T10:00:00.000Z',
        count: 1,
        reason: 'role',
        address: '10.75.0.9',
        who: 'ada',
        method: 'POST',
        path: '/api/v1/tokens',
      },
      {
        time: '2026-11-29T10:00:00.000Z',
        until: '2026-11-29T10:00:00.000Z',
        count: 2,
        reason: 'wrong-token',
        address: '10.75.0.9',
        method: 'GET',
        path: '/api/v1/hosts',
      },
    ];
    expect(audit.list(10)).to.deep.equal(told);
    expect(audit.list(1)).to.deep.equal(told.slice(0, 1));
    await audit.close();
    expect((await open()).list(10)).to.deep.equal(told);
    expect(counted).to.deep.equal(['wrong-token', 'wrong-token', 'role']);
  });

  it('is written a second after the first, and the counts of all when their ten minutes are over', async () => {
    const clock = sinon.useFakeTimers({ now: START, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const written: AuditEntry[] = [];
    try {
      const audit = await Audit.open({
        file: {
          read: () => Promise.resolve([]),
          append: (entries) => Promise.resolve(void written.push(...entries)),
        },
        clock: () => new Date(),
        count: () => undefined,
        log: { warn: () => undefined },
      });
      audit.note(refusal());
      audit.note(refusal());
      await clock.tickAsync(999);
      expect(written).to.deep.equal([]);
      await clock.tickAsync(1);
      expect(written.map(({ count }) => count)).to.deep.equal([2]);
      audit.note(refusal());
      await clock.tickAsync(598_999);
      expect(written).to.have.length(1);
      await clock.tickAsync(1000);
      expect(written.map(({ count }) => count)).to.deep.equal([2, 3]);
      await clock.tickAsync(3_600_000);
      expect([written.length, clock.countTimers()], 'nothing is left to do').to.deep.equal([2, 0]);
    } finally {
      clock.restore();
    }
  });

  it('waits for the disk with what admins do, and not with what is refused', async () => {
    const waited: boolean[] = [];
    const audit = await Audit.open({
      file: {
        read: () => Promise.resolve([]),
        append: (_entries, isDurable) => Promise.resolve(void waited.push(isDurable)),
      },
      clock: () => new Date(START),
      count: () => undefined,
      log: { warn: () => undefined },
    });
    await audit.keep(deed);
    audit.note(refusal());
    await audit.close();
    expect(waited).to.deep.equal([true, false]);
  });

  it('has what an admin did to a token on disk before that is answered', async () => {
    const audit = await open();
    await audit.keep({ ...deed, token: { ...deed.token, expires: '2026-12-01T00:00:00.000Z' } });
    expect((await open()).list(1)).to.deep.equal([
      {
        time: '2026-11-29T10:00:00.000Z',
        count: 1,
        reason: 'token-created',
        who: 'root',
        what: 'token 0123456789ab of ada (admin, until 2026-12-01T00:00:00.000Z)',
      },
    ]);
  });

  it('is for nobody else to read, also where it was', async () => {
    await writeFile(path, '');
    await chmod(path, 0o644);
    const audit = await open();
    await audit.keep(deed);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it('goes on behind a line that a power cut tore', async () => {
    await (await open()).keep(deed);
    await appendFile(path, '{"time":"2026-11-2');
    const audit = await open();
    await audit.keep({ ...deed, what: 'revoked' });
    await audit.keep({ ...deed, what: 'revoked', by: 'eve' });
    expect((await readFile(path, 'utf8')).split('\n').filter((line) => line === '')).to.have.length(1);
    expect((await open()).list(10).map(({ reason }) => reason)).to.deep.equal([
      'token-revoked',
      'token-revoked',
      'token-created',
    ]);
  });

  it('takes twice so much of the disk as one file may have, and what admins did outlives any flood', async () => {
    const file = new AuditFile(path, 10_000);
    const audit = await open(file);
    await audit.keep(deed);
    for (let round = 0; round < 100; round += 1) {
      for (let place = 0; place < 20; place += 1) audit.note(refusal({ route: `/${round}/${place}` }));
      await audit.close();
    }
    expect(await readdir(folder)).to.deep.equal(['refusals.jsonl', 'refusals.jsonl.1']);
    const sizes = await Promise.all(['', '.1'].map(async (end) => (await stat(path + end)).size));
    for (const size of sizes) expect(size).to.be.below(13_000);
    expect((await open()).list(1000).at(-1)).to.include({ reason: 'token-created' });
    for (const end of ['', '.1']) expect(await readFile(path + end, 'utf8')).to.include('0123456789ab');
  });

  it('goes on without what was before where that cannot be read, and says which file cannot be written', async () => {
    await mkdir(path);
    const audit = await open();
    expect(warnings).to.deep.equal(['what was refused before cannot be read']);
    const failed = await rejection(audit.keep(deed));
    expect(failed).to.include({ code: 'STORE_UNAVAILABLE', kind: 'unavailable' });
    expect(failed.message).to.include('refusals.jsonl: it is a folder');
  });

  it('says once that the disk takes nothing, goes on in memory, and refuses to make tokens', async () => {
    let isFull = true;
    const audit = await Audit.open({
      file: {
        read: () => Promise.resolve([]),
        append: () => (isFull ? Promise.reject(new Error('no room')) : Promise.resolve()),
      },
      clock: () => new Date(0),
      count: () => undefined,
      log: { warn: (_facts, message) => void warnings.push(message) },
    });
    audit.note(refusal());
    await audit.close();
    expect(warnings).to.have.length(1);
    audit.note(refusal());
    await audit.close();
    expect(warnings).to.deep.equal(['what was refused cannot be written down now']);
    expect(audit.list(10)).to.have.length(2);
    expect(await audit.keep(deed).then(() => 'kept', String)).to.equal('Error: no room');
    isFull = false;
    audit.note(refusal());
    await audit.close();
    isFull = true;
    audit.note(refusal());
    await audit.close();
    expect(warnings, 'it had been well').to.have.length(2);
  });
});
