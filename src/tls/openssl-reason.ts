import { errorCode } from '../errors.js';

const reasons = new Map([
  ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'the key does not belong to the certificate'],
  ['ERR_OSSL_X509_KEY_TYPE_MISMATCH', 'the key does not belong to the certificate'],
  ['ERR_OSSL_PEM_NO_START_LINE', 'it holds no certificate as PEM'],
  ['ERR_OSSL_UNSUPPORTED', 'the key is no private key as PEM'],
  ['ERR_OSSL_BAD_DECRYPT', 'the key is under a passphrase, which nobody could type in'],
  ['ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED', 'the key is under a passphrase, which nobody could type in'],
  ['ERR_MISSING_PASSPHRASE', 'the key is under a passphrase, which nobody could type in'],
  ['ERR_OSSL_ASN1_WRONG_TAG', 'what it has as PEM is damaged'],
]);

/** What OpenSSL found wrong with a certificate or key, in words; its own where there are no others. */
export function opensslReason(error: unknown): string {
  const known = reasons.get(errorCode(error) ?? '');
  if (known !== undefined) return known;
  return error instanceof Error ? error.message : String(error);
}
