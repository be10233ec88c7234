import { DEFAULT_OPERATOR } from '../api/endpoint.js';
import { mayDo, type Permission } from '../api/role.js';
import { cleanText } from '../errors.js';
import type { Operator } from './caller.js';
import { NotAllowed, NotAuthenticated } from './errors.js';
import type { Asking, OperatorProof } from './operator-proof.js';

/** Who comes by the socket without a name: only root and imago's own user reach it. */
const AT_THE_SOCKET = 'root';

/** In place of a name that one gives who has shown nothing. */
export const CLAIMED = 'claimed:';

/** Whom it is that what anyone may ask is told to, where what he shows proves nothing. */
const NOBODY = {
  kind: 'operator',
  name: DEFAULT_OPERATOR,
  isNamed: false,
  role: 'viewer',
  by: 'nothing',
} as const satisfies Operator;

/** Finds out who commands. What is shown comes before what is said. */
export class Authenticator {
  constructor(private readonly proofs: readonly OperatorProof[]) {}

  /** @throws NotAuthenticated, NotAllowed */
  async operatorOf(asking: Asking, needs: Permission): Promise<Operator> {
    const operator = await this.#whoAsks(asking, needs);
    if (!mayDo(operator.role, needs)) throw new NotAllowed(operator.name, operator.role, needs);
    return operator;
  }

  async #whoAsks(asking: Asking, needs: Permission): Promise<Operator> {
    if (needs !== 'anyone') return this.#proven(asking);
    try {
      return await this.#proven(asking);
    } catch (error) {
      if (error instanceof NotAuthenticated) return NOBODY;
      throw error;
    }
  }

  async #proven(asking: Asking): Promise<Operator> {
    for (const proof of this.proofs) {
      const proven = await proof.proven(asking);
      if (proven) return { kind: 'operator', isNamed: true, ...proven };
    }
    if (asking.way === 'tls') throw new NotAuthenticated();
    return asWayTells(asking);
  }
}

function asWayTells({ way, said }: Asking): Operator {
  const name = operatorName(said);
  const shared = { kind: 'operator', isNamed: name !== '', role: 'admin' } as const;
  if (way === 'socket') return { ...shared, name: name || AT_THE_SOCKET, by: 'socket' };
  return { ...shared, name: name === '' ? DEFAULT_OPERATOR : CLAIMED + name, by: 'trusted' };
}

/** In the history it stands for nobody who commands. */
export const OWN_NAME = 'imago';

/** A name as one says it, fit for the author line of a commit; empty where nothing of it is. */
export function operatorName(said: string): string {
  return cleanText(said)
    .replace(/[<>\u{fffd}]+/gu, '')
    .trim()
    .slice(0, 128);
}
