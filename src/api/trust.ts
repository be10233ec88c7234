import type { Fingerprint } from './fingerprint.js';

/** The one certificate by which a server is known: its own, or that of the CA which made it. */
export interface Pin {
  readonly fingerprint: Fingerprint;
  /** In PEM, where it is known and is a CA's: then one handshake is enough. */
  readonly authority?: string | undefined;
}

/** A client's certificate and its key, in PEM: what shows who asks. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** By what a server is believed to be the one that is meant. */
export type Trust = Pin | { readonly authorities: string };
