import type { ImagoError } from '../errors.js';
import type { ReachLimit } from '../limits.js';
import { type IpmiTarget, nameOfTarget } from './bmc-target.js';
import { errorFromOutput, parseInventory, parsePowerStatus } from './ipmi-answers.js';
import {
  BmcCipherRefused,
  BmcFault,
  BmcRefusedCredentials,
  BmcUnreachable,
  NO_BMC,
  PowerToolMissing,
} from './errors.js';
import type {
  BootDevice,
  BootDeviceOptions,
  Inventory,
  PowerAction,
  PowerPort,
  PowerStatus,
} from './power-port.js';

/** `bmc-output` of docs/limits.md: of what the tool writes. Nothing that is asked for takes a tenth of it. */
const MOST_OUTPUT_BYTES = 64 << 10;

/** Until when a command has to be done, by the clock of `performance`. */
interface Run {
  readonly signal: AbortSignal | undefined;
  readonly deadline: number;
}

/** IPMI 2.0 through `ipmitool`. The password is in the environment of that one process and nowhere else. */
export class IpmiDriver implements PowerPort {
  /** Those of the target that the BMC has not refused. */
  #cipherSuites: readonly number[];

  constructor(
    private readonly target: IpmiTarget,
    private readonly reach: ReachLimit,
    private readonly tool = 'ipmitool',
  ) {
    this.#cipherSuites = target.cipherSuites;
  }

  status(signal?: AbortSignal): Promise<PowerStatus> {
    return this.#status(this.#start(signal));
  }

  async perform(action: PowerAction, signal?: AbortSignal): Promise<void> {
    const run = this.#start(signal);
    // IPMI 2.0 §28.3: a machine that is off cannot be cycled or reset.
    const isUp = action === 'cycle' || action === 'reset' ? (await this.#status(run)) === 'on' : true;
    await this.#command(powerArguments(isUp ? action : 'on'), run);
  }

  async setBootDevice(device: BootDevice, options?: BootDeviceOptions, signal?: AbortSignal): Promise<void> {
    const run = this.#start(signal);
    const { fault } = await this.#attempt(keepBootFlagArguments, run);
    // Some BMCs have no such timer. A BMC that answers nothing would only be waited for twice.
    if (fault instanceof BmcUnreachable || fault instanceof BmcRefusedCredentials) throw fault;
    await this.#command(bootDeviceArguments(device, options, this.target.seenUefi), run);
  }

  async inventory(signal?: AbortSignal): Promise<Inventory> {
    const run = this.#start(signal);
    const mcInfo = await this.#command(['mc', 'info'], run);
    // Many BMCs have no FRU or no GUID; the session was good a moment ago, so that is all a failure can mean.
    const fru = await this.#attempt(['fru', 'print', '0'], run);
    const guid = await this.#attempt(['mc', 'guid'], run);
    return parseInventory(fru.stdout, mcInfo, guid.stdout);
  }

  #start(signal: AbortSignal | undefined): Run {
    return { signal, deadline: performance.now() + this.target.timeoutSeconds * 1000 };
  }

  async #status(run: Run): Promise<PowerStatus> {
    const status = parsePowerStatus(await this.#command(statusArguments, run));
    if (!status) throw new BmcFault(nameOfTarget(this.target), 'it does not say whether the machine is on');
    return status;
  }

  async #command(command: readonly string[], run: Run): Promise<string> {
    const { stdout, fault } = await this.#attempt(command, run);
    if (fault) throw fault;
    return stdout;
  }

  /** With the next cipher suite after one that the BMC refuses: it does so before it has seen a user or a password. */
  async #attempt(command: readonly string[], run: Run): Promise<Attempt> {
    for (const cipherSuite of this.#cipherSuites) {
      const attempt = await this.#ask(command, cipherSuite, run);
      if (!(attempt.fault instanceof BmcCipherRefused)) {
        this.#cipherSuites = [cipherSuite];
        return attempt;
      }
    }
    const fault = new BmcCipherRefused(nameOfTarget(this.target), this.#cipherSuites);
    return { stdout: '', fault };
  }

  async #ask(command: readonly string[], cipherSuite: number, { signal, deadline }: Run): Promise<Attempt> {
    const { target } = this;
    const password = await target.password();
    const { execa } = await import('execa'); // not at the start: see docs/decisions/start.md
    const result = await execa(this.tool, [...connectionArguments(target, cipherSuite), ...command], {
      env: { IPMI_PASSWORD: password.reveal(), LC_ALL: 'C', PATH: process.env['PATH'] ?? '' },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: Math.max(1, deadline - performance.now()),
      killSignal: 'SIGKILL',
      maxBuffer: MOST_OUTPUT_BYTES,
      ...(signal && { cancelSignal: signal }),
    });
    signal?.throwIfAborted();
    const stdout = password.scrub(result.stdout);
    if (!result.failed) return { stdout, fault: undefined };
    const address = nameOfTarget(target);
    if (result.isMaxBuffer) {
      this.reach('bmc-output', { address });
      return { stdout: '', fault: new BmcFault(address, 'its answer does not end', NO_BMC) };
    }
    if (result.timedOut) {
      return {
        stdout,
        fault: new BmcUnreachable(address, `no answer within ${target.timeoutSeconds} s`),
      };
    }
    if (result.exitCode === undefined && result.signal === undefined) {
      throw new PowerToolMissing(this.tool, result.code ?? 'unknown reason');
    }
    const said = password.scrub(`${result.stderr}\n${result.stdout}`);
    const { user, retrySeconds } = target;
    return { stdout, fault: errorFromOutput(said, { address, user, cipherSuite, retrySeconds }) };
  }
}

interface Attempt {
  readonly stdout: string;
  readonly fault: ImagoError | undefined;
}

/**
 * Where and as whom `ipmitool` (1.8.19) connects. The password is not here: `-E` takes it from the environment. `-v` because
 * only then it says why no session came about.
 */
export function connectionArguments(
  { address, port, user, privilege, retrySeconds, packetTries }: IpmiTarget,
  cipherSuite: number,
): readonly string[] {
  return [
    '-v',
    ...pair('-I', 'lanplus'),
    ...pair('-H', address),
    ...pair('-p', String(port)),
    ...pair('-U', user),
    '-E',
    ...pair('-C', String(cipherSuite)),
    ...pair('-L', privilege.toUpperCase()),
    ...pair('-R', String(packetTries)),
    ...pair('-N', String(retrySeconds)),
  ];
}

/**
 * IPMI 2.0 §28.13, parameter 3: the boot flags stay valid however long the machine takes to be switched on. Without it many BMCs
 * drop them after 60 s.
 */
export const keepBootFlagArguments = ['raw', '0x00', '0x08', '0x03', '0x08'] as const;

export const statusArguments = ['chassis', 'power', 'status'] as const;

export function powerArguments(action: PowerAction): readonly string[] {
  return ['chassis', 'power', action];
}

/** IPMI 2.0 §28.13, boot flags: without the EFI bit they ask for legacy BIOS, there is no third. */
export function bootDeviceArguments(
  device: BootDevice,
  { persistent = false, uefi }: BootDeviceOptions = {},
  seenUefi?: boolean,
): readonly string[] {
  const options = [...(persistent ? ['persistent'] : []), ...((uefi ?? seenUefi) ? ['efiboot'] : [])];
  return ['chassis', 'bootdev', device, ...(options.length > 0 ? [`options=${options.join(',')}`] : [])];
}

function pair(flag: string, value: string): readonly [string, string] {
  return [flag, value];
}
