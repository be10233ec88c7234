import { createHash, createHmac, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ClaimSet = Readonly<Record<string, unknown>>;

/** How an ID token is made; what a test wants otherwise. */
export interface Forgery {
  /** `RS256` unless it is said. */
  readonly alg?: 'none' | 'HS256' | 'ES256' | 'RS256';
  /** Over those that the provider would send. */
  readonly claims?: ClaimSet;
  /** One that the provider has never shown. */
  readonly key?: KeyObject;
  readonly header?: ClaimSet;
  /** Of the whole token. */
  readonly change?: (token: string) => string;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly alg: 'RS256' | 'ES256';
}

/**
 * A provider of OpenID Connect that is good for one user at a time: discovery, keys, codes with PKCE, codes for devices. Nothing of it is
 * imago's, nor of what imago logs in with.
 */
export class OidcProvider {
  readonly clientId = 'imago';
  clientSecret: string | undefined;
  /** Who sits before the browser; undefined: nobody agrees. */
  user: ClaimSet | undefined;
  forgery: Forgery = {};
  /** Over what it says of itself. */
  metadata: ClaimSet = {};
  /** In place of what it answers at a path. */
  readonly broken = new Map<string, { status: number; body: string; type?: string } | 'hang up'>();
  /** Every path that was asked for, in order. */
  readonly asked: string[] = [];
  /** What the last call of `/token` sent. */
  lastToken: URLSearchParams = new URLSearchParams();
  #keys: readonly SigningKey[] = [newKey('RS256')];
  readonly #codes = new Map<string, { readonly params: URLSearchParams; readonly user: ClaimSet }>();
  readonly #devices = new Map<string, { userCode: string; outcome: ClaimSet | 'denied' | undefined }>();
  readonly #server: Server;

  private constructor() {
    this.reset();
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(port = 0): Promise<OidcProvider> {
    const provider = new OidcProvider();
    await new Promise<void>((resolve) => void provider.#server.listen(port, '127.0.0.1', resolve));
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** As it is at first; its keys and what is under way stay. */
  reset(): void {
    this.user = { sub: 'u1', preferred_username: 'ada', groups: ['racks'] };
    this.clientSecret = 'client-secret';
    this.forgery = {};
    this.metadata = {};
    this.broken.clear();
    this.asked.length = 0;
  }

  /** From now on others sign, and only they are shown. */
  rotate(alg: 'RS256' | 'ES256' = 'RS256'): void {
    this.#keys = [newKey(alg)];
  }

  get publicKeyPem(): string {
    return this.#keys[0]?.publicKey.export({ type: 'spki', format: 'pem' }).toString() ?? '';
  }

  /** Somebody types the code. */
  agree(userCode: string, outcome: ClaimSet | 'denied' | undefined = this.user): void {
    for (const device of this.#devices.values()) if (device.userCode === userCode) device.outcome = outcome;
  }

  /** As a browser that is sent there: where it is sent on to. */
  async visit(url: string): Promise<string> {
    const { headers } = await fetch(url, { redirect: 'manual' });
    return headers.get('location') ?? '';
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.issuer);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    // Terminals that wait ask all the while.
    this.asked.push(form.has('device_code') ? '/token for a device' : url.pathname);
    const broken = this.broken.get(url.pathname);
    if (broken === 'hang up') return void request.socket.destroy();
    if (broken) {
      response
        .writeHead(broken.status, { 'content-type': broken.type ?? 'application/json' })
        .end(broken.body);
      return;
    }
    const json = (body: object, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return void json(this.#metadata());
      case '/jwks':
        return void json({
          keys: this.#keys.map(({ kid, alg, publicKey }) => ({
            ...publicKey.export({ format: 'jwk' }),
            kid,
            alg,
            use: 'sig',
          })),
        });
      case '/authorize':
        return void response.writeHead(302, { location: this.#authorize(url.searchParams) }).end();
      case '/device': {
        const device_code = randomBytes(16).toString('hex');
        const userCode = randomBytes(4).toString('hex').toUpperCase();
        this.#devices.set(device_code, { userCode, outcome: undefined });
        return void json({
          device_code,
          user_code: userCode,
          verification_uri: `${this.issuer}/activate`,
          expires_in: 600,
          interval: 0.01,
        });
      }
      case '/token': {
        this.lastToken = form;
        const { status, body } = this.#token(form, request.headers.authorization);
        return void json(body, status);
      }
      default:
        return void response.writeHead(404).end();
    }
  }

  #metadata(): ClaimSet {
    const at = (path: string) => this.issuer + path;
    return {
      issuer: this.issuer,
      authorization_endpoint: at('/authorize'),
      token_endpoint: at('/token'),
      device_authorization_endpoint: at('/device'),
      jwks_uri: at('/jwks'),
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
      code_challenge_methods_supported: ['S256'],
      ...this.metadata,
    };
  }

  #authorize(params: URLSearchParams): string {
    const back = new URL(params.get('redirect_uri') ?? '');
    if (this.user) {
      const code = randomBytes(16).toString('hex');
      this.#codes.set(code, { params, user: this.user });
      back.searchParams.set('code', code);
    } else back.searchParams.set('error', 'access_denied');
    back.searchParams.set('state', params.get('state') ?? '');
    return back.href;
  }

  #token(form: URLSearchParams, authorization: string | undefined): { status: number; body: object } {
    const fault = (error: string) => ({ status: 400, body: { error } });
    const basic = `Basic ${Buffer.from(`${this.clientId}:${this.clientSecret}`).toString('base64')}`;
    if (this.clientSecret !== undefined && authorization?.replaceAll('%2D', '-') !== basic) {
      const given = Buffer.from(authorization?.slice(6) ?? '', 'base64').toString();
      if (decodeURIComponent(given) !== `${this.clientId}:${this.clientSecret}`)
        return { status: 401, body: { error: 'invalid_client' } };
    }
    if (form.get('grant_type') === 'authorization_code') {
      const code = this.#codes.get(form.get('code') ?? '');
      this.#codes.delete(form.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      if (!code || code.params.get('code_challenge') !== challenge) return fault('invalid_grant');
      if (code.params.get('redirect_uri') !== form.get('redirect_uri')) return fault('invalid_grant');
      return { status: 200, body: this.#tokens({ ...code.user, nonce: code.params.get('nonce') }) };
    }
    const device = this.#devices.get(form.get('device_code') ?? '');
    if (!device) return fault('expired_token');
    if (device.outcome === undefined) return fault('authorization_pending');
    if (device.outcome === 'denied') return fault('access_denied');
    return { status: 200, body: this.#tokens(device.outcome) };
  }

  #tokens(user: ClaimSet): object {
    return {
      access_token: randomBytes(8).toString('hex'),
      token_type: 'Bearer',
      id_token: this.#idToken(user),
    };
  }

  #idToken(user: ClaimSet): string {
    const [own] = this.#keys;
    if (!own) throw new Error('no key');
    const { alg = own.alg, claims = {}, key, header = {}, change = (token) => token } = this.forgery;
    const now = Math.floor(Date.now() / 1000);
    const payload = {
      iss: this.issuer,
      aud: this.clientId,
      iat: now,
      exp: now + 300,
      ...user,
      ...claims,
    };
    const head = encoded({ alg, kid: own.kid, typ: 'JWT', ...header });
    const text = `${head}.${encoded(payload)}`;
    return change(`${text}.${this.#signature(text, alg, key ?? own.privateKey)}`);
  }

  #signature(text: string, alg: NonNullable<Forgery['alg']>, key: KeyObject): string {
    if (alg === 'none') return '';
    if (alg === 'HS256') return createHmac('sha256', this.publicKeyPem).update(text).digest('base64url');
    const how = alg === 'ES256' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key;
    return sign('sha256', Buffer.from(text), how).toString('base64url');
  }
}

function newKey(alg: 'RS256' | 'ES256'): SigningKey {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid: randomBytes(4).toString('hex'), alg, ...pair };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
