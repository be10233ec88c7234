import { setTimeout as delay } from 'node:timers/promises';
import type { ReachLimit } from '../limits.js';
import type { BmcQueue } from './bmc-queue.js';
import { nameOfTarget, type BmcTarget } from './bmc-target.js';
import { IpmiDriver } from './ipmi-driver.js';
import type { PowerAction, PowerPort } from './power-port.js';
import { BmcFault, BmcUnreachable } from './errors.js';

/** Twice they do what once does; a second `cycle` or `reset` would hit a machine that is already booting. */
const repeatable: Readonly<Record<PowerAction, boolean>> = {
  on: true,
  off: true,
  soft: false,
  cycle: false,
  reset: false,
};

/** What all BMCs share. */
export interface BmcAccess {
  readonly queue: BmcQueue;
  /** How often a command is tried that does no harm when repeated. */
  readonly tries: number;
  /** Told of a BMC that meets a bound. */
  readonly reach: ReachLimit;
}

/** The machine's BMC, behind the queue and tried again where that does no harm. */
export function openBmc(target: BmcTarget, { queue, tries, reach }: BmcAccess, given?: PowerPort): PowerPort {
  const name = nameOfTarget(target);
  let opened: Promise<PowerPort> | undefined;
  const driver = (): Promise<PowerPort> =>
    (opened ??= given ? Promise.resolve(given) : driverFor(target, reach));
  const run = <T>(
    isRepeatable: boolean,
    command: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> => retrying(isRepeatable ? tries : 1, () => queue.run(name, command, signal), signal);
  return {
    status: (signal) => run(true, async () => (await driver()).status(signal), signal),
    perform: (action, signal) =>
      run(repeatable[action], async () => (await driver()).perform(action, signal), signal),
    setBootDevice: (device, options, signal) =>
      run(true, async () => (await driver()).setBootDevice(device, options, signal), signal),
    inventory: (signal) => run(true, async () => (await driver()).inventory(signal), signal),
  };
}

/** What Redfish needs is not loaded at the start: see docs/decisions/start.md. */
async function driverFor(target: BmcTarget, reach: ReachLimit): Promise<PowerPort> {
  if (target.driver === 'ipmi') return new IpmiDriver(target, reach);
  const { RedfishDriver } = await import('./redfish-driver.js');
  return new RedfishDriver(target, reach);
}

/**
 * Tries again what may be repeated without harm, when the BMC was silent or failed: BMCs lose packets and have moments of their
 * own. A wrong password is never tried twice, which would lock the account.
 */
export async function retrying<T>(
  tries: number,
  command: () => Promise<T>,
  signal: AbortSignal | undefined,
  pauseMs: (attempt: number) => number = (attempt) => 500 * 2 ** attempt,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await command();
    } catch (error) {
      const mayHelp = error instanceof BmcUnreachable || error instanceof BmcFault;
      if (!mayHelp || attempt + 1 >= tries) throw error;
      await delay(pauseMs(attempt), undefined, signal ? { signal } : {});
    }
  }
}
