import { NotAuthenticated } from './errors.js';
import type { Asking, OperatorProof, Proven } from './operator-proof.js';
import { shownSession } from './session.js';
import type { Sessions } from './sessions.js';

/** The cookie of a login in a browser. Browsers send it by themselves: what a page of another site can have sent has been refused before. */
export class SessionProof implements OperatorProof {
  constructor(private readonly sessions: Pick<Sessions, 'judge' | 'whenOver'>) {}

  /** @throws NotAuthenticated */
  proven({ cookie }: Pick<Asking, 'cookie'>): Proven | undefined {
    const shown = shownSession(cookie);
    if (shown === undefined) return undefined;
    const session = this.sessions.judge(shown);
    if (!session) throw new NotAuthenticated('this login in a browser is over', { why: 'wrong-session' });
    const { id, name, role, expires } = session;
    return {
      id,
      name,
      role,
      by: 'session',
      expires: new Date(expires),
      over: () => this.sessions.whenOver(id),
    };
  }
}
