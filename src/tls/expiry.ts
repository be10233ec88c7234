import { ImagoError } from '../errors.js';
import { certificatesIn } from './chain.js';
import { validityOf, type Validity } from './validity.js';

const DAY = 86_400_000;
/** Before it ends, an operator is told: so long, or a fifth of the time of one that is renewed more often. */
const AHEAD = 14 * DAY;

/** A certificate of a listener ends soon, has ended, or does not hold yet. */
class CertificateExpires extends ImagoError {
  readonly code: string;

  constructor(of: string, { code, says, when }: Trouble) {
    super(`${of} ${says}`, { of, when: when.toISOString() });
    this.code = code;
  }
}

interface Trouble {
  readonly code: string;
  readonly says: string;
  readonly when: Date;
}

/** What is wrong with a certificate at that moment. @param of which it is. @param remedy what renews it, as in `renew it` */
export function expiryFault(
  of: string,
  validity: Validity,
  remedy: string,
  now: Date,
): ImagoError | undefined {
  const trouble = troubleOf(validity, remedy, now);
  return trouble && new CertificateExpires(of, trouble);
}

function troubleOf({ notBefore, notAfter }: Validity, remedy: string, now: Date): Trouble | undefined {
  const [begin, end] = [notBefore.toISOString(), notAfter.toISOString()];
  if (now < notBefore) {
    const says = `holds only from ${begin} on: see that the clock of this server is right (timedatectl); if it is, ${remedy}`;
    return { code: 'CERTIFICATE_NOT_YET_VALID', says, when: notBefore };
  }
  if (now >= notAfter) {
    const says = `has ended on ${end}, and clients refuse it: ${remedy}`;
    return { code: 'CERTIFICATE_EXPIRED', says, when: notAfter };
  }
  const ahead = Math.min(AHEAD, (notAfter.getTime() - notBefore.getTime()) / 5);
  if (notAfter.getTime() - now.getTime() > ahead) return undefined;
  return { code: 'CERTIFICATE_EXPIRES', says: `ends on ${end}: ${remedy} before`, when: notAfter };
}

/** While all of the certificates of a file hold, as of a chain. @throws what OpenSSL says of the text */
export function validityOfAll(pem: string): Validity {
  const all = certificatesIn(pem).map(validityOf);
  return {
    notBefore: new Date(Math.max(...all.map(({ notBefore }) => notBefore.getTime()))),
    notAfter: new Date(Math.min(...all.map(({ notAfter }) => notAfter.getTime()))),
  };
}
