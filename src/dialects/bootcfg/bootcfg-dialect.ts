import type { ParsedUrlQuery } from 'node:querystring';
import type { Context } from 'koa';
import { single } from '../../access/identity.js';
import type { Endpoint } from '../../api/endpoint.js';
import { cleanText, ImagoError, shorten } from '../../errors.js';
import { InvalidRecord } from '../../host/record-kind.js';
import { dialect, type Dialect } from '../../http/dialect.js';
import { errorAnswer, type ErrorAnswer } from '../../http/error-response.js';
import { goError, goNotFound } from '../../http/go-error.js';
import { NotFound } from '../../http/http-errors.js';
import { pathSegments } from '../../http/request-target.js';
import { sendStatic } from '../../http/send-file.js';
import { SmallFiles } from '../../http/small-files.js';
import { normalMac } from '../matchbox/labels.js';
import type { BootcfgData } from './folder/bootcfg-data.js';
import type { Wanted } from './folder/data-folder.js';
import { bootScript, FIRST_SCRIPT, pixiecoreJson } from './render.js';

const bootcfgEndpoints = {
  firstScript: { method: 'GET', path: '/boot.ipxe', role: 'machine' },
  /** So dnsmasq asks. */
  firstScriptOfDnsmasq: { method: 'GET', path: '/boot.ipxe.0', role: 'machine' },
  script: { method: 'GET', path: '/ipxe', role: 'machine' },
  cloudConfig: { method: 'GET', path: '/cloud', role: 'machine' },
  image: { method: 'GET', path: '/images/*file', role: 'machine' },
  pixiecore: { method: 'GET', path: '/pixiecore/v1/boot/:mac', role: 'machine' },
} as const satisfies Readonly<Record<string, Endpoint>>;

/** What a bootcfg answers, to the byte. @param images the folder below `/images/` */
export function bootcfgDialect(data: BootcfgData, images: string): Dialect {
  const memory = new SmallFiles();
  const firstScript = ({ ctx }: { readonly ctx: Context }) => asText(ctx, FIRST_SCRIPT);
  return dialect(
    'bootcfg',
    bootcfgEndpoints,
    {
      firstScript,
      firstScriptOfDnsmasq: firstScript,
      async script({ ctx, path, search }) {
        const found = await data.bootConfig(wantedOf(search));
        if (!found) throw new NotFound(path);
        asText(ctx, bootScript(found.config));
      },
      async cloudConfig({ ctx, path, search }) {
        const bytes = await data.cloudConfig(wantedOf(search));
        if (!bytes) throw new NotFound(path);
        asText(ctx, bytes);
      },
      async image({ ctx, path }) {
        const segments = pathSegments(path)?.slice(1) ?? [];
        if (!(await sendStatic(ctx, images, segments, memory))) throw new NotFound(path);
      },
      async pixiecore({ ctx, path, params }) {
        const mac = normalMac(params.mac);
        if (mac === undefined) throw new NoMac(params.mac);
        const found = await data.bootConfig({ mac });
        if (!found) throw new NotFound(path);
        ctx.set('Content-Type', 'application/json');
        ctx.body = pixiecoreJson(found.config);
      },
    },
    refuse,
  );
}

/** In the words of Go's net.ParseMAC, which its clients print. */
class NoMac extends ImagoError {
  readonly code = 'NO_MAC';

  constructor(text: string) {
    super(`address ${shorten(cleanText(text), 256)}: invalid MAC address`);
  }
}

function wantedOf(search: ParsedUrlQuery): Wanted {
  return { uuid: single(search['uuid']), mac: normalMac(single(search['mac']) ?? '') };
}

function asText(ctx: Context, body: string | Buffer): void {
  ctx.set('Content-Type', 'text/plain; charset=utf-8');
  ctx.body = body;
}

/** What is not there, and what is at fault there: the log says why. */
function refuse(error: unknown): ErrorAnswer {
  if (error instanceof NotFound || error instanceof InvalidRecord) return goNotFound;
  return error instanceof NoMac ? goError(400, error.message) : errorAnswer(error, 'text');
}
