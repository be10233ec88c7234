import type { Endpoint } from '../../../api/endpoint.js';
import { ImagoError } from '../../../errors.js';
import { dialect, type Dialect } from '../../../http/dialect.js';
import { sendMirrored } from '../../../http/send-mirrored.js';
import { segmentsBelow, type ServedFile } from '../../../http/served-file.js';
import type { HttpServices } from '../../../http/services.js';
import { TextSigner } from '../../../net/signed-text.js';
import { clientOf } from '../../../provision/new-host-gate.js';

/** Where machines get what the API server names. */
const endpoints = {
  file: { method: 'GET', path: '/pixiecore/file/:token/:name', role: 'machine' },
} as const satisfies Readonly<Record<string, Endpoint>>;

const NOT_NAMED = 'pixiecore.api did not name this file: boot anew';

class NoSuchFile extends ImagoError {
  readonly code = 'NOT_FOUND';
}

/**
 * Files that an API server names, fetched through this server: machines need to reach no other. Only URLs that it named are fetched, which
 * their signature says: this is no open proxy. Another API server's are no longer good.
 */
export class ProxiedFiles {
  constructor(private readonly key: Uint8Array) {}

  /** @param base of this server. */
  urlOf(url: string, api: string, base: string): string {
    const name = new URL(url).pathname.split('/').at(-1) ?? '';
    const shown = name.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 64) || 'file';
    return `${base}/pixiecore/file/${this.#signer(api).sign(url)}/${shown}`;
  }

  /** Where a file comes from of which this server gave the URL. */
  fileAt(url: string, api: string | undefined, base: string): ServedFile | undefined {
    const [token] = segmentsBelow(`${base}/pixiecore/file`, url) ?? [];
    if (token === undefined) return undefined;
    const origin = this.#origin(token, api);
    return origin === undefined ? { fault: NOT_NAMED } : { origin, named: api };
  }

  dialect({ config, stock }: Pick<HttpServices, 'config' | 'stock'>): Dialect {
    return dialect('pixiecore', endpoints, {
      file: async ({ ctx, params, caller }) => {
        const { api } = config().pixiecore;
        const url = this.#origin(params.token, api);
        if (url === undefined) throw new NoSuchFile(NOT_NAMED);
        const missing = () => new NoSuchFile(`the server that pixiecore.api names has no ${params.name}`);
        const client = caller.isServer ? undefined : clientOf(caller);
        // Copies are asked about each time: what a URL names may change with every boot.
        const file = await stock.mirror.openUrl(url, { freshSeconds: 0, missing, client, named: api });
        await sendMirrored(ctx, params.name, file);
      },
    });
  }

  #origin(token: string, api: string | undefined): string | undefined {
    return api === undefined ? undefined : this.#signer(api).read(token);
  }

  #signer(api: string): TextSigner {
    return new TextSigner(this.key, `pixiecore ${api}`);
  }
}
