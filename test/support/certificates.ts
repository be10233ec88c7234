import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files of one certificate, as PEM. */
export interface CertificateOnDisk {
  readonly certificate: string;
  readonly key: string;
}

/** A CA and what it signs, made by openssl in a folder of their own. */
export class CertificateAuthority {
  private constructor(
    readonly folder: string,
    readonly certificate: string,
    private readonly key: string,
  ) {}

  static create(name = 'lab CA'): CertificateAuthority {
    const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
    const [certificate, key] = [join(folder, 'ca.crt'), join(folder, 'ca.key')];
    openssl(
      `req -x509 ${NEW_KEY} -days 2 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign`,
      '-keyout',
      key,
      '-out',
      certificate,
      '-subj',
      `/CN=${name}`,
    );
    return new CertificateAuthority(folder, certificate, key);
  }

  /** Of a server at this address. */
  server(address = '127.0.0.1', file = 'server'): CertificateOnDisk {
    return this.#sign(
      file,
      '/CN=imago.test',
      `extendedKeyUsage=serverAuth\nsubjectAltName=IP:${address},DNS:imago.test`,
    );
  }

  /** @param subject as in `/CN=alice` */
  client(subject: string, file = 'client'): CertificateOnDisk {
    return this.#sign(file, subject, 'extendedKeyUsage=clientAuth');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #sign(file: string, subject: string, extensions: string): CertificateOnDisk {
    const at = (ending: string) => join(this.folder, `${file}.${ending}`);
    openssl(`req ${NEW_KEY}`, '-keyout', at('key'), '-out', at('csr'), '-subj', subject);
    writeFileSync(at('ext'), `basicConstraints=CA:FALSE\n${extensions}\n`);
    openssl(
      'x509 -req -CAcreateserial -days 2',
      '-in',
      at('csr'),
      '-CA',
      this.certificate,
      '-CAkey',
      this.key,
      '-extfile',
      at('ext'),
      '-out',
      at('crt'),
    );
    return { certificate: at('crt'), key: at('key') };
  }
}

const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';

/** @param words what holds no blank within a word */
function openssl(words: string, ...more: readonly string[]): void {
  execFileSync('openssl', [...words.split(' '), ...more], { stdio: ['ignore', 'ignore', 'pipe'] });
}
