import type { ImagoError } from '../errors.js';
import type { IpmiTarget } from './bmc-target.js';
import { nameOfTarget } from './bmc-target.js';
import {
  bootDeviceArguments,
  connectionArguments,
  keepBootFlagArguments,
  powerArguments,
  statusArguments,
} from './ipmi-arguments.js';
import { errorFromOutput, parseInventory, parsePowerStatus } from './ipmi-answers.js';
import { BmcFault, BmcRefusedCredentials, BmcUnreachable, PowerToolMissing } from './power-errors.js';
import type {
  BootDevice,
  BootDeviceOptions,
  Inventory,
  PowerAction,
  PowerPort,
  PowerStatus,
} from './power-port.js';

/** IPMI 2.0 through `ipmitool`. The password is in the environment of that one process and nowhere else. */
export class IpmiDriver implements PowerPort {
  constructor(
    private readonly target: IpmiTarget,
    private readonly tool = 'ipmitool',
  ) {}

  async status(signal?: AbortSignal): Promise<PowerStatus> {
    const output = await this.#run(statusArguments, signal);
    const status = parsePowerStatus(output);
    if (!status) throw new BmcFault(nameOfTarget(this.target), 'it does not say whether the machine is on');
    return status;
  }

  async perform(action: PowerAction, signal?: AbortSignal): Promise<void> {
    // IPMI 2.0 §28.3: a machine that is off cannot be cycled or reset.
    const isUp = action === 'cycle' || action === 'reset' ? (await this.status(signal)) === 'on' : true;
    await this.#run(powerArguments(isUp ? action : 'on'), signal);
  }

  async setBootDevice(device: BootDevice, options?: BootDeviceOptions, signal?: AbortSignal): Promise<void> {
    const { fault } = await this.#attempt(keepBootFlagArguments, signal);
    // Some BMCs have no such timer. A BMC that answers nothing would only be waited for twice.
    if (fault instanceof BmcUnreachable || fault instanceof BmcRefusedCredentials) throw fault;
    await this.#run(bootDeviceArguments(device, options, this.target.seenUefi), signal);
  }

  async inventory(signal?: AbortSignal): Promise<Inventory> {
    const mcInfo = await this.#run(['mc', 'info'], signal);
    // Many BMCs have no FRU or no GUID; the session was good a moment ago, so that is all a failure can mean.
    const fru = await this.#attempt(['fru', 'print', '0'], signal);
    const guid = await this.#attempt(['mc', 'guid'], signal);
    return parseInventory(fru.stdout, mcInfo, guid.stdout);
  }

  async #run(command: readonly string[], signal: AbortSignal | undefined): Promise<string> {
    const { stdout, fault } = await this.#attempt(command, signal);
    if (fault) throw fault;
    return stdout;
  }

  async #attempt(
    command: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<{ stdout: string; fault: ImagoError | undefined }> {
    const { target } = this;
    const password = await target.password();
    const { execa } = await import('execa'); // not at the start: see docs/decisions/start.md
    const result = await execa(this.tool, [...connectionArguments(target), ...command], {
      env: { IPMI_PASSWORD: password.reveal(), LC_ALL: 'C', PATH: process.env['PATH'] ?? '' },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: target.timeoutSeconds * 1000,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 20,
      ...(signal && { cancelSignal: signal }),
    });
    signal?.throwIfAborted();
    const stdout = password.scrub(result.stdout);
    if (!result.failed) return { stdout, fault: undefined };
    const address = nameOfTarget(target);
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
    return {
      stdout,
      fault: errorFromOutput(said, { address, user: target.user, cipherSuite: target.cipherSuite }),
    };
  }
}
