import { createPrivateKey, X509Certificate } from 'node:crypto';
import { makeServer } from './make-certificates.js';
import { openCa, type OwnCa } from './own-ca.js';
import { OwnFolder } from './own-folder.js';
import { covers, namesIn, type ServerNames } from './server-names.js';
import { isDue, validityOf, validityOfServer } from './validity.js';

/** Key, certificate and that of the CA in one file: whoever reads it finds what goes together, whenever writing was broken off. */
const SERVER = 'server.pem';

export interface OwnCertificatesParts {
  readonly folder: string;
  /** What is to stand in the server's certificate, as it is now. */
  readonly names: () => ServerNames;
  /** Whose CA it is. */
  readonly hostname: string;
  readonly clock: () => Date;
  readonly log: Readonly<Record<'info', (facts: object, message: string) => void>>;
}

/** A CA that imago made for itself, and the certificate of this server by it: made again before it ends, and where it has to name more. */
export class OwnCertificates {
  #looking: Promise<void> | undefined;

  private constructor(
    private readonly parts: OwnCertificatesParts,
    private readonly folder: OwnFolder,
    readonly ca: OwnCa,
  ) {}

  /** Makes what is missing. @throws CaUnusable */
  static async open(parts: OwnCertificatesParts): Promise<OwnCertificates> {
    const { hostname, clock, log } = parts;
    const folder = OwnFolder.open(parts.folder);
    const isUsed = folder.read(SERVER) !== undefined;
    const ca = await openCa(folder, isUsed, hostname, clock());
    if (ca.isNew) {
      log.info(
        { file: ca.path, fingerprint: `SHA256:${ca.parsed.fingerprint256}` },
        'a CA for operators was made: run `imagoctl login` on their computers, and see that it shows this SHA-256 fingerprint',
      );
    }
    const own = new OwnCertificates(parts, folder, ca);
    await own.look();
    return own;
  }

  /** With the server's key and certificate, and after them that of the CA. */
  get file(): string {
    return this.folder.at(SERVER);
  }

  /** Makes another certificate where the one on disk is damaged, another CA's, ends soon, or lacks a name. @throws CaUnusable */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { names, clock, log } = this.parts;
    const [now, wanted] = [clock(), names()];
    const validity = validityOfServer(now, validityOf(this.ca.parsed));
    const kept = signedBy(this.ca, this.folder.read(SERVER));
    if (kept && covers(namesIn(kept.subjectAltName), wanted) && !isDue(validityOf(kept), validity, now))
      return;
    const { key, certificate } = await makeServer(this.ca, wanted, validity);
    await this.folder.write(SERVER, key + certificate);
    const { fingerprint256: fingerprint, subjectAltName, validTo: until } = new X509Certificate(certificate);
    log.info(
      { file: this.file, fingerprint: `SHA256:${fingerprint}`, names: subjectAltName, until },
      'a certificate for operators was made: whoever trusts its CA trusts it',
    );
  }
}

/** The server's certificate in the text; undefined of one that is damaged or another CA's, which nobody holds on to. */
function signedBy({ parsed: ca }: OwnCa, pem: string | undefined): X509Certificate | undefined {
  if (pem === undefined) return undefined;
  try {
    const leaf = new X509Certificate(pem);
    return leaf.checkPrivateKey(createPrivateKey(pem)) && leaf.verify(ca.publicKey) ? leaf : undefined;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
