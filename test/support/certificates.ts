import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
      `req -x509 ${NEW_KEY} -days 2 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign`,
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

  /** Of a client, and over since long ago. */
  expired(subject: string, file = 'expired'): CertificateOnDisk {
    const { key } = this.client(subject, file);
    const at = (ending: string) => join(this.folder, `${file}.${ending}`);
    this.#ca(
      '-startdate 20200101000000Z -enddate 20200201000000Z',
      '-in',
      at('csr'),
      '-extfile',
      at('ext'),
      '-out',
      at('crt'),
    );
    return { certificate: at('crt'), key };
  }

  /** Revokes some more. @returns the file of the list, as PEM, which holds for a day. */
  revoke(...revoked: readonly CertificateOnDisk[]): string {
    for (const { certificate } of revoked) this.#ca('', '-revoke', certificate);
    const list = join(this.folder, 'ca.crl');
    this.#ca('-gencrl -crldays 1', '-out', list);
    return list;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What is known of what was signed, or revoked, stands in files beside it. */
  #ca(words: string, ...more: readonly string[]): void {
    const at = (file: string) => join(this.folder, file);
    if (!existsSync(at('index'))) {
      writeFileSync(at('index'), '');
      writeFileSync(at('number'), '01\n');
      writeFileSync(
        at('ca.conf'),
        `[ca]\ndefault_ca=lab\n[lab]\ndatabase=${at('index')}\ncrlnumber=${at('number')}\nserial=${at('number')}\nnew_certs_dir=${this.folder}\ndefault_md=sha256\nunique_subject=no\npolicy=any\n[any]\ncommonName=optional\n`,
      );
    }
    const keys = [
      '-config',
      at('ca.conf'),
      '-cert',
      this.certificate,
      '-keyfile',
      this.key,
      '-batch',
      '-notext',
    ];
    openssl(`ca ${words}`.trim(), ...keys, ...more);
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
