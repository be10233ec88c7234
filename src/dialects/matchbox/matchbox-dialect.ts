import type { Context } from 'koa';
import type { Endpoint } from '../../api/endpoint.js';
import { dialect, type Dialect } from '../../http/dialect.js';
import { errorAnswer, type ErrorAnswer } from '../../http/error-response.js';
import { goNotFound } from '../../http/go-error.js';
import { answerHead } from '../../http/file-part.js';
import { NotFound, TooMuchHeld } from '../../http/http-errors.js';
import { pathSegments } from '../../http/request-target.js';
import { sendStatic } from '../../http/send-file.js';
import { SmallFiles } from '../../http/small-files.js';
import type { Call, Handler } from '../../http/call.js';
import type { ConfigAnswer, MachineConfigs } from './machine-configs.js';

export type SignatureForm = 'binary' | 'armored';

/** Makes the OpenPGP signature of what is answered. */
export interface Signer {
  /** @param client The address of who asks. @throws ImagoError */
  sign(body: Buffer, form: SignatureForm, client: string): Promise<Buffer>;
}

interface DialectParts {
  readonly configs: MachineConfigs;
  /** Of a key ring, where one is configured. */
  readonly signer?: Signer | undefined;
  /** The folder of kernels and initial ramdisks, where there is one. */
  readonly assets: () => string | undefined;
}

type Answer = (rawQuery: string) => Promise<ConfigAnswer>;

/** Go's net/http answers every method alike. */
const at = (path: string) => ({ method: 'ANY', path, role: 'machine' }) as const satisfies Endpoint;

/** What matchbox answers at its own port, to the byte. */
export function matchboxDialect(parts: DialectParts): Dialect {
  const { configs, signer } = parts;
  const answers: Readonly<Record<string, Answer>> = {
    '/boot.ipxe': () => configs.boot(),
    '/boot.ipxe.0': () => configs.boot(),
    '/ipxe': (query) => configs.ipxe(query),
    '/grub': (query) => configs.grub(query),
    '/ignition': (query) => configs.ignition(query),
    '/cloud': (query) => configs.cloud(query),
    '/generic': (query) => configs.generic(query),
    '/metadata': (query) => configs.metadata(query),
  };
  const memory = new SmallFiles();
  const handlers: Record<string, Handler<Endpoint>> = {
    '/': ({ ctx }) => {
      send(ctx, { type: 'text/plain; charset=utf-8', body: Buffer.from('matchbox\n') });
    },
    '/assets/*file': async ({ ctx, path }) => serveAsset(ctx, path, parts.assets(), memory),
  };
  for (const [path, answer] of Object.entries(answers)) {
    handlers[path] = async ({ ctx }) => {
      send(ctx, await answer(ctx.querystring), RANGED.has(path));
    };
    if (!signer) continue;
    handlers[`${path}.sig`] = signed(answer, signer, 'binary');
    handlers[`${path}.asc`] = signed(answer, signer, 'armored');
  }
  const endpoints = Object.fromEntries(Object.keys(handlers).map((path) => [path, at(path)]));
  return dialect('matchbox', endpoints, handlers, refuse);
}

/** Those of which Go serves parts. */
const RANGED: ReadonlySet<string> = new Set(['/cloud', '/generic']);

function send(ctx: Context, { type, body }: ConfigAnswer, isRanged = false): void {
  const part = isRanged ? answerHead(ctx, { name: '', size: body.length }) : undefined;
  if (isRanged && !part) {
    if (ctx.status < 400) ctx.set('Content-Type', type);
    return;
  }
  ctx.body = part ? body.subarray(part.start, part.end + 1) : body;
  ctx.set('Content-Type', type);
}

const typeOfSignature = { binary: 'application/octet-stream', armored: 'text/plain; charset=utf-8' } as const;

function signed(answer: Answer, signer: Signer, form: SignatureForm): Handler<Endpoint> {
  return async ({ ctx }: Call) => {
    const { body } = await answer(ctx.querystring);
    send(ctx, { type: typeOfSignature[form], body: await signer.sign(body, form, ctx.req.client.address) });
  };
}

async function serveAsset(
  ctx: Context,
  path: string,
  folder: string | undefined,
  memory: SmallFiles,
): Promise<void> {
  const segments = pathSegments(path)?.slice(1) ?? [];
  if (folder === undefined || !(await sendStatic(ctx, folder, segments, memory))) throw new NotFound(path);
}

/** A machine hears that nothing is there, whatever the reason: it stands in the log. Where there is no room now, it may ask again. */
function refuse(error: unknown): ErrorAnswer {
  if (error instanceof TooMuchHeld) return errorAnswer(error, 'text');
  return goNotFound;
}
