import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FileCertificates } from '../../../src/tls/file-certificates.js';
import { makeCa, makeServer, type KeyPair } from '../../../src/tls/make-certificates.js';
import type { ServerNames } from '../../../src/tls/server-names.js';
import { validityOf, validityOfServer } from '../../../src/tls/validity.js';
import { CertificateAuthority, type CertificateOnDisk } from '../../support/certificates.js';

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
  const read = (more = {}, goesBy?: () => ServerNames) => {
    const log = {
      info: (_facts: object, message: string) => told.push(message),
      warn: (_facts: object, message: string) => told.push(message),
    };
    return FileCertificates.read({ ...files(), ...more }, () => 0, log, goesBy);
  };

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
    expect(certificates.fault()?.message).to.match(
      /cannot be used: the key does not belong to the certificate; write/,
    );
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

  describe('of another CA', () => {
    let ca: CertificateAuthority;
    let server: CertificateOnDisk;
    before(() => {
      ca = CertificateAuthority.create();
      server = ca.server('10.75.0.1');
    });
    after(() => ca.remove());
    const put = ({ certificate, key }: CertificateOnDisk) => {
      copyFileSync(certificate, files().certificate);
      copyFileSync(key, files().key);
    };
    const sha256 = (file: string) => `SHA256:${new X509Certificate(readFileSync(file)).fingerprint256}`;

    it('are held on to by that CA only where it is in their file', () => {
      put(server);
      expect(read().fingerprint).to.equal(sha256(server.certificate));
      expect(read({ clientCa: ca.certificate }).fingerprint).to.equal(sha256(server.certificate));
      writeFileSync(
        files().certificate,
        readFileSync(server.certificate, 'utf8') + readFileSync(ca.certificate, 'utf8'),
      );
      expect(read().fingerprint).to.equal(sha256(ca.certificate));
    });

    const names = { addresses: ['10.75.0.1', '127.0.0.1'], names: ['localhost', 'rack1'] };
    it('lack what those of before had, until they have it again', () => {
      put(server);
      const certificates = read({}, () => names);
      expect(certificates.fault()).to.equal(undefined);
      put(ca.server('10.75.0.2', 'moved'));
      expect(certificates.fault()).to.include({ code: 'CERTIFICATE_LACKS_NAMES' });
      expect(certificates.fault()?.message).to.include(
        'does not name DNS:rack1, IP Address:10.75.0.1: whoever',
      );
      put(server);
      expect(certificates.fault()).to.equal(undefined);
    });

    it('lack all that this server goes by; one of it is enough', () => {
      put(server);
      const of = (addresses: string[], more: string[]) =>
        read({}, () => ({ addresses, names: more })).fault();
      expect(of(['10.75.0.9'], ['imago.test'])).to.equal(undefined);
      expect(of(['10.75.0.1'], ['rack1'])).to.equal(undefined);
      expect(of(['10.75.0.9', '127.0.0.1'], ['localhost'])?.message).to.include(
        'does not name IP Address:10.75.0.9: whoever',
      );
    });

    const refusal = (more = {}) => {
      try {
        read(more);
        return 'none';
      } catch (error) {
        return String(error).replaceAll(`${folder}/`, '').replaceAll(`${ca.folder}/`, '');
      }
    };
    it('are refused where they are not for servers', () => {
      put(ca.client('/CN=ci', 'ci'));
      expect(refusal()).to.match(
        /cert\.pem cannot be used: its extended key usage is not for servers.*serverAuth/,
      );
    });

    it('are refused with a CA of callers that is none', () => {
      put(server);
      expect(refusal({ clientCa: server.certificate })).to.match(
        /server\.crt cannot be used: it is of no CA.*; write/,
      );
    });

    it('are refused in words that are not OpenSSL’s', () => {
      put({ certificate: server.key, key: server.certificate });
      expect(refusal()).to.match(/cert\.pem cannot be used: it holds no certificate as PEM; write/);
      put({ certificate: server.certificate, key: ca.certificate });
      expect(refusal()).to.match(/key key\.pem cannot be used: the key is no private key as PEM; write/);
    });
  });
});
