import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Fault, FaultPath } from '../config/fault.js';
import type { Config } from '../config/schema.js';
import { secretPlaces } from './secret-places.js';

/** A file or folder whose mode matters, and why it does. */
export interface GuardedPlace {
  readonly setting: FaultPath;
  readonly path: string;
  readonly guard: keyof typeof guards;
}

/** What the system says of it. */
export interface SeenMode {
  readonly mode: number;
  readonly isFolder: boolean;
}

export interface ModeFault extends Fault {
  /** Whether others could command imago by it. Else a secret may be known: machines boot all the same. */
  readonly isFatal: boolean;
}

const READ_BY_ALL = 0o004;
const WRITTEN_BY_ALL = 0o002;
const OF_GROUP_AND_ALL = 0o077;
/** Of a folder: each file in it is its owner's alone to remove or rename. */
const STICKY = 0o1000;

interface Guard {
  /** Bits of a mode that are too many. */
  readonly never: number;
  readonly isFatal: boolean;
  readonly why: string;
  readonly remedy: string;
}

const guards = {
  configuration: {
    never: WRITTEN_BY_ALL,
    isFatal: true,
    why: 'whoever changes it commands imago',
    remedy: 'chmod o-w',
  },
  state: {
    never: WRITTEN_BY_ALL,
    isFatal: true,
    why: 'every user of this server may put files there, which imago would take for its own',
    remedy: 'see that nothing in it is by others, then chmod o-rwx',
  },
  program: {
    never: WRITTEN_BY_ALL,
    isFatal: true,
    why: 'imago runs what any user of this server writes into it',
    remedy: 'see that it is what it was, then chmod o-w',
  },
  socket: {
    never: WRITTEN_BY_ALL,
    isFatal: true,
    why: 'every user of this server may put a socket of his own in its place',
    remedy: 'chmod o-w',
  },
  served: {
    never: WRITTEN_BY_ALL,
    isFatal: false,
    why: 'machines run as root what any user of this server writes there',
    remedy: 'chmod -R o-w',
  },
  secret: {
    never: OF_GROUP_AND_ALL,
    isFatal: false,
    why: 'others than its owner may read it, and imago does not use it so',
    remedy: 'chmod 600',
  },
  key: {
    never: READ_BY_ALL | WRITTEN_BY_ALL,
    isFatal: false,
    why: 'every user of this server may read it, and sign with it as imago does',
    remedy: 'make a new one, since this one may be known, and chmod o-rwx',
  },
} as const satisfies Readonly<Record<string, Guard>>;

/** What is wrong with the mode of a place: its path, its mode, and the remedy. */
export function modeFault(
  { setting, path, guard }: GuardedPlace,
  { mode, isFolder }: SeenMode,
): ModeFault | undefined {
  const { never, isFatal, why, remedy } = guards[guard];
  if ((mode & never) === 0 || (isFolder && guard === 'socket' && (mode & STICKY) !== 0)) return undefined;
  const shown = (mode & 0o7777).toString(8);
  return { path: setting, message: `${path} has the mode ${shown}: ${why}; ${remedy} ${path}`, isFatal };
}

/** @param file The configuration's. @param runtimeFolder That systemd makes for the service. */
export function guardedPlaces(file: string, config: Config, runtimeFolder?: string): readonly GuardedPlace[] {
  const { paths, cluster, listeners, operators, store, matchbox, events, secrets } = config;
  const { admin } = listeners;
  const socket = admin.socket ?? join(runtimeFolder ?? paths.state, 'admin.sock');
  const place = (guard: GuardedPlace['guard'], path: string | undefined, ...setting: FaultPath) =>
    path?.startsWith('/') ? [{ guard, path, setting }] : [];
  return [
    ...place('configuration', resolve(file)),
    ...place('state', paths.state, 'paths', 'state'),
    ...place('state', join(paths.clusters, cluster), 'paths', 'clusters'),
    ...(dirname(socket) === paths.state
      ? []
      : place('socket', dirname(socket), 'listeners', 'admin', 'socket')),
    ...(['templates', 'snippets', 'images', 'tftpRoot'] as const).flatMap((name) =>
      place('served', paths[name], 'paths', name),
    ),
    ...secretPlaces(config).flatMap(({ source, path }) =>
      'file' in source ? place('secret', source.file, ...path, 'file') : [],
    ),
    ...place('secret', store.remote?.sshKey, 'store', 'remote', 'sshKey'),
    ...place('key', matchbox.keyRing, 'matchbox', 'keyRing'),
    ...place('key', admin.tls?.key, 'listeners', 'admin', 'tls', 'key'),
    ...place('configuration', admin.tls?.certificate, 'listeners', 'admin', 'tls', 'certificate'),
    ...(['ca', 'crl'] as const).flatMap((name) =>
      place('configuration', operators.certificates?.[name], 'operators', 'certificates', name),
    ),
    ...(['matchbox', 'pxeInit'] as const).flatMap((name) => [
      ...place('key', listeners[name].grpc?.key, 'listeners', name, 'grpc', 'key'),
      ...place('configuration', listeners[name].grpc?.clientCa, 'listeners', name, 'grpc', 'clientCa'),
    ]),
    ...events.hooks.flatMap(({ command }, index) =>
      place('program', command[0], 'events', 'hooks', index, 'command'),
    ),
    ...Object.entries(secrets.named).flatMap(([name, { program }]) =>
      place('program', program?.[0], 'secrets', 'named', name, 'program'),
    ),
  ];
}

/** What is wrong with the modes of what the configuration names, as far as this user may see them. */
export function checkModes(file: string, config: Config): readonly ModeFault[] {
  return guardedPlaces(file, config, process.env['RUNTIME_DIRECTORY']).flatMap((place) => {
    const seen = look(place.path);
    const fault = seen && modeFault(place, seen);
    return fault ? [fault] : [];
  });
}

/** undefined where nothing is there, or this user may not look: whoever opens it says so better. */
function look(path: string): SeenMode | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats && { mode: stats.mode, isFolder: stats.isDirectory() };
  } catch {
    return undefined;
  }
}
