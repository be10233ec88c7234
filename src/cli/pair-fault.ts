import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Identity } from '../api/trust.js';

/** As Node says of a key that is encrypted, where nobody gives what opens it. */
const NO_PASSPHRASES = new Set<unknown>([
  'ERR_MISSING_PASSPHRASE',
  'ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED',
]);

/** Why a client's certificate and key cannot be shown; undefined where they can. TLS would say so in OpenSSL's words, when it connects. */
export function pairFault({
  certificate,
  key,
}: Identity): 'certificate' | 'key' | 'encrypted' | 'pair' | undefined {
  const parsed = outcome(() => new X509Certificate(certificate));
  if (!(parsed instanceof X509Certificate)) return 'certificate';
  const secret: KeyObject | Error = outcome(() => createPrivateKey(key));
  if (secret instanceof Error) return NO_PASSPHRASES.has(Reflect.get(secret, 'code')) ? 'encrypted' : 'key';
  return parsed.checkPrivateKey(secret) ? undefined : 'pair';
}

function outcome<T>(parse: () => T): T | Error {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}
