import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface EmulatedSystem {
  PowerState: string;
  Boot: Record<string, unknown>;
  /** Left out: the BMC does not say. */
  resetTypes?: readonly string[];
  /** The reset types stand in an ActionInfo resource, as in DMTF's newer mock-ups. */
  withActionInfo?: boolean;
}

/** What BMCs of the field do, and what one that lies may do. */
export const habits = {
  'settings-resource':
    'Boot is read-only in the system: it is written in its settings, with a tag of their own',
  'empty-etag': 'sends an empty ETag, and takes none back',
  'stale-etag': 'sends another tag with the collection’s member than it then wants',
  'refuses-tags': 'refuses every If-Match, also its own',
  'demands-any-tag': 'sends no ETag, and wants one',
  'session-location-elsewhere': 'names its sessions by the address that it has behind a translation',
  'four-sessions': 'has no more than four sessions',
  'busy-at-logout': 'answers the first DELETE with 503',
  'forgets-patch': 'answers 200 to a PATCH, and keeps nothing',
  'slow-to-show': 'shows what it keeps only at the second look',
  'task-fails-later': 'takes a PATCH or a reset with 202, and its task fails at the third look',
  'task-ends-later': 'takes a PATCH with 202, and keeps it at the third look',
  'task-never-ends': 'takes a PATCH with 202, and its task runs on',
  'closes-idle-connection': 'closes a kept connection when the next request comes by it',
  'busy-after-off': 'answers 409 to the first three tries of switching on',
  'always-busy': 'answers 409 to every try of switching on',
  'wants-whole-boot': 'takes Enabled, Target and Mode together only',
  'refuses-mode': 'takes no Mode',
  'message-id-only': 'refuses with a MessageId and no text',
  'one-extended-info': 'sends ExtendedInfo as one object',
  'bare-extended-info': 'sends ExtendedInfo without the error around it',
  'password-change-required': 'lets in whoever has to change his password, and then nothing else',
  'no-sessions': 'names sessions, and answers 405 there',
  'packed-answers': 'packs answers that nobody asked it to pack',
  'endless-answer': 'sends an answer that does not end',
  'slow-answer': 'sends an answer byte by byte',
  'unpacks-endlessly': 'packs 64 MiB into 64 KiB',
  'unknown-packing': 'packs in a way that nobody knows',
  'redirects-elsewhere': 'redirects to another server',
  'redirects-for-ever': 'redirects from one path to the next',
  'links-elsewhere': 'has its systems on another server',
  'reset-elsewhere': 'has the reset of its system on another server',
  'endless-list': 'has 50,000 systems',
  'endless-allowables': 'lists 50,000 resets',
  'deep-answer': 'nests 100,000 lists',
} as const;
export type Habit = keyof typeof habits;

export interface EmulatorOptions {
  readonly habits?: readonly Habit[];
  /** Another server, for what leads elsewhere. */
  readonly elsewhere?: string;
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
  habits = [],
  elsewhere = 'http://127.0.0.9',
  intercept,
}: EmulatorOptions = {}): Promise<RedfishEmulator> {
  const has = (habit: Habit) => habits.includes(habit);
  const times = new Map<string, number>();
  /** Whether this is one of the first so many times that it is asked. */
  const isEarly = (what: string, first: number) => {
    times.set(what, (times.get(what) ?? 0) + 1);
    return (times.get(what) ?? 0) <= first;
  };
  const calls: string[] = [];
  const tokens = new Map<string, string>();
  let etag = 1;
  let shown: Record<string, unknown> | undefined;
  let sessionsMade = 0;
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
        Systems: { '@odata.id': `${has('links-elsewhere') ? elsewhere : ''}${base}/Systems` },
        SessionService: { '@odata.id': `${base}/SessionService` },
        ...(sessions && { Links: { Sessions: { '@odata.id': `${base}/SessionService/Sessions` } } }),
        '@odata.id': '/redfish/v1/',
      };
    }
    if (path === `${base}/Systems`) {
      return {
        '@odata.type': '#ComputerSystemCollection.ComputerSystemCollection',
        'Members@odata.count': systems.length,
        Members: (has('endless-list')
          ? Array.from({ length: 50_000 }, (_, index) => `blade${index}`)
          : systems
        ).map((id) => ({
          '@odata.id': `${base}/Systems/${id}`,
        })),
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
        Boot: has('settings-resource')
          ? { ...system.Boot, BootSourceOverrideTarget: 'None' }
          : (shown ?? system.Boot),
        ...(has('settings-resource') && {
          '@Redfish.Settings': { SettingsObject: { '@odata.id': `${own}/Settings` } },
        }),
        Actions: {
          '#ComputerSystem.Reset': {
            target: `${has('reset-elsewhere') ? elsewhere : ''}${own}/Actions/ComputerSystem.Reset`,
            ...(system.withActionInfo
              ? { '@Redfish.ActionInfo': `${own}/ResetActionInfo` }
              : system.resetTypes && {
                  'ResetType@Redfish.AllowableValues': has('endless-allowables')
                    ? Array.from({ length: 50_000 }, (_, index) => `Reset${index}`)
                    : system.resetTypes,
                }),
          },
        },
      };
    }
    if (path === `${own}/Settings` && has('settings-resource')) {
      const { 'BootSourceOverrideTarget@Redfish.AllowableValues': _, ...boot } = system.Boot;
      return {
        '@odata.id': `${own}/Settings`,
        Boot: { ...boot, 'BootSourceOverrideTarget@Redfish.AllowableValues': ['None', 'Pxe', 'Hdd'] },
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

  const refusal = (status: number, message: string, id = 'Base.1.8.X') => {
    const info = {
      MessageId: id,
      ...(has('message-id-only') ? { MessageArgs: ['Boot'] } : { Message: message }),
    };
    const told = { '@Message.ExtendedInfo': has('one-extended-info') ? info : [info] };
    return {
      status,
      body: has('bare-extended-info')
        ? told
        : {
            error: {
              code: 'Base.1.8.GeneralError',
              message: has('message-id-only') ? '' : 'A general error has occurred.',
              ...told,
            },
          },
    };
  };

  /** The tag of a resource, in the way of this BMC. */
  const tagOf = (path: string): string | undefined => {
    if (has('demands-any-tag')) return undefined;
    if (has('empty-etag')) return '""';
    const stale = has('stale-etag') && isEarly(`tag of ${path}`, 1);
    return `W/"${path.endsWith('/Settings') ? 's' : ''}${stale ? 'old' : etag}"`;
  };

  const refusesTag = (path: string, given: string | undefined): boolean => {
    if (has('demands-any-tag')) return given !== '*';
    if (has('empty-etag') || has('refuses-tags')) return given !== undefined;
    return (demandsEtag || has('stale-etag') || has('settings-resource')) && given !== tagOf(path);
  };

  const TASK = '/redfish/v1/TaskService/Tasks/1';

  const patched = (path: string, given: string | undefined, boot: Record<string, unknown>) => {
    const isSettings = path.endsWith('/Settings');
    if (has('settings-resource') && !isSettings) {
      return refusal(400, 'the property Boot is read-only', 'Base.1.8.PropertyNotWritable');
    }
    if (refusesTag(path, given)) return refusal(given === undefined ? 428 : 412, 'the ETag is another one');
    const fields = ['Enabled', 'Target', 'Mode'].map((field) => `BootSourceOverride${field}`);
    if (has('wants-whole-boot') && !fields.every((field) => field in boot)) {
      return refusal(400, 'Enabled, Target and Mode belong together', 'Base.1.8.PropertyMissing');
    }
    if (has('refuses-mode') && 'BootSourceOverrideMode' in boot) {
      return refusal(400, 'the property BootSourceOverrideMode is unknown', 'Base.1.8.PropertyUnknown');
    }
    if (has('forgets-patch')) return { status: 200, body: {} };
    if (has('task-fails-later') || has('task-ends-later') || has('task-never-ends')) {
      pending = boot;
      return accepted();
    }
    if (has('slow-to-show')) shown = system.Boot;
    system.Boot = { ...system.Boot, ...boot };
    etag += 1;
    return { status: 204 };
  };
  const accepted = () => ({
    status: 202,
    body: { '@odata.id': TASK, TaskState: 'New' },
    headers: { location: `https://bmc.inside.example${TASK}/Monitor` },
  });
  let pending: Record<string, unknown> = {};

  const task = () => {
    if (has('task-never-ends') || isEarly('task', 2)) {
      return { status: 202, body: { '@odata.id': TASK, TaskState: 'Running' } };
    }
    if (has('task-ends-later')) {
      system.Boot = { ...system.Boot, ...pending };
      return { status: 200, body: { '@odata.id': TASK, TaskState: 'Completed', TaskStatus: 'OK' } };
    }
    const Messages = [{ MessageId: 'Bios.1.0.Locked', Message: `the BIOS is locked for ${password}` }];
    return {
      status: 200,
      body: { '@odata.id': TASK, TaskState: 'Exception', TaskStatus: 'Critical', Messages },
    };
  };

  const answerTo = (
    request: IncomingMessage,
    body: Record<string, unknown> | undefined,
  ): { status: number; body?: unknown; headers?: Record<string, string> } => {
    const path = (request.url ?? '').replace(/\/+$/, '');
    const { method = 'GET' } = request;
    if (path === '/redfish/v1/Systems' && has('redirects-elsewhere')) {
      return { status: 302, headers: { location: `${elsewhere}/redfish/v1/Systems` } };
    }
    if (path.startsWith('/redfish/v1/Systems') && has('redirects-for-ever')) {
      return { status: 302, headers: { location: `${path}/on` } };
    }
    if (method === 'POST' && path.endsWith('/Sessions') && has('no-sessions')) {
      return refusal(405, 'sessions are switched off');
    }
    if (method === 'POST' && path.endsWith('/Sessions') && sessions) {
      if (has('four-sessions') && tokens.size >= 4) {
        return refusal(503, 'there are too many sessions', 'Base.1.8.SessionLimitExceeded');
      }
      if (body?.['UserName'] !== user || body['Password'] !== password) {
        return refusal(401, `invalid credentials ${String(body?.['Password'])}`);
      }
      sessionsMade += 1;
      const token = `token${sessionsMade}`;
      const path = `/redfish/v1/SessionService/Sessions/${sessionsMade}`;
      tokens.set(path, token);
      const location = has('session-location-elsewhere') ? `https://192.168.0.120${path}` : path;
      return { status: 201, body: { '@odata.id': path }, headers: { 'x-auth-token': token, location } };
    }
    if (path !== '/redfish/v1' && !isAuthorized(request)) return refusal(401, 'no valid session');
    if (has('password-change-required') && path !== '/redfish/v1' && method !== 'DELETE') {
      return refusal(403, 'the password has expired', 'Base.1.11.PasswordChangeRequired');
    }
    if (path === `${TASK}/Monitor`) return task();
    if (method === 'DELETE' && has('busy-at-logout') && isEarly('logout', 1)) return refusal(503, 'busy');
    if (method === 'DELETE') return { status: tokens.delete(path) ? 204 : 404 };
    if (method === 'POST' && path.endsWith('/Actions/ComputerSystem.Reset')) {
      const type = String(body?.['ResetType']);
      if (has('task-fails-later')) return accepted();
      if (system.resetTypes && !system.resetTypes.includes(type)) return refusal(400, `no ResetType ${type}`);
      if (type === 'On' || type === 'ForceOn') {
        if (system.PowerState === 'On') return refusal(409, 'the system is on already');
        if (has('always-busy') || (has('busy-after-off') && isEarly('on', 3))) {
          return refusal(409, 'the power is still going down');
        }
        system.PowerState = 'On';
      }
      if (['ForceOff', 'GracefulShutdown', 'PushPowerButton'].includes(type)) system.PowerState = 'Off';
      return { status: 204 };
    }
    if (method === 'PATCH' && /\/Systems\/[^/]+(?:\/Settings)?$/.test(path)) {
      const boot = body?.['Boot'];
      return patched(
        path,
        request.headers['if-match'],
        typeof boot === 'object' ? (boot as Record<string, unknown>) : {},
      );
    }
    if (method === 'GET' && shown && !isEarly('look', 2)) shown = undefined;
    const resource = resources(path);
    if (method !== 'GET') return { status: 405 };
    if (resource === undefined) return { status: 404 };
    const tag = tagOf(path);
    return { status: 200, body: resource, headers: tag === undefined ? {} : { etag: tag } };
  };

  const used = new WeakSet<Socket>();
  const handle: RequestListener = (request, response) => {
    if (has('closes-idle-connection') && used.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    used.add(request.socket);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const fields =
        typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined;
      const told = fields && !('Password' in fields) ? ` ${JSON.stringify(fields)}` : '';
      calls.push(`${request.method} ${request.url}${told}`);
      const answer = intercept?.(request) ?? answerTo(request, fields);
      if (answer === 'silence') return;
      const isLie = (habit: Habit) => request.url === '/redfish/v1/Systems' && has(habit);
      const headers = { 'content-type': 'application/json', ...answer.headers };
      if (isLie('endless-answer')) {
        sendForEver(response.writeHead(200, headers));
        return;
      }
      if (isLie('slow-answer')) {
        sendSlowly(response.writeHead(200, headers));
        return;
      }
      const sent =
        answer.body === undefined
          ? ''
          : isLie('deep-answer')
            ? `{"Members":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
            : JSON.stringify(answer.body);
      if (isLie('unpacks-endlessly')) {
        response.writeHead(200, { ...headers, 'content-encoding': 'gzip' });
        response.end(gzipSync(Buffer.alloc(64 << 20, ' ')));
      } else if (isLie('unknown-packing')) {
        response.writeHead(200, { ...headers, 'content-encoding': 'constructor' });
        response.end(sent);
      } else if (has('packed-answers') && sent !== '') {
        response.writeHead(answer.status, { ...headers, 'content-encoding': 'gzip' });
        response.end(gzipSync(sent));
      } else {
        response.writeHead(answer.status, headers);
        response.end(sent === '' ? undefined : sent);
      }
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

const PIECE = Buffer.alloc(64 << 10, ' ');

function sendForEver(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(PIECE));
  };
  response.on('drain', more);
  more();
}

function sendSlowly(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}
