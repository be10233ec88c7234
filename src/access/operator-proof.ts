import type { OperatorRole } from '../api/role.js';

/** How an operator comes: by the socket on this server, over TLS, or over a listener that is trusted. */
export type Way = 'socket' | 'tls' | 'trusted';

/** A certificate that a client has shown: he has its key. */
export interface ShownCertificate {
  /** Undefined where it has none, or several. */
  readonly commonName: string | undefined;
  /** SHA-256, lower-case hex. */
  readonly fingerprint: string;
  readonly validTo: Date;
  /** Why it proves nothing, as OpenSSL names it (`CERT_HAS_EXPIRED`); undefined where a CA of the configuration has signed it. */
  readonly fault: string | undefined;
}

/** A request of an operator, as far as it tells who asks. */
export interface Asking {
  readonly way: Way;
  /** As he names himself. */
  readonly said: string;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly certificate: ShownCertificate | undefined;
  /** Where he asks from, as text. */
  readonly address: string;
  readonly method: string;
}

/** Who asks, by what he has shown. */
export interface Proven {
  /** Stands in the history; fit for the author line of a commit. */
  readonly name: string;
  readonly role: OperatorRole;
  readonly by: 'token' | 'certificate' | 'session';
  /** Of that token or session. */
  readonly id?: string;
  /** When the proof is over. */
  readonly expires?: Date | undefined;
  /** Aborts once the proof holds no more, as when it is revoked: what is watched with it ends then. */
  readonly over?: (() => AbortSignal) | undefined;
}

/** One kind of proof. */
export interface OperatorProof {
  /**
   * Undefined where nothing of its kind was shown.
   * @throws NotAuthenticated for what is shown and proves nothing
   */
  proven(asking: Asking): Proven | undefined | Promise<Proven | undefined>;
}
