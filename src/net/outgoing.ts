import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher, buildConnector } from 'undici';
import { ImagoError } from '../errors.js';
import { isLocalAddress } from './address-kinds.js';
import { mendUndici } from './mend-undici.js';
import { addressesOfThisComputer } from './own-addresses.js';

/** A name or a redirect leads where nobody outside may send this server. */
export class LocalTarget extends ImagoError {
  readonly code = 'LOCAL_TARGET';

  constructor(name: string, address: string) {
    const way = name === address ? 'it' : name;
    super(
      `${way} leads to ${address}, which is this server itself, its link or a metadata service: add ${name} to network.localTargets if that is meant`,
      { name, address },
    );
  }
}

export interface OutgoingOptions {
  /** `network.localTargets`, as it stands now. */
  readonly localTargets?: () => readonly string[];
  /** Go by HTTP_PROXY, HTTPS_PROXY and NO_PROXY. A proxy looks names up by itself. */
  readonly usesProxy?: boolean;
  readonly resolve?: typeof resolveAll;
  readonly ownAddresses?: () => readonly string[];
}

/** Who asks whether a name would be refused waits no longer for it. */
const LOOKUP_MS = 2000;

interface Destroyable {
  destroy(error: Error): void;
}

type Connected = Parameters<buildConnector.Callback>;

type Found = (error: Error | null, addresses: readonly LookupAddress[]) => void;

/**
 * Connections to servers that the configuration names. An address that stands there as such is meant, as `localhost` is; what a name
 * or a redirect leads to must lie outside: else whoever answers for the name could have this server speak to its own services.
 */
export class Outgoing {
  #meant: Dispatcher | undefined;
  #guarded: Dispatcher | undefined;
  /** Connections that nobody has answered yet: undici leaves them to their timeout. */
  readonly #connecting = new Set<Destroyable>();
  #isClosed = false;

  constructor(private readonly options: OutgoingOptions = {}) {}

  /**
   * @param configured Where the way began; redirects lead from there to `url`.
   * @throws LocalTarget
   */
  async to(url: URL, configured: URL): Promise<Dispatcher> {
    const { Agent, buildConnector, EnvHttpProxyAgent, Pool } = await import('undici'); // not at the start: see docs/decisions/start.md
    if (this.#isClosed) throw new Error('imago ends');
    const make = (how: object) => {
      const options = { connect: this.#breakable(buildConnector(how)) };
      const factory = (origin: string | URL, more: object) => mendUndici(new Pool(origin, more));
      return this.#isByProxy()
        ? new EnvHttpProxyAgent({ ...options, factory })
        : new Agent({ ...options, factory });
    };
    const name = hostOf(url);
    const isNamed = isLocalName(name);
    if (isNamed && url.origin === configured.origin) return (this.#meant ??= make({}));
    const refusal =
      isNamed || isLiteral(name) ? this.#refusal(name, url.origin === configured.origin) : undefined;
    if (refusal) throw refusal;
    return (this.#guarded ??= make({ lookup: this.#lookup }));
  }

  /** What a connection there would be refused for. A name that nobody knows, or not at once, is refused by nobody. */
  async refusalOf(url: URL, configured: URL): Promise<LocalTarget | undefined> {
    const name = hostOf(url);
    if (isLocalName(name) || isLiteral(name)) return this.#refusal(name, url.origin === configured.origin);
    if (this.#isByProxy()) return undefined;
    const found = new Promise<Error | null>((resolve) => {
      this.#lookup(name, { all: true }, (error) => resolve(error));
    });
    const error = await Promise.race([found, delay(LOOKUP_MS, null, { ref: false })]);
    return error instanceof LocalTarget ? error : undefined;
  }

  /** Breaks off all connections, those as well that nobody answers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#meant?.destroy(), this.#guarded?.destroy()]);
    for (const socket of this.#connecting) socket.destroy(new Error('imago ends'));
  }

  #breakable(connect: buildConnector.connector): buildConnector.connector {
    return (options, done) => {
      // It returns its socket, which undici's types do not tell.
      const socket: unknown = connect(options, (...outcome: Connected) => {
        if (isDestroyable(socket)) this.#connecting.delete(socket);
        done(...outcome);
      });
      if (isDestroyable(socket)) this.#connecting.add(socket);
    };
  }

  #isByProxy(): boolean {
    return this.options.usesProxy === true && proxyIsSet(process.env);
  }

  #refusal(name: string, isConfigured: boolean): LocalTarget | undefined {
    const isMeant = isConfigured || this.#isAllowed(name);
    return !isMeant && (isLocalName(name) || this.#isLocal(name)) ? new LocalTarget(name, name) : undefined;
  }

  /** For `net.connect`: the very address that is connected to is looked at, however often the name changes. */
  readonly #lookup = (
    name: string,
    options: LookupOptions,
    done: (error: Error | null, address: string | readonly LookupAddress[], family?: number) => void,
  ): void => {
    const { resolve = resolveAll } = this.options;
    resolve(name, options, (error, addresses) => {
      if (error) return done(error, []);
      const outside = this.#isAllowed(hostOf({ hostname: name }))
        ? addresses
        : addresses.filter(({ address }) => !this.#isLocal(address));
      const [first] = outside;
      if (!first) return done(new LocalTarget(name, addresses[0]?.address ?? 'nowhere'), []);
      return options.all === true ? done(null, outside) : done(null, first.address, first.family);
    });
  };

  #isAllowed(name: string): boolean {
    return this.options.localTargets?.().some((allowed) => allowed.toLowerCase() === name) ?? false;
  }

  #isLocal(address: string): boolean {
    const { ownAddresses = addressesOfThisComputer } = this.options;
    return isLocalAddress(address) || ownAddresses().includes(address);
  }
}

function isDestroyable(value: unknown): value is Destroyable {
  return (
    typeof value === 'object' && value !== null && 'destroy' in value && typeof value.destroy === 'function'
  );
}

function resolveAll(name: string, options: LookupOptions, done: Found): void {
  lookup(name, { ...options, all: true }, done);
}

function hostOf({ hostname }: Pick<URL, 'hostname'>): string {
  return hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

/** RFC 6761 §6.3. */
function isLocalName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

/** `URL` writes every form of an IPv4 address with dots, and no name ends in digits. */
function isLiteral(name: string): boolean {
  return name.includes(':') || /^[\d.]+$/.test(name);
}

function proxyIsSet(environment: Readonly<Record<string, string | undefined>>): boolean {
  return ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].some((name) => environment[name]);
}
