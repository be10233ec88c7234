import { join } from 'node:path';
import type { Logger } from 'pino';
import { AUDIT_FILE, AuditFile } from '../access/audit-file.js';
import { Audit } from '../access/audit.js';
import { Authenticator } from '../access/authenticate.js';
import { TokenProof } from '../access/token-proof.js';
import { TOKENS_FILE, TokensFile } from '../access/tokens-file.js';
import { Tokens } from '../access/tokens.js';
import type { HttpMetrics } from '../http/http-metrics.js';

export interface OperatorsParts {
  /** `paths.state` */
  readonly state: string;
  readonly metrics: Pick<HttpMetrics, 'refused'>;
  readonly clock: () => Date;
  readonly log: Pick<Logger, 'warn'>;
}

/** Who commands, by what he shows; and who was refused. @throws TokensUnusable */
export async function openOperators({ state, metrics, clock, log }: OperatorsParts) {
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
  return {
    audit,
    tokens,
    authenticator: new Authenticator([new TokenProof(tokens)]),
    async close() {
      await tokens.close();
      await audit.close();
    },
  };
}
