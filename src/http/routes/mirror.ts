import { clientOf } from '../../provision/new-host-gate.js';
import type { Handlers } from '../call.js';
import { NotFound } from '../http-errors.js';
import { pathSegments } from '../request-target.js';
import { sendMirrored } from '../send-mirrored.js';
import type { HttpServices } from '../services.js';

/** `/mirror/<name>/<path>`: files of other servers, fetched once. */
export function mirrorHandlers({ stock }: Pick<HttpServices, 'stock'>) {
  return {
    async mirror({ ctx, path: asked, caller }) {
      const [name, ...path] = pathSegments(asked)?.slice(1) ?? [];
      if (name === undefined) throw new NotFound(asked);
      const file = await stock.mirror.open(name, path, caller.isServer ? undefined : clientOf(caller));
      await sendMirrored(ctx, asked, file);
    },
  } satisfies Partial<Handlers>;
}
