import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Audit } from '../../../src/access/audit.js';
import { AuditFile } from '../../../src/access/audit-file.js';
import { rejection } from '../../support/rejection.js';
import type { Refusal, RefusalReason } from '../../../src/access/refusals.js';

const refusal = (more: Partial<Refusal> = {}): Refusal => ({
  reason: 'wrong-token',
  address: '10.75.0.9',
  method: 'GET',
  path: '/api/v1/hosts',
  route: '/api/v1/hosts',
  ...more,
});
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

  it('is for nobody else to read', async () => {
    const audit = await open();
    await audit.keep(deed);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it('goes on behind a line that a power cut tore', async () => {
    await (await open()).keep(deed);
    await appendFile(path, '{"time":"2026-11-2');
    await (await open()).keep({ ...deed, what: 'revoked' });
    expect((await open()).list(10).map(({ reason }) => reason)).to.deep.equal([
      'token-revoked',
      'token-created',
    ]);
  });

  it('takes twice so much of the disk as one file may have, and what admins did outlives any flood', async () => {
    const file = new AuditFile(path, 10_000);
    const audit = await open(file);
    await audit.keep(deed);
    for (let round = 0; round < 100; round += 1)
      await file.append(
        Array.from({ length: 20 }, (_, place) => ({
          time: '2026-11-29T10:00:00.000Z',
          count: 1,
          reason: 'role',
          path: `/${round}/${place}`,
        })),
        false,
        audit.list(1),
      );
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
    const failing = {
      read: () => Promise.resolve([]),
      append: () => Promise.reject(new Error('no room')),
    };
    const audit = await Audit.open({
      file: failing,
      clock: () => new Date(0),
      count: () => undefined,
      log: { warn: (_facts, message) => void warnings.push(message) },
    });
    audit.note(refusal());
    await audit.close();
    audit.note(refusal());
    await audit.close();
    expect(warnings).to.deep.equal(['what was refused cannot be written down now']);
    expect(audit.list(10)).to.have.length(2);
    expect(await audit.keep(deed).then(() => 'kept', String)).to.equal('Error: no room');
  });
});
