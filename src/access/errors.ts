import { rolesThatMay, type OperatorRole, type Permission } from '../api/role.js';
import { ImagoError } from '../errors.js';
import type { RefusalReason } from './refusals.js';

/** Why nobody is known to ask: nothing was shown, or what was shown holds no more, or never did. */
export type WhyNotAuthenticated = Extract<
  RefusalReason,
  | 'nothing-shown'
  | 'wrong-token'
  | 'expired-token'
  | 'revoked-token'
  | 'wrong-certificate'
  | 'wrong-session'
  | 'wrong-login'
>;

const LOG_IN = 'log in with imagoctl login, or send a token as Authorization: Bearer imago_…';
const NEW_TOKEN = 'ask an admin for a new one (imagoctl token create), and log in with imagoctl login';

/** What helps: who has shown something that holds no more is not helped by showing it again. */
const remedies: Readonly<Record<WhyNotAuthenticated, string>> = {
  'nothing-shown': LOG_IN,
  'wrong-token': `see that it is whole, or ${NEW_TOKEN}`,
  'expired-token': NEW_TOKEN,
  'revoked-token': NEW_TOKEN,
  'wrong-certificate': 'show one that is in order, or log in with a token: imagoctl login',
  'wrong-session': 'log in again',
  'wrong-login': LOG_IN,
};

/** Nobody has shown who commands. */
export class NotAuthenticated extends ImagoError {
  readonly code = 'NOT_AUTHENTICATED';
  readonly why: WhyNotAuthenticated;
  /** Whose it was what holds no more. */
  readonly who: string | undefined;

  /**
   * @param reason Why what was shown proves nothing, as a sentence's end.
   * @param facts `remedy`: where the usual one for `why` does not help.
   */
  constructor(
    reason = 'nothing was shown that proves who asks',
    {
      why = 'nothing-shown',
      who,
      remedy = remedies[why],
    }: {
      readonly why?: WhyNotAuthenticated;
      readonly who?: string | undefined;
      readonly remedy?: string | undefined;
    } = {},
  ) {
    super(`${reason}: ${remedy}`);
    this.why = why;
    this.who = who;
  }

  /** Somebody has tried to prove who he is. */
  get isFailedLogin(): boolean {
    return this.why !== 'nothing-shown';
  }
}

/** The role of who commands is not enough. */
export class NotAllowed extends ImagoError {
  readonly code = 'NOT_ALLOWED';

  constructor(
    readonly who: string,
    role: OperatorRole,
    needs: Permission,
  ) {
    const roles = rolesThatMay(needs);
    super(
      `${who} is ${role}, and this is for ${roles.join(' and ')}: ask an admin for a token with that role`,
      {
        name: who,
        role,
        roles,
      },
    );
  }
}
