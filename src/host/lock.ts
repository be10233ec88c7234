import { ImagoError } from '../errors.js';

/** An operator's word that nobody is to touch a machine. */
export interface HostLock {
  readonly by: string;
  readonly reason: string;
  readonly since: Date;
}

/** A host, as far as locks go. */
interface Lockable {
  readonly serial: string;
  readonly lock?: HostLock;
}

/** What an operator may not do to a machine before it is unlocked. */
export class HostLocked extends ImagoError {
  readonly code = 'HOST_LOCKED';

  constructor(serial: string, { by, reason, since }: HostLock) {
    super(
      `${serial} is locked by ${by} since ${since.toISOString()}: ${reason}; imagoctl unlock ${serial} first`,
      { serial, by, reason, since: since.toISOString() },
    );
  }
}

/** @throws HostLocked */
export function requireUnlocked(host: Lockable | undefined): void {
  if (host?.lock) throw new HostLocked(host.serial, host.lock);
}

/**
 * An edit of a file may unlock a machine; one that leaves the lock may change nothing else.
 * @param after Undefined retires it.
 * @throws HostLocked
 */
export function requireLockKept(before: Lockable | undefined, after: Lockable | undefined): void {
  if (before?.lock && (after === undefined || after.lock)) throw new HostLocked(before.serial, before.lock);
}
