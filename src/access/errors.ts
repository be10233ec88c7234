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

/** Nobody has shown who commands. */
export class NotAuthenticated extends ImagoError {
  readonly code = 'NOT_AUTHENTICATED';
  readonly why: WhyNotAuthenticated;
  /** Whose it was what holds no more. */
  readonly who: string | undefined;

  /** @param reason Why what was shown proves nothing, as a sentence's end. */
  constructor(
    reason = 'nothing was shown that proves who asks',
    {
      why = 'nothing-shown',
      who,
    }: { readonly why?: WhyNotAuthenticated; readonly who?: string | undefined } = {},
  ) {
    super(`${reason}: log in with imagoctl login, or send a token as Authorization: Bearer imago_…`);
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
