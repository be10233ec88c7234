import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { expect } from 'chai';
import { pino } from 'pino';
import { Secret } from '../../../src/power/secret.js';
import { readSecret, type SecretSource } from '../../../src/power/secret-source.js';
import { codeOf, rejection } from '../../support/rejection.js';

describe('Secret', () => {
  const secret = new Secret('sword"fish 7');

  it('shows itself nowhere by accident', () => {
    const lines: string[] = [];
    pino({}, { write: (line: string) => void lines.push(line) }).info(
      { secret, deep: { secret } },
      String(secret),
    );
    const shown = [
      String(secret),
      JSON.stringify({ secret }),
      inspect(secret, { showHidden: true }),
      format('%o', { secret }),
      ...lines,
    ];
    expect(shown.join('\n')).not.to.contain('fish');
    expect(secret.reveal()).to.equal('sword"fish 7');
  });

  const forms = [
    'login sword"fish 7 failed',
    'url http://admin:sword%22fish%207@bmc/',
    `Basic ${Buffer.from('sword"fish 7').toString('base64')}`,
    '{"Password":"sword\\"fish 7"}',
    `hex ${Buffer.from('sword"fish 7').toString('hex')}`,
  ];
  for (const text of forms) {
    it(`is scrubbed from ${text.split(' ')[0]}`, () => {
      expect(secret.scrub(text))
        .to.contain('[secret]')
        .and.not.to.match(/fish|c3dvcmQ|73776f72/);
    });
  }
});

describe('readSecret', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'imago-secret-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const file = async (content: string, mode: number) => {
    const path = join(folder, 'bmc-password');
    await writeFile(path, content);
    await chmod(path, mode);
    return path;
  };

  it('reads a file of mode 0600, without its last line break', async () => {
    const secret = await readSecret({ file: await file('swordfish \n', 0o600) }, {});
    expect(secret.reveal()).to.equal('swordfish ');
  });

  it('reads an environment variable', async () => {
    expect((await readSecret({ variable: 'PW' }, { PW: 'swordfish' })).reveal()).to.equal('swordfish');
  });

  it('reads a credential of systemd', async () => {
    await file('swordfish', 0o400);
    const secret = await readSecret({ credential: 'bmc-password' }, { CREDENTIALS_DIRECTORY: folder });
    expect(secret.reveal()).to.equal('swordfish');
  });

  const refused: { name: string; source: () => Promise<SecretSource>; says: string }[] = [
    {
      name: 'a file others may read',
      source: async () => ({ file: await file('swordfish', 0o640) }),
      says: 'chmod 600',
    },
    { name: 'no file', source: async () => ({ file: join(folder, 'none') }), says: 'ENOENT' },
    { name: 'a folder', source: async () => ({ file: folder }), says: 'not a file' },
    { name: 'an empty file', source: async () => ({ file: await file('\n', 0o600) }), says: 'empty' },
    {
      name: 'two lines',
      source: async () => ({ file: await file('sword\nfish', 0o600) }),
      says: 'more than one line',
    },
    { name: 'a variable that is not set', source: async () => ({ variable: 'NONE' }), says: 'NONE' },
    {
      name: 'a credential without systemd',
      source: async () => ({ credential: 'x' }),
      says: 'LoadCredential=x:',
    },
  ];
  for (const { name, source, says } of refused) {
    it(`refuses ${name}`, async () => {
      const error = await rejection(readSecret(await source(), {}));
      expect(codeOf(error)).to.equal('SECRET_UNUSABLE');
      expect(error.message).to.contain(says).and.not.to.contain('swordfish');
    });
  }
});
