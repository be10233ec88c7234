import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { OwnCertificates } from '../../../src/tls/own-certificates.js';
import { serverNames } from '../../../src/tls/server-names.js';

const DAY = 86_400_000;

describe('the own CA and the certificate by it', () => {
  let top: string;
  let folder: string;
  let now: Date;
  let further: string[];
  let told: { readonly message: string; readonly facts: object }[];

  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'own-ca-'));
    folder = join(top, 'ca');
    now = new Date('2026-12-01T00:00:00Z');
    further = [];
    told = [];
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  const open = () =>
    OwnCertificates.open({
      folder,
      names: () => serverNames(['10.75.0.1'], 'boot', 'rack.example', further),
      hostname: 'boot',
      clock: () => now,
      log: { info: (facts, message) => told.push({ facts, message }) },
    });
  const failure = () =>
    open().then(
      () => 'it opens',
      (error: Error & { code: string }) => `${error.code}: ${error.message}`.replaceAll(top, ''),
    );
  const at = (name: string) => join(folder, name);
  const text = (name: string) => readFileSync(at(name), 'utf8');
  const server = () => new X509Certificate(text('server.pem'));
  const later = (days: number) => (now = new Date(now.getTime() + days * DAY));

  describe('at the first start', () => {
    it('are files of nobody else', async () => {
      await open();
      expect(readdirSync(folder)).to.have.members(['ca.key', 'ca.crt', 'server.pem']);
      expect(statSync(folder).mode & 0o777).to.equal(0o700);
      for (const name of readdirSync(folder)) expect(statSync(at(name)).mode & 0o777, name).to.equal(0o600);
    });

    it('are told once: where, by which fingerprints, and what to do', async () => {
      const own = await open();
      expect(told).to.have.length(2);
      expect(told[0]?.message).to.include('imagoctl login');
      expect(told[0]?.facts).to.deep.equal({
        file: at('ca.crt'),
        fingerprint: `SHA256:${new X509Certificate(text('ca.crt')).fingerprint256}`,
      });
      expect(told[1]?.facts).to.include({ file: own.file, fingerprint: `SHA256:${server().fingerprint256}` });
      await open();
      expect(told).to.have.length(2);
    });

    it('name the server by all its names, and stay the same at the next start', async () => {
      await open();
      expect(server().subjectAltName).to.equal(
        'DNS:boot, DNS:boot.rack.example, DNS:localhost, IP Address:10.75.0.1, IP Address:127.0.0.1',
      );
      const before = text('server.pem');
      await open();
      expect(text('server.pem')).to.equal(before);
    });

    it('are a chain: the CA may sign, the server may not', async () => {
      const { ca } = await open();
      expect(ca.parsed.ca).to.equal(true);
      expect(server().ca).to.equal(false);
      expect(server().checkIssued(ca.parsed)).to.equal(true);
      expect(text('server.pem').endsWith(text('ca.crt')), 'clients are shown the CA').to.equal(true);
    });
  });

  describe('the certificate is made again by the same CA', () => {
    const again = async (change: () => void) => {
      const own = await open();
      const [before, ca] = [server().fingerprint256, text('ca.crt')];
      change();
      await own.look();
      expect(text('ca.crt')).to.equal(ca);
      return server().fingerprint256 !== before;
    };

    it('before it ends, without a restart', async () => {
      expect(await again(() => later(260))).to.equal(false);
      expect(await again(() => later(270))).to.equal(true);
      expect(new Date(server().validTo).getTime() - now.getTime()).to.equal(397 * DAY);
    });

    it('where another name is wanted', async () => {
      expect(await again(() => (further = ['imago.example']))).to.equal(true);
      expect(server().checkHost('imago.example')).to.equal('imago.example');
    });

    for (const { name, content } of [
      { name: 'cut short', content: () => text('server.pem').slice(0, 300) },
      { name: 'empty', content: () => '' },
      { name: 'without its key', content: () => text('ca.crt') },
      {
        name: 'with the key of another',
        content: () => text('ca.key') + text('server.pem').replace(/^[^]*PRIVATE KEY-----\n/, ''),
      },
    ]) {
      it(`where its file is ${name}`, async () => {
        expect(await again(() => writeFileSync(at('server.pem'), content()))).to.equal(true);
      });
    }

    it('where its file is gone', async () => {
      expect(await again(() => unlinkSync(at('server.pem')))).to.equal(true);
    });

    it('where it is another CA’s', async () => {
      await open();
      const foreign = text('server.pem');
      rmSync(folder, { recursive: true });
      expect(await again(() => writeFileSync(at('server.pem'), foreign, { mode: 0o600 }))).to.equal(true);
      expect(server().verify(new X509Certificate(text('ca.crt')).publicKey)).to.equal(true);
    });

    it('once, by two that look at the same time', async () => {
      const own = await open();
      later(300);
      await Promise.all([own.look(), own.look()]);
      expect(told).to.have.length(3);
    });
  });

  it('end with the CA, and are not made again and again then', async () => {
    const own = await open();
    later(3600);
    await own.look();
    expect(server().validTo).to.equal(own.ca.parsed.validTo);
    const before = server().fingerprint256;
    later(40);
    await own.look();
    later(40);
    await own.look();
    expect(server().fingerprint256).to.equal(before);
  });

  it('hold where the clock stood at its beginning, and was put right after', async () => {
    now = new Date(0);
    const own = await open();
    now = new Date('2026-12-01T00:00:00Z');
    await own.look();
    expect(new Date(server().validTo) > now).to.equal(true);
    expect(new Date(own.ca.parsed.validTo) > now).to.equal(true);
  });

  describe('after a kill', () => {
    it('in the middle of a file, that file is made', async () => {
      mkdirSync(folder, { mode: 0o700 });
      writeFileSync(at('ca.key.new'), '-----BEGIN PRIV', { mode: 0o600 });
      expect(await failure()).to.equal('it opens');
      expect(readdirSync(folder)).to.have.members(['ca.key', 'ca.crt', 'server.pem']);
    });

    it('between the key of the CA and its certificate, both are made', async () => {
      await open();
      const key = text('ca.key');
      unlinkSync(at('ca.crt'));
      unlinkSync(at('server.pem'));
      expect(await failure()).to.equal('it opens');
      expect(text('ca.key')).to.not.equal(key);
    });

    it('between the CA and the certificate by it, the CA stays', async () => {
      await open();
      const ca = text('ca.crt');
      unlinkSync(at('server.pem'));
      expect(await failure()).to.equal('it opens');
      expect(text('ca.crt')).to.equal(ca);
    });
  });

  describe('that cannot be used are told with the remedy:', () => {
    const remedy =
      'bring /ca back from a backup; or remove it, then another CA is made, and operators log in again';
    for (const { name, damage, want } of [
      {
        name: 'a certificate that is cut short',
        damage: () => writeFileSync(at('ca.crt'), text('ca.crt').slice(0, 200)),
        want: /^CA_UNUSABLE: \/ca\/ca.crt, of the CA for operators, cannot be used: it is damaged \(.+\): /,
      },
      {
        name: 'a key that is cut short',
        damage: () => writeFileSync(at('ca.key'), text('ca.key').slice(0, 60)),
        want: /^CA_UNUSABLE: \/ca\/ca.key, .*: it is damaged \(.+\): /,
      },
      {
        name: 'an empty key',
        damage: () => writeFileSync(at('ca.key'), ''),
        want: /^CA_UNUSABLE: \/ca\/ca.key, .*: it is damaged \(.+\): /,
      },
      {
        name: 'a key that is gone',
        damage: () => unlinkSync(at('ca.key')),
        want: /^CA_UNUSABLE: \/ca\/ca.key, .*: it is not there: /,
      },
      {
        name: 'a certificate that is gone',
        damage: () => unlinkSync(at('ca.crt')),
        want: /^CA_UNUSABLE: \/ca\/ca.crt, .*: it is not there: /,
      },
      {
        name: 'a certificate of no CA',
        damage: () => writeFileSync(at('ca.crt'), server().toString()),
        want: /^CA_UNUSABLE: \/ca\/ca.crt, .*: it is of no CA: /,
      },
    ]) {
      it(name, async () => {
        await open();
        damage();
        const message = await failure();
        expect(message).to.match(want);
        expect(message.endsWith(remedy), message).to.equal(true);
      });
    }

    it('the key of another CA', async () => {
      await open();
      renameSync(folder, join(top, 'old'));
      await open();
      writeFileSync(at('ca.key'), readFileSync(join(top, 'old', 'ca.key')));
      expect(await failure()).to.equal(
        `CA_UNUSABLE: /ca/ca.key, of the CA for operators, cannot be used: it is the key of another certificate than ca.crt: ${remedy}`,
      );
    });

    for (const { name, mode, ought } of [
      { name: 'ca.key', mode: 0o640, ought: '600' },
      { name: 'ca.key', mode: 0o604, ought: '600' },
      { name: 'server.pem', mode: 0o644, ought: '600' },
      { name: '', mode: 0o755, ought: '700' },
    ]) {
      it(`${name || 'the folder'} with mode ${mode.toString(8)}`, async () => {
        await open();
        chmodSync(at(name), mode);
        const path = join('/ca', name);
        expect(await failure()).to.equal(
          `CA_UNUSABLE: ${path}, of the CA for operators, cannot be used: other users may read it (mode ${mode.toString(8)}); if none of them has: chmod ${ought} ${path}. If one may have, remove /ca: another CA is made, and operators log in again`,
        );
      });
    }

    it('a link where the key should be', async () => {
      await open();
      renameSync(at('ca.key'), join(top, 'elsewhere'));
      symlinkSync(join(top, 'elsewhere'), at('ca.key'));
      expect(await failure()).to.match(/^CA_UNUSABLE: \/ca\/ca.key, .*: it is no file of its own: /);
    });

    it('a file where the folder should be', async () => {
      writeFileSync(folder, '');
      expect(await failure()).to.match(/^CA_UNUSABLE: \/ca, /);
      expect(existsSync(folder)).to.equal(true);
    });
  });
});
