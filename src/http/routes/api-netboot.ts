import { ImagoError } from '../../errors.js';
import type { NetbootHandlers } from '../netboot-handlers.js';
import type { HttpServices } from '../services.js';

class NetbootOff extends ImagoError {
  readonly code = 'NETBOOT_OFF';

  constructor() {
    super('no images for machines are kept here: set pxeInit.enabled, and restart imago');
  }
}

/** Their calls are there also where nobody keeps any, and say what to set. */
export function apiNetbootHandlers({ netboot }: Pick<HttpServices, 'netboot'>): NetbootHandlers {
  if (netboot) return netboot;
  const off = () => {
    throw new NetbootOff();
  };
  return {
    listNetbootImages: off,
    putNetbootImage: off,
    removeNetbootImage: off,
    listNetbootMachines: off,
    tieNetbootMachine: off,
    untieNetbootMachine: off,
  };
}
