import type { Token } from '../../api/access.js';
import { NotAuthenticated } from '../../access/errors.js';
import type { Operator } from '../../access/caller.js';
import type { OperatorToken } from '../../access/operator-token.js';
import type { Handlers } from '../call.js';
import { TokensNeedProof } from '../http-errors.js';
import type { HttpServices } from '../services.js';

/** Who commands: their tokens, and who was refused. */
export function accessHandlers({ tokens, audit }: Pick<HttpServices, 'tokens' | 'audit'>) {
  return {
    whoAmI({ caller: { name, role, by, expires } }) {
      if (by === 'nothing') throw new NotAuthenticated();
      return { name, role, by, ...(expires && { expires: expires.toISOString() }) };
    },
    listTokens: () => ({ tokens: tokens.list().map(shown) }),
    async createToken(call) {
      requireProof(call.caller);
      const { name, role, expires } = await call.body();
      const wanted = { name, role, expires: expires === undefined ? undefined : new Date(expires) };
      const { token, text } = await tokens.create(wanted, call.caller.name);
      call.ctx.set('Cache-Control', 'no-store');
      return { ...shown(token), token: text };
    },
    revokeToken({ params, caller }) {
      requireProof(caller);
      return tokens.revoke(params.id, caller.name);
    },
    listRefusals: (call) => ({ refusals: [...audit.list(call.query().limit)] }),
  } satisfies Partial<Handlers>;
}

/** @throws TokensNeedProof */
function requireProof({ by, name }: Operator): void {
  if (by === 'trusted') throw new TokensNeedProof(name);
}

function shown({ id, name, role, created, expires, lastUsed }: OperatorToken): Token {
  return {
    id,
    name,
    role,
    created,
    ...(expires !== undefined && { expires }),
    ...(lastUsed !== undefined && { lastUsed }),
  };
}
