import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FileCertificates } from '../../../src/tls/file-certificates.js';
import { makeCa, makeServer, type KeyPair } from '../../../src/tls/make-certificates.js';
import { validityOf, validityOfServer } from '../../../src/tls/validity.js';

describe('certificates of files', () => {
  let folder: string;
  let pairs: readonly KeyPair[];
  let told: string[];
  const files = () => ({ certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') });

  before(async () => {
    const ca = await makeCa('boot', new Date());
    const signing = { key: createPrivateKey(ca.key), certificate: ca.certificate };
    const validity = validityOfServer(new Date(), validityOf(new X509Certificate(ca.certificate)));
    const names = { addresses: ['127.0.0.1'], names: ['localhost'] };
    pairs = await Promise.all([1, 2].map(() => makeServer(signing, names, validity)));
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'file-certificates-'));
    told = [];
    write(0);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (certificate: number, key = certificate) => {
    writeFileSync(files().certificate, pairs[certificate]!.certificate);
    writeFileSync(files().key, pairs[key]!.key);
  };
  const read = (more = {}) =>
    FileCertificates.read({ ...files(), ...more }, () => 0, {
      info: (_facts, message) => told.push(message),
      warn: (_facts, message) => told.push(message),
    });

  it('are the same object while the files are the same', () => {
    const certificates = read();
    expect(certificates.current()).to.equal(certificates.current());
    expect(String(certificates.current().cert)).to.equal(pairs[0]!.certificate);
  });

  it('are those of the files from the next look on', () => {
    const certificates = read();
    write(1);
    expect(String(certificates.current().cert)).to.equal(pairs[1]!.certificate);
    expect(told).to.deep.equal(['other certificates hold from now on']);
  });

  it('stay as they were while the files do not go together, which is told once', () => {
    const certificates = read();
    write(1, 0);
    expect(String(certificates.current().cert)).to.equal(pairs[0]!.certificate);
    certificates.current();
    expect(certificates.fault()?.message).to.match(/key values mismatch/);
    expect(told).to.deep.equal(['the certificates on disk cannot be used, those of before stay in force']);
    write(1);
    expect(certificates.fault()).to.equal(undefined);
    expect(String(certificates.current().cert)).to.equal(pairs[1]!.certificate);
  });

  it('ask callers for one only where a CA of theirs is named', () => {
    expect(read().asksCallers).to.equal(false);
    const withCa = read({ clientCa: files().certificate });
    expect(withCa.asksCallers).to.equal(true);
    expect(String(withCa.current().ca)).to.equal(pairs[0]!.certificate);
  });
});
