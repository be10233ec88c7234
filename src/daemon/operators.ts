import { join } from 'node:path';
import type { Logger } from 'pino';
import { AUDIT_FILE, AuditFile } from '../access/audit-file.js';
import { Audit } from '../access/audit.js';
import { Authenticator } from '../access/authenticate.js';
import { TokenProof } from '../access/token-proof.js';
import { TOKENS_FILE, TokensFile } from '../access/tokens-file.js';
import { Tokens } from '../access/tokens.js';
import { CertificateProof } from '../access/certificate-proof.js';
import { SessionProof } from '../access/session-proof.js';
import { SESSIONS_FILE, SessionsFile } from '../access/sessions-file.js';
import { Sessions } from '../access/sessions.js';
import type { Config } from '../config/schema.js';
import type { HttpMetrics } from '../http/http-metrics.js';
import type { ReachLimit } from '../limits.js';
import type { Outgoing } from '../net/outgoing.js';
import { OidcOff, OidcUnavailable } from '../oidc/errors.js';
import type { OidcLogins } from '../oidc/oidc-logins.js';
import { readSecret } from '../power/secret-source.js';

export interface OperatorsParts {
  /** `paths.state` */
  readonly state: string;
  /** As it stands now. */
  readonly config: () => Pick<Config, 'operators'>;
  readonly metrics: Pick<HttpMetrics, 'refused'>;
  /** Where the client's secret at a provider may stand. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** To a provider, once one is asked. */
  readonly outgoing: () => Outgoing;
  readonly reach: ReachLimit;
  readonly clock: () => Date;
  /** In milliseconds, forwards only. */
  readonly now?: (() => number) | undefined;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Who commands, by what he shows; and who was refused. @throws TokensUnusable */
export async function openOperators(parts: OperatorsParts) {
  const { state, config, metrics, reach, clock, log } = parts;
  const warn = { warn: (facts: object, message: string) => log.warn(facts, message) };
  const audit = await Audit.open({
    file: new AuditFile(join(state, AUDIT_FILE)),
    clock,
    count: (reason) => metrics.refused(reason),
    log: warn,
  });
  const tokens = await Tokens.open({
    file: new TokensFile(join(state, TOKENS_FILE)),
    audit: (deed) => audit.keep(deed),
    clock,
    log: warn,
  });
  const sessions = await Sessions.open({
    file: new SessionsFile(join(state, SESSIONS_FILE), warn),
    tokens,
    config: () => config().operators,
    clock,
    reach,
  });
  const certificates = new CertificateProof(() => config().operators.certificates?.roles, clock);
  const oidc = openedOnce(() => openOidc(parts, tokens, sessions));
  return {
    audit,
    tokens,
    sessions,
    oidc: async () => {
      if (!config().operators.oidc) throw new OidcOff();
      return (await oidc.get()).logins;
    },
    authenticator: new Authenticator([new TokenProof(tokens), new SessionProof(sessions), certificates]),
    /** Takes up other rules. */
    follow() {
      sessions.follow();
      certificates.follow();
    },
    async close() {
      await oidc.close();
      await tokens.close();
      await audit.close();
    },
  };
}

type OpenOidc = { readonly logins: OidcLogins; close(): Promise<void> };

/** Not at the start: most have none. */
async function openOidc(
  {
    config,
    environment,
    outgoing: openOutgoing,
    reach,
    clock,
    now = () => performance.now(),
    log,
  }: OperatorsParts,
  tokens: Tokens,
  sessions: Sessions,
): Promise<OpenOidc> {
  const { OidcLogins } = await import('../oidc/oidc-logins.js');
  const outgoing = openOutgoing();
  const logins = new OidcLogins({
    config: () => config().operators,
    async secret() {
      const { clientSecret, issuer = '' } = config().operators.oidc ?? {};
      if (!clientSecret) return undefined;
      try {
        return (await readSecret(clientSecret, environment)).reveal();
      } catch (error) {
        // Whoever asks to log in need not learn where it stands.
        log.warn({ err: error }, 'operators.oidc.clientSecret cannot be used');
        const reason = 'cannot be asked: operators.oidc.clientSecret cannot be used, the log says why';
        throw new OidcUnavailable(issuer, reason, { cause: error });
      }
    },
    outgoing,
    tokens,
    sessions,
    clock,
    now,
    reach,
    log: { info: (facts, message) => log.info(facts, message) },
  });
  return {
    logins,
    close() {
      logins.close();
      return outgoing.close();
    },
  };
}

function openedOnce(open: () => Promise<OpenOidc>) {
  let opened: Promise<OpenOidc> | undefined;
  return {
    get: () => (opened ??= open()),
    close: async () => (await opened)?.close(),
  };
}
