import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type AgentOptions, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { callbackify } from 'node:util';
import { connect, type ConnectionOptions, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { certificateFault, OtherCertificate } from './certificate-faults.js';
import type { Identity, Pin, Trust } from './trust.js';

/** How connections over TLS are made to a server that is believed by this. */
export function agentThatTrusts(trust: Trust | undefined, identity: Identity | undefined): Agent {
  const shown = identity && { cert: identity.certificate, key: identity.key };
  if (trust && 'fingerprint' in trust) return new PinningAgent(trust, shown);
  return new Agent({ ...settings, ...(trust && { ca: trust.authorities }), ...shown });
}

/** A resumed session shows no certificate to compare. */
const settings: AgentOptions = { keepAlive: true, maxCachedSessions: 0, minVersion: 'TLSv1.2' };

/** What an agent is asked to connect to. `http.request` keeps its own `signal` to itself. */
export interface ConnectingOptions extends RequestOptions {
  /** Ends an attempt to connect. */
  readonly connectSignal?: AbortSignal | undefined;
}

type Shown = Required<Pick<ConnectionOptions, 'cert' | 'key'>>;

type Done = (error: Error | null, socket?: Duplex) => void;

/** Not a byte is sent before the certificate was compared. */
class PinningAgent extends Agent {
  constructor(
    private readonly pin: Pin,
    private readonly shown: Shown | undefined,
  ) {
    super(settings);
  }

  override createConnection(asked: ConnectingOptions, done: Done): Duplex | null | undefined {
    const { connectSignal, ...where } = asked;
    const options = { ...(where as ConnectionOptions), signal: connectSignal };
    callbackify(connectPinned)(options, this.pin, this.shown, done);
    return undefined;
  }
}

/** @throws OtherCertificate, or what goes wrong with the connection */
async function connectPinned(options: Connecting, pin: Pin, shown: Shown | undefined): Promise<TLSSocket> {
  if (pin.authority !== undefined) {
    try {
      return await connected({ ...options, ...shown, ca: pin.authority });
    } catch (error) {
      // What the server shows now tells whether it is another one, or only its certificate is not good.
      if (!certificateFault(error)) throw error;
    }
  }
  const socket = await connected({ ...options, rejectUnauthorized: false });
  const [own, ...above] = chainOf(socket);
  const isPinned = own?.fingerprint256 === pin.fingerprint; // and it has the key
  if (isPinned && !shown) return socket;
  socket.destroy();
  if (isPinned) return connectAgain({ ...options, ...shown }, pin);
  const authority = above.find(({ fingerprint256 }) => fingerprint256 === pin.fingerprint);
  if (!authority) throw new OtherCertificate((above.at(-1) ?? own)?.fingerprint256 ?? 'none');
  // Anybody can show the certificate of a CA: OpenSSL looks whether it made the server's, and for what.
  try {
    return await connected({ ...options, ...shown, ca: authority.toString() });
  } catch (error) {
    throw own && certificateFault(error)?.isUnknown ? new OtherCertificate(own.fingerprint256) : error;
  }
}

/** To a server that has shown its pinned certificate before: now it sees who asks. */
async function connectAgain(options: Connecting, pin: Pin): Promise<TLSSocket> {
  const socket = await connected({ ...options, rejectUnauthorized: false });
  const { fingerprint256 } = socket.getPeerCertificate();
  if (fingerprint256 === pin.fingerprint) return socket;
  socket.destroy();
  throw new OtherCertificate(fingerprint256);
}

interface Connecting extends ConnectionOptions {
  /** It ends the attempt alone, not the connection. */
  readonly signal: AbortSignal | undefined;
}

async function connected({ signal, ...options }: Connecting): Promise<TLSSocket> {
  const socket = connect(options);
  try {
    await once(socket, 'secureConnect', { ...(signal && { signal }) });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

export interface ShownChain {
  /** The server's own first; the last is that of its CA, where the server shows it. */
  readonly certificates: readonly X509Certificate[];
  /** Whether Node, or the given authorities, vouch for it under the name that it was reached by. */
  readonly isVouchedFor: boolean;
}

/** What a server shows of itself, whether it is believed or not. Nothing is asked of it. */
export async function chainShownBy(
  { hostname, port }: { readonly hostname: string; readonly port: number },
  { authorities, signal }: { readonly authorities?: string | undefined; readonly signal: AbortSignal },
): Promise<ShownChain> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const isName = !/^[\d.]+$|:/.test(host);
  const socket = await connected({
    host,
    port,
    ...(isName && { servername: host }),
    ...(authorities !== undefined && { ca: authorities }),
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    signal,
  });
  const shown = { certificates: chainOf(socket), isVouchedFor: socket.authorized };
  socket.destroy();
  return shown;
}

/** Longer ones are nobody's. */
const LONGEST_CHAIN = 8;

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let shown: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (shown?.raw && chain.length < LONGEST_CHAIN) {
    chain.push(new X509Certificate(shown.raw));
    const above: DetailedPeerCertificate | undefined = shown.issuerCertificate;
    // A root is its own issuer.
    shown = above === shown || above?.fingerprint256 === shown.fingerprint256 ? undefined : above;
  }
  return chain;
}
