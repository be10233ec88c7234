import type { Readiness } from '../api/readiness.js';
import type { ApiHost } from '../api/schemas.js';
import { ImagoError } from '../errors.js';
import { cell } from './columns.js';
import { instant } from './instant.js';
import { renderSummary } from './render-watch.js';

/** Something that needs an operator. */
export interface Fault {
  /** A code, or the serial of a machine. */
  readonly where: string;
  readonly message: string;
  readonly since?: string | undefined;
}

/** `imagoctl check` found something. */
export class NotWell extends ImagoError {
  readonly code = 'NOT_WELL';

  constructor(readonly faults: readonly Fault[]) {
    super(faults.length === 1 ? 'one thing needs you' : `${faults.length} things need you`, {
      faults: faults.map(renderFault),
    });
  }
}

/** Of the daemon first, then of machines that do not get through. */
export function faultsOf({ troubles, alarms }: Readiness, hosts: readonly ApiHost[]): Fault[] {
  return [
    ...troubles.map((message) => ({ where: 'STORE', message })),
    ...alarms.map(({ code, message, since }) => ({ where: code, message, since })),
    ...hosts.flatMap(faultsOfHost),
  ];
}

function faultsOfHost({ serial, state, progress, stuck }: ApiHost): Fault[] {
  if (stuck)
    return [{ where: serial, message: `it is stuck, ${stuck.reason}: ${stuck.detail}`, since: stuck.since }];
  if (state !== 'installing' || progress?.phase !== 'failed') return [];
  return [{ where: serial, message: `its installer failed: ${progress.message}`, since: progress.time }];
}

export function renderFault({ where, message, since }: Fault): string {
  return `${cell(where)}: ${cell(message)}${since === undefined ? '' : ` (since ${instant(since)})`}`;
}

/** `12 machines: 3 installing, 9 running; 77 addresses are free` */
export function renderWellBeing({ freeAddresses }: Readiness, hosts: readonly ApiHost[]): string {
  return `${renderSummary(hosts)}; ${freeAddresses} ${freeAddresses === 1 ? 'address is' : 'addresses are'} free`;
}
