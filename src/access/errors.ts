import { rolesThatMay, type OperatorRole, type Permission } from '../api/role.js';
import { ImagoError } from '../errors.js';

/** Nobody has shown who commands. */
export class NotAuthenticated extends ImagoError {
  readonly code = 'NOT_AUTHENTICATED';

  /** @param reason Why what was shown proves nothing, as a sentence's end. */
  constructor(reason = 'nothing was shown that proves who asks') {
    super(`${reason}: log in with imagoctl login, or send a token as Authorization: Bearer imago_…`);
  }
}

/** The role of who commands is not enough. */
export class NotAllowed extends ImagoError {
  readonly code = 'NOT_ALLOWED';

  constructor(name: string, role: OperatorRole, needs: Permission) {
    const roles = rolesThatMay(needs);
    super(
      `${name} is ${role}, and this is for ${roles.join(' and ')}: ask an admin for a token with that role`,
      {
        name,
        role,
        roles,
      },
    );
  }
}
