import { endedSessionCookie, sessionCookie } from '../../access/session.js';
import type { Handlers } from '../call.js';
import type { Call } from '../call.js';
import { BadRequest } from '../http-errors.js';
import type { HttpServices } from '../services.js';

const CALLBACK = '/login/oidc/callback';

type Ports = Pick<HttpServices, 'sessions' | 'oidc' | 'clock'> & {
  /** The URL of where operators are answered. */
  readonly operatorsAt: () => string;
};

/** How operators come to what proves who they are, beside tokens that an admin makes. */
export function loginHandlers({ sessions, oidc, clock, operatorsAt }: Ports) {
  return {
    async openSession({ ctx, caller }) {
      const { name, role, by, id } = caller;
      if (by !== 'token' || id === undefined)
        throw new BadRequest('a session is opened by a token: send Authorization: Bearer imago_…');
      const { session, shown } = await sessions.create({ name, role, opener: { kind: 'token', id } });
      const { expires } = session;
      ctx.append('Set-Cookie', sessionCookie(shown, (Date.parse(expires) - clock().getTime()) / 1000));
      ctx.set('Cache-Control', 'no-store');
      return { name, role, expires };
    },
    async endSession({ ctx, caller: { by, id } }) {
      if (by !== 'session' || id === undefined)
        throw new BadRequest('no session is shown: its cookie is to be sent, and no token');
      await sessions.end(id);
      ctx.append('Set-Cookie', endedSessionCookie);
    },
    async beginLogin(call) {
      unkept(call);
      return (await oidc()).beginDevice(call.ctx.req.client.address);
    },
    async getLogin(call) {
      unkept(call);
      return (await oidc()).deviceState(call.params.id);
    },
    async loginByOidc(call) {
      const { ctx } = call;
      unkept(call);
      const { host } = ctx.req.headers;
      const at = host === undefined ? operatorsAt() : `https://${host}`;
      const { url, cookie } = await (await oidc()).begin(ctx.req.client.address, at + CALLBACK);
      ctx.append('Set-Cookie', cookie);
      ctx.status = 302;
      ctx.set('Location', url);
      return '';
    },
    async oidcCallback(call) {
      const { ctx } = call;
      unkept(call);
      const { cookie } = ctx.req.headers;
      const { session, cookies } = await (
        await oidc()
      ).finish(ctx.req.client.address, cookie, ctx.querystring);
      for (const each of cookies) ctx.append('Set-Cookie', each);
      ctx.set('Content-Type', 'text/plain; charset=utf-8');
      const { name, role, expires } = session;
      return `You are logged in as ${name} (${role}) until ${expires}. This page can be closed.\n`;
    },
  } satisfies Partial<Handlers>;
}

/** What it is answered proves who somebody is, and its URL may: nobody keeps either, or tells others. */
function unkept({ ctx }: Call): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Referrer-Policy', 'no-referrer');
}
