import type { X509Certificate } from 'node:crypto';
import type { Pin, Trust } from '../api/trust.js';
import { ServerUntrusted } from '../api/errors.js';
import type { Fingerprint } from '../api/fingerprint.js';
import type { ShownChain } from '../api/trusting-agent.js';

/** By what a server is to be known from now on, and whether somebody has to agree first. */
export type Choice =
  | { readonly kind: 'told'; readonly trust: Trust }
  | { readonly kind: 'vouched for' }
  | { readonly kind: 'to be asked'; readonly trust: Pin; readonly certificate: X509Certificate };

interface Told {
  readonly baseUrl: string;
  readonly fingerprint?: Fingerprint | undefined;
  /** In PEM. */
  readonly authorities?: string | undefined;
}

/**
 * What is told of a server comes first, then the CAs of this computer. Else its CA is proposed, which stays when the server's own
 * certificate is renewed; a server that shows none is known by its own.
 * @throws ServerUntrusted where what is told does not hold
 */
export function chooseTrust(
  { certificates, isVouchedFor }: ShownChain,
  { baseUrl, fingerprint, authorities }: Told,
): Choice {
  const [own] = certificates;
  const last = certificates.at(-1);
  if (!own || !last) throw new ServerUntrusted(baseUrl, 'it shows none', 'is this imago? see --host/--port');
  if (fingerprint !== undefined) {
    const meant = certificates.find(({ fingerprint256 }) => fingerprint256 === fingerprint);
    if (!meant) throw ServerUntrusted.another(baseUrl, { shown: last.fingerprint256, pinned: fingerprint });
    return { kind: 'told', trust: pinOf(meant) };
  }
  if (authorities !== undefined) {
    if (isVouchedFor) return { kind: 'told', trust: { authorities } };
    throw new ServerUntrusted(
      baseUrl,
      'no CA of the file has made it for that name',
      'name the file of its CA with --ca, or a name that it is for with --host',
    );
  }
  if (isVouchedFor) return { kind: 'vouched for' };
  const proposed = isRoot(last) ? last : own;
  return { kind: 'to be asked', trust: pinOf(proposed), certificate: proposed };
}

function pinOf(certificate: X509Certificate): Pin {
  const { fingerprint256: fingerprint } = certificate;
  return isRoot(certificate) ? { fingerprint, authority: certificate.toString() } : { fingerprint };
}

/** One that others can be looked up to. */
function isRoot(certificate: X509Certificate): boolean {
  return certificate.ca && certificate.checkIssued(certificate);
}
