import type { ApiHost } from '../api/schemas.js';
import type { PowerAction, PowerDone } from '../api/power.js';
import { ImagoError } from '../errors.js';
import { WaitedInVain } from './errors.js';

/** What reinstalling a machine takes of the daemon. */
export interface ReinstallApi {
  host(serial: string): Promise<ApiHost>;
  setState(serial: string, state: 'configured'): Promise<ApiHost>;
  setBootDevice(serial: string, command: { device: 'pxe'; uefi?: boolean }): Promise<unknown>;
  setPower(serial: string, action: PowerAction): Promise<PowerDone>;
}

export interface ReinstallOptions {
  /** Undefined: as the machine was last seen to boot. */
  readonly uefi?: boolean | undefined;
  /** Wait until it runs; otherwise it is done when it was switched. */
  readonly wait: boolean;
  readonly deadline: () => boolean;
  readonly pause: () => Promise<void>;
  /** A line for people, whenever there is news. */
  readonly tell: (line: string) => void;
}

/** What became of one machine. */
export interface Reinstalled {
  readonly serial: string;
  readonly state: ApiHost['state'];
}

/**
 * Has a machine installed again: its state, the network for one boot, its power, and its way until it runs. The boot device is
 * set before the state: when its BMC does not answer, nothing has changed.
 * @throws ApiProblem, WaitedInVain, InstallationFailed
 */
export async function reinstall(
  api: ReinstallApi,
  serial: string,
  { uefi, wait, deadline, pause, tell }: ReinstallOptions,
): Promise<Reinstalled> {
  await api.setBootDevice(serial, { device: 'pxe', ...(uefi !== undefined && { uefi }) });
  tell('boots from the network next');
  const configured = await api.setState(serial, 'configured');
  tell('is configured');
  await api.setPower(serial, 'cycle');
  tell('power cycle');
  if (!wait) return { serial: configured.serial, state: configured.state };
  // What it last reported may be from the installation before.
  const before = configured.progress?.time;
  let last = describe(configured, before);
  for (;;) {
    const host = await api.host(serial);
    const now = describe(host, before);
    if (now !== last) tell(now);
    last = now;
    if (host.state === 'running') return { serial: host.serial, state: host.state };
    if (host.progress?.phase === 'failed' && host.progress.time !== before) {
      throw new InstallationFailed(host.serial, host.progress.message);
    }
    if (deadline()) throw new WaitedInVain(`${serial} ${last}; see imagoctl history ${serial}`);
    await pause();
  }
}

export class InstallationFailed extends ImagoError {
  readonly code = 'INSTALLATION_FAILED';

  constructor(serial: string, reason: string) {
    super(`the installation of ${serial} failed: ${reason || 'it does not say why'}; see its console`, {
      serial,
      reason,
    });
  }
}

function describe({ state, progress }: ApiHost, before: string | undefined): string {
  const isNews = state === 'installing' && progress && progress.time !== before;
  return isNews ? `is ${state} (${`${progress.phase} ${progress.message}`.trim()})` : `is ${state}`;
}

export interface Batch<Result> {
  readonly done: readonly Result[];
  readonly failed: readonly { readonly serial: string; readonly error: Error }[];
  /** Never begun, because an earlier one failed. */
  readonly skipped: readonly string[];
}

/** A few at a time, in order. After a failure nothing new is begun, unless told to go on. */
export async function inBatches<Result>(
  serials: readonly string[],
  { parallel, keepGoing }: { readonly parallel: number; readonly keepGoing: boolean },
  act: (serial: string) => Promise<Result>,
): Promise<Batch<Result>> {
  const queue = [...serials];
  const done: Result[] = [];
  const failed: { serial: string; error: Error }[] = [];
  const worker = async (): Promise<void> => {
    for (;;) {
      const serial = failed.length === 0 || keepGoing ? queue.shift() : undefined;
      if (serial === undefined) return;
      try {
        done.push(await act(serial));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        failed.push({ serial, error });
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return { done, failed, skipped: queue };
}
