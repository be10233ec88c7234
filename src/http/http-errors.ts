import { ImagoError, showValue } from '../errors.js';
import type { Listener } from './listeners.js';
import { limits } from '../limits.js';
import type { WatcherLimit } from './watcher-shares.js';
import type { ProfileMode } from '../host/profile-mode.js';

/** No route, no file. */
export class NotFound extends ImagoError {
  readonly code = 'NOT_FOUND';

  constructor(path: string) {
    super(`there is nothing at ${showValue(path)}`, { path });
  }
}

export class MethodNotAllowed extends ImagoError {
  readonly code = 'METHOD_NOT_ALLOWED';

  constructor(
    method: string,
    readonly allowed: readonly string[],
  ) {
    super(`${method} is not possible here: use ${allowed.join(', ')}`, { method, allowed });
  }
}

export class BodyTooLarge extends ImagoError {
  readonly code = 'BODY_TOO_LARGE';

  constructor(limitBytes: number) {
    super(`the body is longer than ${limitBytes} bytes: send less`, { limitBytes });
  }
}

/** A body that is not what the call takes. */
export class BadRequest extends ImagoError {
  readonly code = 'BAD_REQUEST';
}

/** The body did not come to its end. */
export class BodyAborted extends ImagoError {
  readonly code = 'BODY_ABORTED';

  constructor() {
    super('the connection ended before the body did');
  }
}

export class UrlTooLong extends ImagoError {
  readonly code = 'URL_TOO_LONG';

  constructor(limit: number) {
    super(`the URL is longer than ${limit} characters`, { limit });
  }
}

/** Tokens hold on after the listener is trusted no more: whoever proves nothing neither makes nor ends one. */
export class TokensNeedProof extends ImagoError {
  readonly code = 'TOKENS_NEED_PROOF';

  constructor(name: string) {
    super(
      `${name} has proven nothing, and tokens outlive listeners.admin.trusted: make and revoke them with imagoctl on the server itself, by its socket, or with a token of an admin`,
      { name },
    );
  }
}

/** What operators command, asked of where machines are answered. */
export class OperatorsElsewhere extends ImagoError {
  readonly code = 'OPERATORS_ELSEWHERE';

  /** @param url Where operators are answered. */
  constructor(url: string) {
    super(
      `operators are answered at ${url}, where they prove who they are (imagoctl login), and imagoctl on the server itself by a socket; listeners.admin.trusted is how it was before`,
      { url },
    );
  }
}

export class ListenFailed extends ImagoError {
  readonly code = 'LISTEN_FAILED';

  constructor(listener: Listener, errno: string, options?: ErrorOptions) {
    const { setting } = listener;
    if ('socket' in listener) {
      const { socket } = listener;
      super(
        `cannot listen on the socket ${socket}: ${socketRemedyOf(errno, socket, setting)}`,
        { socket, errno },
        options,
      );
    } else {
      const { address, port } = listener;
      super(
        `cannot listen on ${address} port ${port}/tcp: ${remedyOf(errno, address, port, setting)}`,
        { address, port, errno },
        options,
      );
    }
  }
}

function socketRemedyOf(errno: string, socket: string, setting: string): string {
  switch (errno) {
    case 'EADDRINUSE':
      return `another imago answers there: stop it, or set ${setting}`;
    case 'EINVAL':
    case 'ENAMETOOLONG':
      return `its path is longer than the system takes (107 bytes): set ${setting} to a shorter one`;
    // So libuv calls a folder that is not there as well.
    case 'EACCES':
    case 'EROFS':
      return `its folder is not there, or imago's user may not write to it: mend that, or set ${setting}`;
    default:
      return errno;
  }
}

function remedyOf(errno: string, address: string, port: number, setting: string): string {
  switch (errno) {
    case 'EADDRINUSE':
      return `another process has it; find it with \`ss -ltnp 'sport = :${port}'\` and stop it, or set ${setting}`;
    case 'EADDRNOTAVAIL':
      return `this machine does not have the address ${address}; give it to network.interface, or correct network.serverAddress`;
    case 'EACCES':
      return `ports below 1024 take the capability CAP_NET_BIND_SERVICE; start imago as root, or set ${setting}`;
    default:
      return errno;
  }
}

export class TooManyWatchers extends ImagoError {
  readonly code = 'TOO_MANY_WATCHERS';

  constructor(limit: WatcherLimit, most: number) {
    const { bound, setting } = limits[limit];
    super(`${bound}: ${most} at most (${setting}): end some, or ask again later`, { limit, most });
  }
}

export type HeldLimit =
  | 'http-answers'
  | 'http-answers-per-address'
  | 'http-bodies'
  | 'http-bodies-per-address';

/** No room for an answer or a body. */
export class TooMuchHeld extends ImagoError {
  readonly code = 'TOO_MUCH_HELD';

  constructor(limit: HeldLimit) {
    const { bound, setting } = limits[limit];
    super(`${bound}: there is no more room now (${setting}): ask again when earlier calls have ended`, {
      limit,
    });
  }
}

const wayOf: Readonly<Record<ProfileMode, string>> = {
  'two-stage': 'its first-stage script, which posts what the machine is to /final-ignition-config.json',
  'direct-ignition': '/ignition/{serial}/installer and /ignition/{serial}',
  diskless: '/ignition/{serial}, or a post to /final-ignition-config.json or /final-cloud-config.yaml',
};

/** A machine asks for what the mode of its profile has no use for: a first stage would write to the disk of a diskless one. */
export class WrongMode extends ImagoError {
  readonly code = 'WRONG_MODE';

  constructor(serial: string, profile: string, mode: ProfileMode) {
    super(`profile ${profile} of ${serial} is ${mode}: it gets its configuration by ${wayOf[mode]}`, {
      serial,
      profile,
      mode,
    });
  }
}
