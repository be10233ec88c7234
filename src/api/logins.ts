import { z } from 'zod';
import { operatorRoles } from './role.js';

const instant = z.iso.datetime();
const who = {
  name: z.string().describe('As it stands in the history.'),
  role: z.enum(operatorRoles),
  expires: instant.describe('From then on it is refused.'),
};

/** `POST /api/v1/session`: the session itself is a cookie. */
export const SessionOpened = z.object(who);
export type SessionOpened = z.output<typeof SessionOpened>;

/** `POST /api/v1/logins` */
export const LoginBegun = z.object({
  id: z.string().describe('Who knows it is given the token: tell nobody.'),
  url: z.string().describe('Where somebody agrees, in any browser.'),
  userCode: z.string().describe('What he compares, or types, there.'),
  interval: z.int().describe('Ask for the outcome so often, in seconds.'),
  expires: instant.describe('Until then.'),
});
export type LoginBegun = z.output<typeof LoginBegun>;

/** `GET /api/v1/logins/{id}` */
export const LoginState = z.discriminatedUnion('status', [
  z.object({ status: z.literal('pending'), interval: z.int().describe('Ask again after so many seconds.') }),
  z.object({ status: z.literal('done'), token: z.string().describe('For `Authorization: Bearer`.'), ...who }),
]);
export type LoginState = z.output<typeof LoginState>;
