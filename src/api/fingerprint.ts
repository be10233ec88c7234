/** The SHA-256 of a certificate, as Node and openssl write it: pairs of capital hexadecimal digits with colons between them. */
export type Fingerprint = string;

const PREFIX = 'SHA256:';

/** Reads `SHA256:AA:BB:…`, `AA:BB:…` or `aabb…`, also as openssl prints it; undefined for anything else. */
export function parseFingerprint(text: string): Fingerprint | undefined {
  const [, digits = ''] = /^(?:sha-?256(?: fingerprint)?[:= ])?([0-9a-f:]+)$/i.exec(text.trim()) ?? [];
  const hex = digits.replaceAll(':', '').toUpperCase();
  return /^[0-9A-F]{64}$/.test(hex) ? (hex.match(/../g)?.join(':') ?? '') : undefined;
}

/** As the daemon says it when it starts. */
export function showFingerprint(fingerprint: Fingerprint): string {
  return `${PREFIX}${fingerprint}`;
}
