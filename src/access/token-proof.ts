import { NotAuthenticated } from './errors.js';
import type { Asking, OperatorProof, Proven } from './operator-proof.js';
import { shownToken } from './operator-token.js';
import type { Tokens } from './tokens.js';

/** `Authorization: Bearer imago_<id>_<secret>`. Other schemes are none of its kind. */
export class TokenProof implements OperatorProof {
  constructor(private readonly tokens: Pick<Tokens, 'judge' | 'whenOver'>) {}

  /** @throws NotAuthenticated */
  proven({ authorization }: Pick<Asking, 'authorization'>): Proven | undefined {
    const shown = shownToken(authorization);
    if (shown === undefined) return undefined;
    const verdict = this.tokens.judge(shown);
    if (verdict.is === 'wrong')
      throw new NotAuthenticated('no such token is known here', { why: 'wrong-token' });
    const { id, name, role, expires } = verdict.token;
    if (verdict.is !== 'good')
      throw new NotAuthenticated(
        verdict.is === 'expired' ? `this token expired on ${expires}` : 'this token was revoked',
        {
          why: `${verdict.is}-token`,
          who: name,
        },
      );
    return {
      id,
      name,
      role,
      by: 'token',
      expires: expires === undefined ? undefined : new Date(expires),
      over: () => this.tokens.whenOver(id),
    };
  }
}
