/** What a slow or silent client may hold, and for how long. Times are in milliseconds. */
export interface ConnectionLimits {
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeout: number;
  /** From the first byte of a request to the end of its body. */
  readonly requestTimeout: number;
  /** Between an answer and the next request. */
  readonly keepAliveTimeout: number;
  /** How often the two above are looked after. */
  readonly connectionsCheckingInterval: number;
  /** Of a socket on which nothing moves: an installer that writes to a slow disk pauses its download. */
  readonly idleTimeout: number;
  /** In bytes: the request line and all headers. */
  readonly maxHeaderSize: number;
  readonly maxHeadersCount: number;
  /** Connections over TLS at one listening address: each takes some 37 KB for it. */
  readonly mostOverTls: number;
  /** How long answers that are under way may take when imago stops. */
  readonly drainTimeout: number;
  /** How often connections that have just become idle are looked for then. */
  readonly idleCheckInterval: number;
}

export const connectionLimits: ConnectionLimits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
  idleTimeout: 300_000,
  maxHeaderSize: 16_384,
  maxHeadersCount: 100,
  mostOverTls: 2_000,
  drainTimeout: 5_000,
  idleCheckInterval: 25,
};
