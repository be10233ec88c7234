import { ImagoError, type ErrorFacts } from '../errors.js';
import { type Fingerprint, showFingerprint } from './fingerprint.js';
import type { Problem } from './schemas.js';

/** The server understood and refused. Its sentence says why and what to do. */
export class ApiProblem extends ImagoError {
  readonly code: string;
  readonly status: number;

  constructor(readonly problem: Problem) {
    super(problem.detail, factsOf(problem));
    this.code = problem.code;
    this.status = problem.status;
  }
}

/** Nobody answers there, or not in time. Whether a change was made is then unknown; making it again is safe. */
export class ServerUnreachable extends ImagoError {
  readonly code = 'SERVER_UNREACHABLE';

  /** @param hint What else may help. */
  constructor(baseUrl: string, reason: string, { hint, ...options }: ErrorOptions & { hint?: string } = {}) {
    super(
      `no imago answers at ${baseUrl} (${reason}): is the daemon running? set --host/--port or IMAGO_HOST/IMAGO_PORT${hint === undefined ? '' : `; ${hint}`}`,
      { baseUrl, reason },
      options,
    );
  }
}

/** Somebody answers there who cannot show that he is the one that is meant. Nothing was sent to him. */
export class ServerUntrusted extends ImagoError {
  readonly code = 'SERVER_UNTRUSTED';

  constructor(baseUrl: string, reason: string, remedy: string, options?: ErrorOptions) {
    super(
      `the certificate of ${baseUrl} is not believed: ${reason}; ${remedy}`,
      { baseUrl, reason },
      options,
    );
  }

  static another(
    baseUrl: string,
    { shown, pinned }: { readonly shown: Fingerprint; readonly pinned: Fingerprint },
    options?: ErrorOptions,
  ): ServerUntrusted {
    return new ServerUntrusted(
      baseUrl,
      `it is ${showFingerprint(shown)}, and ${showFingerprint(pinned)} was pinned`,
      `somebody may stand in between: only if the server tells the new one itself, in its log, log in again: ${loginAt(baseUrl)}`,
      options,
    );
  }

  static unknown(baseUrl: string, reason: string, options?: ErrorOptions): ServerUntrusted {
    const remedy = `to see its fingerprint and pin it: ${loginAt(baseUrl)}; or name the file of its CA in IMAGO_TLS_CA`;
    return new ServerUntrusted(baseUrl, reason, remedy, options);
  }
}

/** The command that pins the certificate of a server. */
function loginAt(baseUrl: string): string {
  const { hostname, port } = new URL(baseUrl);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return `imagoctl login --host ${host}${port === '4443' ? '' : ` --port ${port || '443'}`}`;
}

/** Something answers, but it does not speak as imago does. */
export class UnexpectedAnswer extends ImagoError {
  readonly code = 'UNEXPECTED_ANSWER';

  constructor(url: string, reason: string) {
    super(
      `${url} does not answer as imago does (${reason}): is it imago, of the same version as this client? see --host/--port`,
      { url, reason },
    );
  }
}

function factsOf(problem: Problem): ErrorFacts {
  const { type: _type, title: _title, detail: _detail, code: _code, ...facts } = problem;
  return Object.fromEntries(
    Object.entries(facts).filter((fact): fact is [string, ErrorFacts[string]] => isFact(fact[1])),
  );
}

function isFact(value: unknown): value is ErrorFacts[string] {
  return (
    value === null ||
    ['string', 'number', 'boolean'].includes(typeof value) ||
    (Array.isArray(value) && value.every((item) => typeof item === 'string'))
  );
}
