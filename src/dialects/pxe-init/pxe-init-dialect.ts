import { single } from '../../access/identity.js';
import type { Endpoint } from '../../api/endpoint.js';
import { dialect, type Dialect } from '../../http/dialect.js';
import { errorAnswer, type ErrorAnswer } from '../../http/error-response.js';
import { NotFound } from '../../http/http-errors.js';
import { pathSegments } from '../../http/request-target.js';
import { sendStatic } from '../../http/send-file.js';
import type { HttpServices } from '../../http/services.js';
import { SmallFiles } from '../../http/small-files.js';
import { tryParseMac } from '../../net/mac-address.js';
import { NetbootImageUnknown } from './errors.js';
import type { RecordBook } from './record-book.js';
import { bootScript, FIRST_SCRIPT, NULL_SCRIPT } from './render.js';

const pxeInitEndpoints = {
  firstScript: { method: 'GET', path: '/boot.ipxe', role: 'machine' },
  script: { method: 'GET', path: '/ipxe', role: 'machine' },
  image: { method: 'GET', path: '/images/*file', role: 'machine' },
  health: { method: 'GET', path: '/health', role: 'machine' },
  ready: { method: 'GET', path: '/ready', role: 'machine' },
} as const satisfies Readonly<Record<string, Endpoint>>;

export interface PxeInitParts {
  readonly book: Pick<RecordBook, 'imageOf'>;
  /** Of paths, without a slash at the end. */
  readonly base: () => string;
  /** The folder below `/images/`. */
  readonly images: string;
}

/** What machines fetch of a pxe-init. */
export function pxeInitDialect(
  { book, base, images }: PxeInitParts,
  { store }: Pick<HttpServices, 'store'>,
): Dialect {
  const memory = new SmallFiles();
  return dialect(
    'pxe-init',
    pxeInitEndpoints,
    {
      firstScript: () => FIRST_SCRIPT,
      script({ path, search }) {
        const mac = tryParseMac(single(search['mac']) ?? '');
        const image = mac && book.imageOf(mac);
        if (image === undefined) throw new NotFound(path);
        return image === null ? NULL_SCRIPT : bootScript(image, base());
      },
      async image({ ctx, path }) {
        const segments = pathSegments(path)?.slice(1) ?? [];
        if (!(await sendStatic(ctx, images, segments, memory))) throw new NotFound(path);
      },
      health: () => 'ok\n',
      /** Machines are answered all the same while nothing can be recorded; who registers is not. */
      ready({ ctx }) {
        const { isWritable, troubles } = store.health();
        ctx.status = isWritable ? 200 : 503;
        return isWritable ? 'ok\n' : `${troubles.join('\n')}\n`;
      },
    },
    refuse,
  );
}

/** A machine that nobody knows gets an empty 404; the log says why. */
function refuse(error: unknown): ErrorAnswer {
  if (!(error instanceof NotFound) && !(error instanceof NetbootImageUnknown))
    return errorAnswer(error, 'text');
  return { status: 404, type: 'text/plain; charset=utf-8', body: '', headers: {} };
}
