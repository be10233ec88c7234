import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseSerial } from '../../../src/host/serial.js';
import type { RejectedMachine } from '../../../src/joining/pending-machine.js';
import { RejectedFile } from '../../../src/joining/rejected-file.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { codeOf, rejection } from '../../support/rejection.js';

const time = new Date('2026-11-21T10:00:00Z');
const machine: RejectedMachine = {
  serial: parseSerial('a1'),
  mac: parseMac('52:54:00:00:00:01'),
  address: parseIpv4('10.75.0.100'),
  uuid: '11111111-2222-3333-4444-555555555555',
  isLeased: true,
  hardware: { manufacturer: 'Dell Inc.', product: 'R740', memoryBytes: 64e9 },
  code: 'K7QM',
  since: time,
  lastSeen: time,
  by: 'anna',
  rejected: time,
};

describe('the file of rejected machines', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-rejected-'));
    path = join(folder, 'joining', 'rejected.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('has what was saved last, and nothing before', async () => {
    const file = new RejectedFile(path);
    expect(await file.read()).to.deep.equal({ rejected: [], isDamaged: false });
    const bare = { serial: parseSerial('a2'), isLeased: false, code: 'WXYA', since: time, lastSeen: time };
    const other = { ...bare, by: 'ben', rejected: time };
    await file.save([machine]);
    await file.save([machine, other]);
    expect(await new RejectedFile(path).read()).to.deep.equal({
      rejected: [machine, other],
      isDamaged: false,
    });
  });

  it('is for its user alone', async () => {
    await new RejectedFile(path).save([machine]);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  for (const text of ['', '{', '[]', '{"rejected":[{"serial":"///"}]}', '{"rejected":[{"serial":"a1"}]}']) {
    it(`that says something else is put aside: ${text || 'nothing'}`, async () => {
      await new RejectedFile(path).save([]);
      await writeFile(path, text);
      expect(await new RejectedFile(path).read()).to.deep.equal({ rejected: [], isDamaged: true });
      expect(await readFile(`${path}.damaged`, 'utf8')).to.equal(text);
    });
  }

  it('that cannot be written is told', async () => {
    await writeFile(join(folder, 'joining'), 'no folder');
    expect(codeOf(await rejection(new RejectedFile(path).save([machine])))).to.equal('STORE_UNAVAILABLE');
  });
});
