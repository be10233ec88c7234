import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface EmulatedSystem {
  PowerState: string;
  Boot: Record<string, unknown>;
  /** Left out: the BMC does not say. */
  resetTypes?: readonly string[];
  /** The reset types stand in an ActionInfo resource, as in DMTF's newer mock-ups. */
  withActionInfo?: boolean;
}

export interface EmulatorOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly user?: string;
  readonly password?: string;
  readonly systems?: readonly string[];
  readonly sessions?: boolean;
  readonly demandsEtag?: boolean;
  /** Answers instead of the emulator; undefined leaves the request to it. */
  readonly intercept?: (
    request: IncomingMessage,
  ) => { status: number; body: unknown; headers?: Record<string, string> } | 'silence' | undefined;
}

export interface RedfishEmulator {
  readonly port: number;
  readonly system: EmulatedSystem;
  /** Method, path and what mattered of the body, in order. */
  readonly calls: string[];
  openSessions(): number;
  close(): Promise<void>;
}

/** A BMC with one or more systems, in the form of DMTF's mock-up `public-rackmount1` (DSP2043). */
export async function startRedfishEmulator({
  tls,
  user = 'admin',
  password = 'secret',
  systems = ['437XR1138R2'],
  sessions = true,
  demandsEtag = false,
  intercept,
}: EmulatorOptions = {}): Promise<RedfishEmulator> {
  const calls: string[] = [];
  const tokens = new Map<string, string>();
  let etag = 1;
  const system: EmulatedSystem = {
    PowerState: 'On',
    Boot: {
      BootSourceOverrideEnabled: 'Once',
      BootSourceOverrideTarget: 'Pxe',
      'BootSourceOverrideTarget@Redfish.AllowableValues': ['None', 'Pxe', 'Cd', 'Usb', 'Hdd', 'BiosSetup'],
      BootSourceOverrideMode: 'UEFI',
    },
    resetTypes: [
      'On',
      'ForceOff',
      'GracefulShutdown',
      'GracefulRestart',
      'ForceRestart',
      'Nmi',
      'ForceOn',
      'PushPowerButton',
    ],
  };

  const resources = (path: string): unknown => {
    const base = '/redfish/v1';
    if (path === base) {
      return {
        '@odata.type': '#ServiceRoot.v1_5_0.ServiceRoot',
        Id: 'RootService',
        RedfishVersion: '1.6.0',
        Systems: { '@odata.id': `${base}/Systems` },
        SessionService: { '@odata.id': `${base}/SessionService` },
        ...(sessions && { Links: { Sessions: { '@odata.id': `${base}/SessionService/Sessions` } } }),
        '@odata.id': '/redfish/v1/',
      };
    }
    if (path === `${base}/Systems`) {
      return {
        '@odata.type': '#ComputerSystemCollection.ComputerSystemCollection',
        'Members@odata.count': systems.length,
        Members: systems.map((id) => ({ '@odata.id': `${base}/Systems/${id}` })),
      };
    }
    const id = systems.find((id) => path.startsWith(`${base}/Systems/${id}`));
    const own = `${base}/Systems/${id}`;
    if (id !== undefined && path === own) {
      return {
        '@odata.type': '#ComputerSystem.v1_7_0.ComputerSystem',
        '@odata.id': own,
        Id: id,
        Manufacturer: 'Contoso',
        Model: '3500',
        SerialNumber: id,
        AssetTag: 'Chicago-45Z-2381',
        UUID: '38947555-7742-3448-3784-823347823834',
        BiosVersion: 'P79 v1.33 (02/28/2015)',
        PowerState: system.PowerState,
        ProcessorSummary: { Count: 2, Model: 'Multi-Core Intel(R) Xeon(R) processor 7xxx Series' },
        MemorySummary: { TotalSystemMemoryGiB: 96 },
        EthernetInterfaces: { '@odata.id': `${own}/EthernetInterfaces` },
        Boot: system.Boot,
        Actions: {
          '#ComputerSystem.Reset': {
            target: `${own}/Actions/ComputerSystem.Reset`,
            ...(system.withActionInfo
              ? { '@Redfish.ActionInfo': `${own}/ResetActionInfo` }
              : system.resetTypes && { 'ResetType@Redfish.AllowableValues': system.resetTypes }),
          },
        },
      };
    }
    if (path === `${own}/ResetActionInfo`) {
      return {
        '@odata.type': '#ActionInfo.v1_1_1.ActionInfo',
        Parameters: [
          { Name: 'ResetType', Required: true, DataType: 'String', AllowableValues: system.resetTypes },
        ],
      };
    }
    if (path === `${own}/EthernetInterfaces`) {
      return { Members: [{ '@odata.id': `${own}/EthernetInterfaces/1` }] };
    }
    if (path === `${own}/EthernetInterfaces/1`) {
      return { PermanentMACAddress: '12:44:6A:3B:04:11', MACAddress: '12:44:6A:3B:88:90' };
    }
    return undefined;
  };

  const isAuthorized = (request: IncomingMessage): boolean => {
    const token = request.headers['x-auth-token'];
    if (typeof token === 'string') return [...tokens.values()].includes(token);
    const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    return request.headers.authorization === basic;
  };

  const refusal = (status: number, message: string) => ({
    status,
    body: {
      error: {
        code: 'Base.1.8.GeneralError',
        message: 'A general error has occurred.',
        '@Message.ExtendedInfo': [{ MessageId: 'Base.1.8.X', Message: message }],
      },
    },
  });

  const answerTo = (
    request: IncomingMessage,
    body: Record<string, unknown> | undefined,
  ): { status: number; body?: unknown; headers?: Record<string, string> } => {
    const path = (request.url ?? '').replace(/\/+$/, '');
    const { method = 'GET' } = request;
    if (method === 'POST' && path.endsWith('/Sessions') && sessions) {
      if (body?.['UserName'] !== user || body['Password'] !== password) {
        return refusal(401, `invalid credentials ${String(body?.['Password'])}`);
      }
      const token = `token${tokens.size + 1}`;
      const location = `/redfish/v1/SessionService/Sessions/${tokens.size + 1}`;
      tokens.set(location, token);
      return { status: 201, body: { '@odata.id': location }, headers: { 'x-auth-token': token, location } };
    }
    if (path !== '/redfish/v1' && !isAuthorized(request)) return refusal(401, 'no valid session');
    if (method === 'DELETE') return { status: tokens.delete(path) ? 204 : 404 };
    if (method === 'POST' && path.endsWith('/Actions/ComputerSystem.Reset')) {
      const type = String(body?.['ResetType']);
      if (system.resetTypes && !system.resetTypes.includes(type)) return refusal(400, `no ResetType ${type}`);
      if (type === 'On' || type === 'ForceOn') {
        if (system.PowerState === 'On') return refusal(409, 'the system is on already');
        system.PowerState = 'On';
      }
      if (['ForceOff', 'GracefulShutdown', 'PushPowerButton'].includes(type)) system.PowerState = 'Off';
      return { status: 204 };
    }
    if (method === 'PATCH' && /\/Systems\/[^/]+$/.test(path)) {
      if (demandsEtag && request.headers['if-match'] !== `W/"${etag}"`)
        return refusal(412, 'the ETag is missing');
      const boot = body?.['Boot'];
      if (typeof boot === 'object') system.Boot = { ...system.Boot, ...boot };
      etag += 1;
      return { status: 204 };
    }
    const resource = resources(path);
    if (method !== 'GET') return { status: 405 };
    if (resource === undefined) return { status: 404 };
    return { status: 200, body: resource, headers: { etag: `W/"${etag}"` } };
  };

  const handle: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const fields =
        typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined;
      const shown = fields && !('Password' in fields) ? ` ${JSON.stringify(fields)}` : '';
      calls.push(`${request.method} ${request.url}${shown}`);
      const answer = intercept?.(request) ?? answerTo(request, fields);
      if (answer === 'silence') return;
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
    });
  };

  const server = tls ? createHttpsServer(tls, handle) : createHttpServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    system,
    calls,
    openSessions: () => tokens.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
