import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ApiHost,
  type HistoryEntry,
  type Lease,
  StateCommand,
  type Problem,
} from '../../../src/api/schemas.js';
import { OPERATOR_HEADER } from '../../../src/api/endpoint.js';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly operator: string | undefined;
  readonly body: string;
}

/** A small imago on a port of loopback: speaks `/api/v1`, with the machines that a test gives it. */
export class FakeImago {
  readonly hosts = new Map<string, ApiHost>();
  history: HistoryEntry[] = [];
  leases: Lease[] = [];
  readonly seen: SeenRequest[] = [];
  /** Answers the next requests instead, until it is taken away. */
  override: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(hosts: readonly ApiHost[] = []): Promise<FakeImago> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const fake = new FakeImago(server, (server.address() as AddressInfo).port);
    for (const host of hosts) fake.hosts.set(host.serial, ApiHost.parse(host));
    server.on('request', (request, response) => fake.receive(request, response));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const operator = request.headers[OPERATOR_HEADER.toLowerCase()];
      this.seen.push({
        method: request.method ?? '',
        path: request.url ?? '',
        operator: typeof operator === 'string' ? operator : undefined,
        body,
      });
      if (this.override) return this.override(request, response);
      const { status, answer } = this.answer(`${request.method} ${request.url}`, body);
      response.writeHead(status, {
        'content-type': status < 400 ? 'application/json' : 'application/problem+json',
      });
      response.end(JSON.stringify(answer));
    });
  }

  private answer(call: string, body: string): { status: number; answer: unknown } {
    if (call === 'GET /api/v1/hosts') return ok({ hosts: [...this.hosts.values()] });
    if (call === 'GET /api/v1/leases') return ok({ leases: this.leases });
    if (call === 'GET /api/v1/version') return ok({ version: '9.8.7', node: 'v20.0.0' });
    const [, method, serial = '', rest] = /^(\w+) \/api\/v1\/hosts\/([^/]+)(?:\/(\w+))?$/.exec(call) ?? [];
    const host = this.hosts.get(decodeURIComponent(serial).toLowerCase());
    if (!host) return problem(404, 'UNKNOWN_HOST', `there is no host '${serial}': see imagoctl list`);
    if (method === 'GET' && rest === undefined) return ok(host);
    if (method === 'GET' && rest === 'history') return ok({ history: this.history });
    if (method === 'POST' && rest === 'state') {
      const { state } = StateCommand.parse(JSON.parse(body));
      if (state === 'running') return problem(409, 'ILLEGAL_TRANSITION', 'it cannot become running');
      const changed = { ...host, state };
      this.hosts.set(host.serial, changed);
      return ok(changed);
    }
    return problem(405, 'METHOD_NOT_ALLOWED', 'not so');
  }
}

export function problem(
  status: number,
  code: string,
  detail: string,
  facts: Record<string, unknown> = {},
): { status: number; answer: Problem } {
  return { status, answer: { type: 'about:blank', title: code, status, detail, code, ...facts } };
}

function ok(answer: unknown): { status: number; answer: unknown } {
  return { status: 200, answer };
}

/** A machine of which only what the test says is known. */
export function apiHost(facts: Partial<ApiHost> & { readonly serial: string }): ApiHost {
  return { state: 'running', macAddresses: [], metadata: [], overrides: {}, versions: {}, ...facts };
}
