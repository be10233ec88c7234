import { ImagoError, type ErrorFacts } from '../errors.js';
import { TemplateFault } from '../template/template-fault.js';
import { NotAuthenticated } from '../access/errors.js';
import { endedSessionCookie } from '../access/session.js';
import { EtcdError } from './etcd/etcd-error.js';
import { MethodNotAllowed } from './http-errors.js';

/** Which tongue an answer is in. */
export type Tongue = 'api' | 'mayu-admin' | 'text';

export interface ErrorAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is answered in place of an error. */
export type Refuse = (error: unknown) => ErrorAnswer;

const statusOfCode: Readonly<Record<string, number>> = {
  INVALID_VALUE: 400,
  INVALID_RECORD: 400,
  DECODE_ERROR: 400,
  BAD_REQUEST: 400,
  BODY_ABORTED: 400,
  NO_SERIAL: 400,
  NOT_AUTHENTICATED: 401,
  RECIPIENT_UNFIT: 400,
  SECRETS_UNPROVEN: 403,
  FOREIGN_PAGE: 403,
  PROOF_MISSING: 403,
  NOT_ALLOWED: 403,
  OPERATORS_ELSEWHERE: 403,
  TOKENS_NEED_PROOF: 403,
  NOT_FOUND: 404,
  UNKNOWN_HOST: 404,
  UNKNOWN_PENDING: 404,
  AMBIGUOUS_PENDING: 409,
  UNKNOWN_KIND: 404,
  UNKNOWN_RECORD: 404,
  UNKNOWN_TOKEN: 404,
  IMAGE_MISSING: 404,
  NETBOOT_IMAGE_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  CHANGES_TOO_OLD: 410,
  ILLEGAL_TRANSITION: 409,
  ADDRESS_TAKEN: 409,
  HOST_EXISTS: 409,
  CARD_REFUSED: 409,
  MAC_HELD: 409,
  NEEDS_RESTART: 409,
  WRONG_MODE: 409,
  ROLLBACK_FORBIDDEN: 409,
  BACKUP_RUNNING: 409,
  BOOTS_FULL: 409,
  TOKENS_FULL: 409,
  CHANGE_CONFLICT: 409,
  CANNOT_BACK_UP: 503,
  CARD_UNSEEN: 503,
  DAMAGED_CLUSTER: 503,
  DAMAGED_OBJECT: 503,
  OBJECT_TOO_LARGE: 503,
  SECRET_UNUSABLE: 503,
  SECRETS_NOT_RECORDED: 503,
  SECRETS_CLOSED: 409,
  SECRETS_SERVED: 409,
  POWER_TOOL_MISSING: 503,
  GPGV_MISSING: 503,
  KEY_UNUSABLE: 503,
  UNKNOWN_REVISION: 404,
  BMC_UNKNOWN: 409,
  DIGEST_NEEDED: 400,
  FETCH_BUSY: 409,
  FETCH_CANCELLED: 409,
  IMAGE_EXISTS: 409,
  IMAGE_IN_USE: 409,
  NETBOOT_IMAGE_TIED: 409,
  NETBOOT_FULL: 409,
  NETBOOT_MACHINE_UNKNOWN: 404,
  NETBOOT_OFF: 409,
  OIDC_OFF: 409,
  UPLOAD_GAP: 409,
  IMAGE_CORRUPT: 422,
  SIGNATURE_BAD: 422,
  NO_KEYS: 422,
  BMC_ADDRESS_FORBIDDEN: 409,
  CONFIG_INVALID: 422,
  CONFIG_UNREADABLE: 422,
  PRECONDITION_FAILED: 412,
  BODY_TOO_LARGE: 413,
  IMAGE_TOO_LARGE: 413,
  WRONG_MEDIA_TYPE: 415,
  HOST_LOCKED: 423,
  HOST_NOT_OURS: 421,
  NEW_HOST_REFUSED: 429,
  NOT_ACCEPTED: 429,
  TOO_MANY_FAILED_LOGINS: 429,
  TOO_MANY_LOGINS: 429,
  TOO_MANY_REPORTS: 429,
  TOO_MANY_WRITES: 429,
  URL_TOO_LONG: 414,
  BMC_UNSUPPORTED: 501,
  BMC_CREDENTIALS: 502,
  BMC_UNTRUSTED: 502,
  BMC_FAULT: 502,
  FETCH_FAILED: 502,
  OIDC_UNAVAILABLE: 502,
  BMC_UNREACHABLE: 504,
  ETCD_TOKEN_AWAITED: 503,
  RANGE_EXHAUSTED: 503,
  TEMPLATE_FAULT: 503,
  STORE_UNAVAILABLE: 503,
  TOO_MANY_WATCHERS: 503,
  MIRROR_BUSY: 503,
  NO_ROOM: 507,
  TOO_MUCH_HELD: 503,
};

/** Where Mayu's clients expect something else; contracts of Mayu 0.11. */
const mayuStatusOfCode: Readonly<Record<string, number>> = { UNKNOWN_HOST: 400, STORE_UNAVAILABLE: 500 };
const mayuTextOfCode: Readonly<Record<string, string>> = { UNKNOWN_HOST: "host doesn't exist" };

/** When a machine should ask again, in seconds. */
const retryAfterSeconds: Readonly<Record<number, number>> = { 429: 60, 503: 10, 507: 10 };

/** Foreign callers learn the code and the sentence of errors that imago throws on purpose, and nothing of any other. */
export function errorAnswer(error: unknown, tongue: Tongue): ErrorAnswer {
  if (error instanceof EtcdError) return etcdAnswer(error);
  const { code, message, facts } = disclosed(error, tongue);
  const status = statusOf(code, facts, tongue);
  const headers = {
    ...(status in retryAfterSeconds && { 'Retry-After': String(retryAfterSeconds[status]) }),
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    // The next call of that browser can be proved otherwise.
    ...(error instanceof NotAuthenticated &&
      error.why === 'wrong-session' && { 'Set-Cookie': endedSessionCookie }),
    ...(error instanceof MethodNotAllowed && { Allow: error.allowed.join(', ') }),
  };
  if (tongue !== 'api') {
    const body = tongue === 'mayu-admin' ? (mayuTextOfCode[code] ?? message) : message;
    return { status, type: 'text/plain; charset=utf-8', body, headers };
  }
  const problem = { ...facts, type: 'about:blank', title: titleOf(code), status, detail: message, code };
  return { status, type: 'application/problem+json', body: JSON.stringify(problem), headers };
}

function statusOf(code: string, facts: ErrorFacts, tongue: Tongue): number {
  const ofTongue = tongue === 'mayu-admin' ? mayuStatusOfCode[code] : undefined;
  if (ofTongue !== undefined) return ofTongue;
  // RFC 4918 §11.5. Machines get 503 all the same: what they fetch with tries again after that.
  if (code === 'STORE_UNAVAILABLE' && facts['kind'] === 'full' && tongue === 'api') return 507;
  return statusOfCode[code] ?? 500;
}

function disclosed(error: unknown, tongue: Tongue): { code: string; message: string; facts: ErrorFacts } {
  if (error instanceof TemplateFault && tongue === 'text') return placeOnly(error);
  if (error instanceof ImagoError && ofServer.has(error.code) && tongue === 'text')
    return withoutPlace(error);
  if (error instanceof ImagoError) return error;
  return {
    code: 'INTERNAL_ERROR',
    message: 'imago failed to answer this: its log says why',
    facts: {},
  };
}

/** etcd's clients act upon the number in the body. */
function etcdAnswer(error: EtcdError): ErrorAnswer {
  return {
    status: error.status,
    type: 'application/json',
    body: JSON.stringify(error),
    headers: { 'X-Etcd-Index': String(error.index) },
  };
}

/** The reason can tell of folders on the server: machines only learn where the fault is. */
function placeOnly({ code, template, line, field, facts }: TemplateFault) {
  const place = [`template ${template}`, line && `line ${line}`, field].filter(Boolean).join(', ');
  return {
    code,
    facts,
    message: `${place} is at fault, imago's log says how: try again once it is put right`,
  };
}

/** They name files of the server. */
const ofServer: ReadonlySet<string> = new Set(['SECRET_UNUSABLE', 'SECRETS_NOT_RECORDED']);

function withoutPlace({ code }: ImagoError) {
  return {
    code,
    facts: {},
    message: "a secret of this machine cannot be had, imago's log says why: try again",
  };
}

function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
