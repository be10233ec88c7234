import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  credentialsFile,
  readCredentials,
  serverKey,
  writeCredentials,
  type Login,
} from '../../../src/cli/credentials.js';
import { codeOf, rejection } from '../../support/rejection.js';

const logins: readonly (readonly [string, Login])[] = [
  ['rack1:4443', { token: 'imago_1_x', trust: { fingerprint: 'AA:BB', authority: '-----BEGIN' } }],
  ['rack2:4443', { token: 'imago_2_y', trust: { fingerprint: 'CC:DD' } }],
  ['rack3:443', { token: 'imago_3_z', trust: { authorities: '-----BEGIN' } }],
  ['rack4:4443', { token: 'imago_4_w' }],
  ['rack5:4443', { identity: { certificate: '/ada.crt', key: '/ada.key' }, trust: { fingerprint: 'EE' } }],
];

describe('cli/credentials', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'credentials-'));
    file = join(folder, 'imago/credentials.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const { environment, want } of [
    { environment: {}, want: '/home/ada/.config/imago/credentials.json' },
    { environment: { XDG_CONFIG_HOME: '/etc/ada' }, want: '/etc/ada/imago/credentials.json' },
    { environment: { XDG_CONFIG_HOME: 'here' }, want: '/home/ada/.config/imago/credentials.json' },
    { environment: { XDG_CONFIG_HOME: '' }, want: '/home/ada/.config/imago/credentials.json' },
  ]) {
    it(`are in ${want} with ${JSON.stringify(environment)}`, () => {
      expect(credentialsFile(environment, '/home/ada')).to.equal(want);
    });
  }

  it('are none where there is no file', async () => {
    expect(await readCredentials(file)).to.deep.equal(new Map());
  });

  it('come back as they were written, each kind of them', async () => {
    await writeCredentials(file, new Map(logins));
    expect([...(await readCredentials(file))]).to.deep.equal(logins);
  });

  it('are for their owner alone, whatever was there before and whatever the umask is', async () => {
    const before = process.umask(0);
    try {
      await writeCredentials(file, new Map(logins));
      await writeCredentials(file, new Map(logins.slice(1)));
    } finally {
      process.umask(before);
    }
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(statSync(join(folder, 'imago')).mode & 0o777).to.equal(0o700);
    expect(existsSync(`${file}.new`)).to.equal(false);
    expect(readFileSync(file, 'utf8')).not.to.contain('imago_1_x');
  });

  for (const mode of [0o604, 0o640, 0o620, 0o601]) {
    it(`are refused where others may use them: 0${mode.toString(8)}`, async () => {
      await writeCredentials(file, new Map(logins));
      chmodSync(file, mode);
      const failure = await rejection(readCredentials(file));
      expect(codeOf(failure)).to.equal('CREDENTIALS_EXPOSED');
      expect(failure.message).to.contain(`(mode 0${mode.toString(8)}): chmod 600 ${file}`);
      expect(failure.message).not.to.contain('imago_1_x');
    });
  }

  for (const text of ['', '[]', '{"servers":[1]}', '{"servers":{"rack1:4443":{}}}', '{"servers":', 'null']) {
    it(`are damaged: ${text || 'an empty file'}`, async () => {
      await writeCredentials(file, new Map());
      writeFileSync(file, text);
      expect(codeOf(await rejection(readCredentials(file)))).to.equal('CREDENTIALS_DAMAGED');
    });
  }

  it('are not taken of a server whose certificate is no longer known', async () => {
    await writeCredentials(file, new Map());
    writeFileSync(file, '{"servers":{"rack1:4443":{"token":"t","fingerprint":7}}}');
    expect(codeOf(await rejection(readCredentials(file)))).to.equal('CREDENTIALS_DAMAGED');
  });

  it('are of one host and port, however its name and number are written', () => {
    expect(serverKey({ host: 'Rack1.Example', port: '04443' })).to.equal('rack1.example:4443');
  });
});
