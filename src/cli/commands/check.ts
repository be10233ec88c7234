import type { Readiness, ApiHost } from '../../api/schemas.js';
import { ImagoCommand } from '../imago-command.js';
import { ImagoError } from '../../errors.js';
import { cell } from '../columns.js';
import { instant } from '../times.js';
import { renderSummary } from '../render-watch.js';

export default class Check extends ImagoCommand {
  static override summary = 'Tell whether all is well, and what needs you.';
  static override description =
    'Troubles of the store, alarms, and machines that are stuck or whose installer failed, a line for each. Ends with status 1 if there is one.';

  async run(): Promise<Readiness> {
    const { flags } = await this.parse(Check);
    const api = await this.connect(flags);
    const [hosts, { images }] = await Promise.all([api.hosts(), api.images()]);
    // Last: who has no login is told so above, and here only whether all is well.
    const readiness = await api.readiness();
    const versions = new Set(images.map(({ version }) => version));
    const faults = faultsOf(readiness, hosts, versions);
    this.print([renderWellBeing(readiness, hosts), ...faults.map(renderFault)]);
    if (faults.length > 0 || !readiness.ready) throw new NotWell(faults);
    return readiness;
  }
}

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
export function faultsOf(
  { troubles, alarms }: Readiness,
  hosts: readonly ApiHost[],
  versions: ReadonlySet<string>,
): Fault[] {
  return [
    ...troubles.map((message) => ({ where: 'STORE', message })),
    ...alarms.map(({ code, message, since }) => ({ where: code, message, since })),
    ...hosts.flatMap(faultsOfHost),
    ...hosts.flatMap((host) => faultsOfOverride(host, versions)),
  ];
}

function faultsOfHost({ serial, state, progress, stuck }: ApiHost): Fault[] {
  if (stuck)
    return [{ where: serial, message: `it is stuck, ${stuck.reason}: ${stuck.detail}`, since: stuck.since }];
  if (state !== 'installing' || progress?.phase !== 'failed') return [];
  return [{ where: serial, message: `its installer failed: ${progress.message}`, since: progress.time }];
}

/** What it was given by name is not looked for before it is installed. */
function faultsOfOverride({ serial, overrides }: ApiHost, versions: ReadonlySet<string>): Fault[] {
  const version = overrides['CoreOSVersion'];
  if (typeof version !== 'string' || versions.has(version)) return [];
  const message = `its override CoreOSVersion is ${version}, of which there are no images: fetch that version, or take the override away`;
  return [{ where: serial, message }];
}

export function renderFault({ where, message, since }: Fault): string {
  return `${cell(where)}: ${cell(message)}${since === undefined ? '' : ` (since ${instant(since)})`}`;
}

/** `12 machines: 3 installing, 9 running; 77 addresses are free` */
export function renderWellBeing({ freeAddresses }: Readiness, hosts: readonly ApiHost[]): string {
  return `${renderSummary(hosts)}; ${freeAddresses} ${freeAddresses === 1 ? 'address is' : 'addresses are'} free`;
}
