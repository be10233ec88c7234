import type { IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import type { Fingerprint } from './fingerprint.js';
import type { Identity, Trust } from './trust.js';

export interface DoorOptions {
  /** As in `https://rack1:4443`; of a Unix socket whatever it is to be called. */
  readonly baseUrl: string;
  /** Of a Unix socket, which is then gone through instead. */
  readonly socketPath?: string | undefined;
  /** Without it a server is believed whose certificate is of a CA that Node trusts. */
  readonly trust?: Trust | undefined;
  /** What proves who asks. It is sent over HTTPS alone. */
  readonly token?: string | undefined;
  /** Shows who asks instead. Servers that are not believed do not see it. */
  readonly identity?: Identity | undefined;
}

interface Asked {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
}

/** The way to one imago: where it is, and how each side shows who it is. */
export class Door {
  /** Without slashes at its end; what paths are put after. */
  readonly baseUrl: string;
  /** For people. */
  readonly name: string;
  readonly #options: DoorOptions;
  #agent: Promise<Agent> | undefined;

  constructor(options: DoorOptions) {
    this.baseUrl = options.baseUrl.replace(/(?<!\/)\/+$/, '');
    this.name = options.socketPath ?? this.baseUrl;
    this.#options = options;
  }

  /** By which certificate the server is known, where it is by one. */
  get pinned(): Fingerprint | undefined {
    const { trust } = this.#options;
    return trust && 'fingerprint' in trust ? trust.fingerprint : undefined;
  }

  /** One request; resolves with the head of the answer. Not by `fetch`: to load that takes longer than most calls. */
  async request(
    url: string,
    { method, headers, body }: Asked,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { socketPath, token } = this.#options;
    const isSecure = this.baseUrl.startsWith('https:');
    const { request } = await (isSecure ? import('node:https') : import('node:http'));
    const agent = isSecure ? await this.#secureAgent() : undefined;
    const proof = isSecure && token !== undefined ? { authorization: `Bearer ${token}` } : {};
    return new Promise((resolve, reject) => {
      // What goes wrong later goes wrong with the answer too, whose reader is told.
      request(
        url,
        {
          ...(method !== undefined && { method }),
          ...(socketPath !== undefined && { socketPath }),
          ...(agent && { agent, connectSignal: signal }),
          headers: { ...headers, ...proof },
          signal,
        },
        resolve,
      )
        .on('error', reject)
        .end(body);
    });
  }

  /** One for all calls, so that each need not shake hands anew. */
  #secureAgent(): Promise<Agent> {
    this.#agent ??= import('./trusting-agent.js').then(({ agentThatTrusts }) =>
      agentThatTrusts(this.#options.trust, this.#options.identity),
    );
    return this.#agent;
  }
}
