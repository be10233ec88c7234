import type { BmcQueue } from './bmc-queue.js';
import { nameOfTarget, type BmcTarget } from './bmc-target.js';
import { IpmiDriver } from './ipmi-driver.js';
import type { PowerAction, PowerPort } from './power-port.js';
import { RedfishDriver } from './redfish-driver.js';
import { retrying } from './retry.js';

/** Twice they do what once does; a second `cycle` or `reset` would hit a machine that is already booting. */
const repeatable: Readonly<Record<PowerAction, boolean>> = {
  on: true,
  off: true,
  soft: false,
  cycle: false,
  reset: false,
};

/** The machine's BMC, behind the queue and tried again where that does no harm. */
export function openBmc(
  target: BmcTarget,
  queue: BmcQueue,
  tries: number,
  driver: PowerPort = driverFor(target),
): PowerPort {
  const name = nameOfTarget(target);
  const run = <T>(
    isRepeatable: boolean,
    command: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> => retrying(isRepeatable ? tries : 1, () => queue.run(name, command, signal), signal);
  return {
    status: (signal) => run(true, () => driver.status(signal), signal),
    perform: (action, signal) => run(repeatable[action], () => driver.perform(action, signal), signal),
    setBootDevice: (device, options, signal) =>
      run(true, () => driver.setBootDevice(device, options, signal), signal),
    inventory: (signal) => run(true, () => driver.inventory(signal), signal),
  };
}

function driverFor(target: BmcTarget): PowerPort {
  return target.driver === 'ipmi' ? new IpmiDriver(target) : new RedfishDriver(target);
}
