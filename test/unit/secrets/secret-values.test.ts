import { expect } from 'chai';
import { chmodSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Encrypter, generateX25519Identity, identityToRecipient, armor } from 'age-encryption';
import { checkSecrets } from '../../../src/secrets/check-secrets.js';
import { codeOf, rejection } from '../../support/rejection.js';
import { rendering, SecretHouse } from './secret-house.js';

describe('where secrets come from', () => {
  let house: SecretHouse;
  let boots = 100;
  beforeEach(() => (house = new SecretHouse()));
  afterEach(() => house.close());

  /** The value as a template of machine `a` gets it. */
  const value = async (secret: object, boot = 'boot 1') => {
    house.configure({ s: secret });
    const answer = await house.ask(await house.host('a'), { render: rendering('s'), boot });
    return String(answer).slice('a\n'.length);
  };
  const fault = async (secret: object) => {
    const error = await rejection(value(secret, `boot ${(boots += 1)}`));
    expect(codeOf(error)).to.equal('SECRET_UNUSABLE');
    return error.message;
  };

  it('a line: its line break does not count', async () => {
    expect(await value({ file: house.file('s', 'planted\n') })).to.equal('planted');
    expect(await value({ file: house.file('s', 'planted\r\n') }, '2')).to.equal('planted');
  });

  it('several lines: as they stand', async () => {
    const key = '-----BEGIN KEY-----\nabc\n-----END KEY-----\n';
    expect(await value({ file: house.file('s', key) })).to.equal(key);
  });

  it('bytes, as base64', async () => {
    const bytes = Buffer.from([0, 255, 10, 128, 10]);
    expect(await value({ file: house.file('s', bytes), encoding: 'base64' })).to.equal(
      bytes.toString('base64'),
    );
    expect(await fault({ file: house.file('s', bytes) })).to.match(
      /it is no text in UTF-8; set secrets.named.s.encoding to base64$/,
    );
  });

  it('a file that is replaced holds at once', async () => {
    const file = house.file('s', 'old');
    expect(await value({ file })).to.equal('old');
    house.file('s', 'new');
    expect(await value({ file }, '2')).to.equal('new');
  });

  it('a file for the group too, but not for others', async () => {
    expect(await value({ file: house.file('s', 'planted', 0o640) })).to.equal('planted');
    for (const mode of [0o644, 0o660, 0o604, 0o601]) {
      const message = await fault({ file: house.file('s', 'planted', mode) });
      expect(message, mode.toString(8)).to.match(/others may read it; run: chmod 640/);
    }
  });

  it('no folder, no pipe, nothing that is empty or too long', async () => {
    mkdirSync(join(house.folder, 'd'));
    expect(await fault({ file: join(house.folder, 'd') })).to.match(/it is not a file/);
    expect(await fault({ file: house.file('s', '') })).to.match(/it is empty/);
    expect(await fault({ file: house.file('s', '\n') })).to.match(/it is empty/);
    expect(await fault({ file: house.file('s', 'x'.repeat(65537)) })).to.match(/longer than 65536 bytes/);
    symlinkSync('/dev/zero', join(house.folder, 'z'));
    expect(await fault({ file: join(house.folder, 'z') })).to.match(/it is not a file/);
  });

  it('a credential of systemd', async () => {
    mkdirSync(join(house.folder, 'credentials'));
    house.file('credentials/join', 'planted\n', 0o440);
    expect(await value({ credential: 'join' })).to.equal('planted');
    expect(await fault({ credential: 'other' })).to.match(/it cannot be read \(ENOENT\)/);
  });

  describe('age', () => {
    let identity: string;
    let encrypted: Uint8Array;
    beforeEach(async () => {
      const key = await generateX25519Identity();
      identity = house.file('key', `# created: today\n# public key: age1…\n${key}\n`);
      const encrypter = new Encrypter();
      encrypter.addRecipient(await identityToRecipient(key));
      encrypted = await encrypter.encrypt('planted\n');
    });

    it('as it is, and armored', async () => {
      expect(await value({ age: { file: house.file('s.age', encrypted, 0o644), identity } })).to.equal(
        'planted',
      );
      const armored = house.file('s.asc', armor.encode(encrypted), 0o644);
      expect(await value({ age: { file: armored, identity } }, '2')).to.equal('planted');
    });

    it('is decrypted again once it is replaced, and once it works', async () => {
      const file = house.file('s.age', 'nothing', 0o644);
      expect(await fault({ age: { file, identity } })).to.match(/not encrypted to its identity, or damaged/);
      house.file('s.age', encrypted, 0o644);
      expect(await value({ age: { file, identity } })).to.equal('planted');
    });

    it('not with the key of another, one that others may read, or none', async () => {
      const file = house.file('s.age', encrypted, 0o644);
      const other = house.file('other', `${await generateX25519Identity()}\n`);
      expect(await fault({ age: { file, identity: other } })).to.match(/not encrypted to its identity/);
      const noKey = await fault({ age: { file, identity: house.file('none', 'AGE-SECRET-KEY-1WRONG') } });
      expect(noKey).to.match(/holds no key of age-keygen/);
      expect(noKey).not.to.include('WRONG');
      chmodSync(identity, 0o644);
      expect(await fault({ age: { file, identity } })).to.match(/others may read it/);
    });
  });

  describe('a program', () => {
    it('is told the machine, and nothing else of the daemon’s', async () => {
      house.configure({
        s: { program: [house.program('mint', 'env | sort'), 'x y', '$HOME'], encoding: 'base64' },
      });
      const host = await house.host('a', 'configured', { profile: 'core', hostname: 'node7' });
      const answer = String(await house.ask(host, { render: rendering('s') }));
      const printed = Buffer.from(answer.split('\n')[1] ?? '', 'base64').toString();
      const names = printed.split('\n').map((line) => line.split('=')[0]);
      expect(printed).to.include('IMAGO_SECRET=s\nIMAGO_SERIAL=a\n');
      expect(printed).to.include('IMAGO_PROFILE=core\n').and.to.include('IMAGO_HOSTNAME=node7\n');
      // The shell of the script adds its own.
      expect(names.filter((name) => name && !name.startsWith('IMAGO_'))).to.have.members(
        names.filter((name) => ['PATH', 'PWD', 'OLDPWD', '_', 'SHLVL'].includes(name ?? '')),
      );
    });

    it('gets its arguments as they are, without a shell', async () => {
      const program = house.program('mint', 'printf "%s|" "$@"');
      expect(await value({ program: [program, 'a b', '$HOME', '`id`', ''] })).to.equal('a b|$HOME|`id`||');
    });

    it('mints once for each boot of each machine', async () => {
      const program = house.program(
        'mint',
        `echo x >>${house.folder}/count; wc -l <${house.folder}/count | tr -d " "`,
      );
      house.configure({ s: { program: [program] } });
      const render = rendering('s');
      const [a, b] = [await house.host('a'), await house.host('b')];
      expect(await house.ask(a, { render, document: 'first-stage' })).to.equal('a\n1');
      expect(await house.ask(a, { render, document: 'ignition' })).to.equal('a\n1');
      expect(await house.ask(b, { render })).to.equal('b\n2');
      expect(await house.ask(a, { render, boot: 'boot 2' })).to.equal('a\n3');
    });

    it('that fails, hangs, or prints too much is a fault; what it complains of is not shown', async () => {
      const complaining = house.program('mint', 'echo planted; echo planted >&2; exit 3');
      const message = await fault({ program: [complaining] });
      expect(message).to.match(/it ended with 3; run it by hand$/);
      expect(message).not.to.include('planted');
      expect(await fault({ program: [house.program('mint', 'exec sleep 60')], timeoutSeconds: 1 })).to.match(
        /it took longer than 1 s/,
      );
      expect(await fault({ program: [house.program('mint', 'yes')] })).to.match(
        /prints more than 65536 bytes/,
      );
      expect(await fault({ program: ['/no/such'] })).to.match(/there is no such program/);
      expect(await fault({ program: [house.program('mint', 'true')] })).to.match(/it is empty/);
      expect(house.outcomes).to.deep.equal(Array.from({ length: 5 }, () => 'unusable'));
    });

    it('runs so many times at once as is set, and no more', async () => {
      // Each waits for the one that may run beside it.
      const count = `grep -c + ${house.folder}/runs`;
      const script = `echo + >>${house.folder}/runs; n=$(${count}); n=$((n + n % 2)); while [ $(${count}) -lt $n ]; do sleep 0.01; done; echo - >>${house.folder}/runs; echo v`;
      house.configure({ s: { program: [house.program('mint', script)] } }, { programsAtOnce: 2 });
      const hosts = await Promise.all(['a', 'b', 'c', 'd'].map((serial) => house.host(serial)));
      await Promise.all(hosts.map((host) => house.ask(host, { render: rendering('s') })));
      let running = 0;
      const counts = readFileSync(join(house.folder, 'runs'), 'utf8')
        .trim()
        .split('\n')
        .map((mark) => (running += mark === '+' ? 1 : -1));
      expect(Math.max(...counts)).to.equal(2);
    });
  });

  describe('sops', () => {
    const path = process.env['PATH'];
    afterEach(() => (process.env['PATH'] = path));

    it('by the program, which is told the way to the value, and whose complaint is shown', async () => {
      house.program('sops', 'printf "%s " "$@"; printf "%s" "$SOPS_AGE_KEY_FILE"');
      process.env['PATH'] = `${house.folder}:${path}`;
      await house.restart();
      const file = house.file('s.yaml', 'encrypted', 0o644);
      expect(await value({ sops: { file, key: 'database.password', identity: '/k' } })).to.equal(
        `--decrypt --extract ["database"]["password"] ${file} /k`,
      );
      house.program('sops', 'echo "Failed to get the data key" >&2; exit 128');
      house.file('s.yaml', 'encrypted anew', 0o644);
      expect(await fault({ sops: { file } })).to.match(
        /it ended with 128: Failed to get the data key; run it by hand/,
      );
    });

    it('where the program is not installed', async () => {
      process.env['PATH'] = '/nowhere';
      await house.restart();
      const file = house.file('s.yaml', 'encrypted', 0o644);
      expect(await fault({ sops: { file } })).to.match(
        /the secret s in sops cannot be used: there is no such program; install it/,
      );
    });
  });
});

describe('the check of secrets at the start', () => {
  let house: SecretHouse;
  beforeEach(() => (house = new SecretHouse()));
  afterEach(() => house.close());

  const faults = (named: Record<string, object>, environment = {}) => {
    house.configure(named);
    return checkSecrets(house.config(), environment).map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
  };

  it('finds nothing wrong with what is in order, and reads no value', () => {
    const file = house.file('s', 'planted');
    const program = [house.program('mint', 'exit 1')];
    const age = { file: house.file('s.age', 'not checked'), identity: file };
    expect(faults({ a: { file }, b: { program }, c: { age }, d: { credential: 'x' } })).to.deep.equal([]);
  });

  it('finds files that others may read, that are not there, programs that cannot be run', () => {
    const open = house.file('open', 'planted', 0o644);
    const missing = join(house.folder, 'missing');
    const folder = join(house.folder, 'credentials');
    mkdirSync(folder);
    const found = faults(
      {
        a: { file: open },
        b: { file: missing },
        c: { age: { file: missing, identity: open } },
        d: { program: [open] },
        e: { credential: 'nope' },
        f: { sops: { file: missing, identity: open } },
      },
      { CREDENTIALS_DIRECTORY: folder, PATH: folder },
    );
    expect(found.map((line) => line.replaceAll(house.folder, ''))).to.deep.equal([
      'secrets.named.a.file: /open: others may read it; run: chmod 640 /open',
      'secrets.named.b.file: /missing: it cannot be read (ENOENT); check its path and owner',
      'secrets.named.c.age.file: /missing cannot be read (ENOENT): check its path, owner and mode',
      'secrets.named.c.age.identity: /open: others may read it; run: chmod 640 /open',
      'secrets.named.d.program: /open cannot be run (EACCES): check its path, owner and mode',
      'secrets.named.e.credential: /credentials/nope: it cannot be read (ENOENT); check its path and owner',
      'secrets.named.f.sops.file: /missing cannot be read (ENOENT): check its path, owner and mode',
      'secrets.named.f.sops.identity: /open: others may read it; run: chmod 640 /open',
      'secrets.named.f.sops: needs the program sops, which is in no folder of PATH: install it',
    ]);
    expect(found.join('\n')).not.to.include('planted');
  });
});
