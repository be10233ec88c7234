import type { Endpoint } from './endpoint.js';
import {
  BootDeviceCommand,
  BootDeviceDone,
  Inventory,
  PowerCommand,
  PowerDone,
  PowerState,
} from './power.js';

/** What is asked of the BMC of a host. */
export const powerEndpoints: readonly Endpoint[] = [
  {
    id: 'getPower',
    method: 'get',
    path: '/hosts/{serial}/power',
    summary: 'Whether the machine is on, as its BMC says at this moment.',
    status: 200,
    answer: PowerState,
    problems: [404, 409, 501, 502, 504],
  },
  {
    id: 'setPower',
    method: 'post',
    path: '/hosts/{serial}/power',
    summary: 'Switches the machine on or off, cycles or resets it.',
    body: PowerCommand,
    status: 200,
    answer: PowerDone,
    problems: [400, 404, 409, 413, 423, 501, 502, 504],
  },
  {
    id: 'setBootDevice',
    method: 'post',
    path: '/hosts/{serial}/boot-device',
    summary: 'What the machine boots from next, or from now on.',
    body: BootDeviceCommand,
    status: 200,
    answer: BootDeviceDone,
    problems: [400, 404, 409, 413, 423, 501, 502, 504],
  },
  {
    id: 'getInventory',
    method: 'get',
    path: '/hosts/{serial}/inventory',
    summary: 'What the BMC knows of the machine.',
    status: 200,
    answer: Inventory,
    problems: [404, 409, 501, 502, 504],
  },
];
