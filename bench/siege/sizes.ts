/** How much of each attack there is. */
export interface SiegeSize {
  readonly machines: number;
  /** Connections that ask for a thousand images each, and read nothing. */
  readonly pipelines: number;
  /** Downloads that stop after their first bytes. */
  readonly stalled: number;
  /** Connections that say nothing; that stop within their headers; that stop within their body. */
  readonly idle: number;
  /** TFTP requests that nobody acknowledges. */
  readonly unacknowledged: number;
  /** Requests and datagrams of each kind. */
  readonly each: number;
  /**
   * Connections to where operators are answered over TLS: a quarter say nothing; a quarter stop within the handshake; the rest agree on it, then say nothing, stop
   * within headers or body, or read nothing.
   */
  readonly overTls: number;
  /** Event streams. */
  readonly streams: number;
}

export const wholeSiege: SiegeSize = {
  machines: 100,
  pipelines: 10,
  stalled: 2_000,
  idle: 9_000,
  unacknowledged: 2_000,
  each: 200_000,
  overTls: 10_000,
  streams: 400,
};

export const shortSiege: SiegeSize = {
  machines: 25,
  pipelines: 10,
  stalled: 300,
  idle: 900,
  unacknowledged: 2_000,
  each: 2_000,
  overTls: 1_200,
  streams: 300,
};
