import type { Endpoint } from '../api/endpoint.js';
import type { BootSource } from '../boot/boot-source.js';
import type { DialectName } from '../config/dialects.js';
import type { GrpcApi } from '../grpc/grpc-api.js';
import type { Handler } from './call.js';
import type { BoundEndpoint } from './create-app.js';
import type { Alarm } from '../provision/alarms.js';
import type { Refuse } from './error-response.js';
import type { NetbootHandlers } from './netboot-handlers.js';
import type { ServedFileAt } from './served-file.js';
import type { HttpServices } from './services.js';

/** How another system is spoken to: its paths, and what is answered there. */
export interface Dialect {
  readonly name: DialectName;
  readonly routes: readonly BoundEndpoint[];
  /** What its clients expect in place of an error in imago's words, also for a path that it has not. */
  readonly refuse?: Refuse | undefined;
}

type HandlersOf<E extends Readonly<Record<string, Endpoint>>> = {
  readonly [Name in keyof E]: Handler<E[Name]>;
};

/** A dialect of these endpoints: each needs its handler. */
export function dialect<const E extends Readonly<Record<string, Endpoint>>>(
  name: DialectName,
  endpoints: E,
  handlers: HandlersOf<E>,
  refuse?: Refuse,
): Dialect {
  return { name, routes: bind(endpoints, handlers, { dialect: name, refuse }), refuse };
}

/** Each endpoint with its handler. */
export function bind<E extends Readonly<Record<string, Endpoint>>>(
  endpoints: E,
  handlers: HandlersOf<E>,
  of: Pick<BoundEndpoint, 'dialect' | 'refuse'> = {},
): readonly BoundEndpoint[] {
  return Object.entries<Endpoint>(endpoints).map(([name, endpoint]) => ({
    ...endpoint,
    ...of,
    // An endpoint and its handler have the same type, by name.
    handle: handlers[name] as unknown as Handler<Endpoint>,
  }));
}

/** What takes the place of another system: who decides for its machines, and how they are spoken to. */
export interface OtherSystem {
  readonly source?: BootSource | undefined;
  /** Spoken at its own listener, or beside imago's own. */
  readonly dialect?: ((services: HttpServices) => Dialect) | undefined;
  /** Called by gRPC, where it has a listener. */
  readonly api?: GrpcApi | undefined;
  /** What operators call, where it keeps images that machines are tied to. */
  readonly netboot?: NetbootHandlers | undefined;
  /** What machines get at URLs of it. */
  readonly fileAt?: ServedFileAt | undefined;
  /** What is wrong with it now. */
  readonly alarms?: (() => readonly Alarm[]) | undefined;
  close?(): Promise<void>;
}
