export const powerActions = ['on', 'off', 'cycle', 'reset', 'soft'] as const;
/**
 * - `off` is at once; `soft` asks the operating system.
 * - `cycle` takes the power away for a moment, and switches on a machine that is off.
 * - `reset` is the reset button.
 */
export type PowerAction = (typeof powerActions)[number];

export const bootDevices = ['pxe', 'disk', 'bios'] as const;
export type BootDevice = (typeof bootDevices)[number];

export type PowerStatus = 'on' | 'off';

export interface BootDeviceOptions {
  /** For all boots from now on, not only the next. */
  readonly persistent?: boolean;
  /** Boot with UEFI (true) or legacy BIOS (false); left out, with what the machine was seen to boot with. */
  readonly uefi?: boolean;
}

/** What a BMC knows of its machine; what it does not tell is left out. */
export interface Inventory {
  readonly manufacturer?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly assetTag?: string;
  readonly uuid?: string;
  readonly biosVersion?: string;
  readonly bmcVersion?: string;
  readonly processors?: number;
  readonly processorModel?: string;
  readonly memoryGigabytes?: number;
  readonly macAddresses?: readonly string[];
}

/** One machine’s BMC. Every call ends within the driver’s time limit, and rejects with one of `errors.ts`. */
export interface PowerPort {
  status(signal?: AbortSignal): Promise<PowerStatus>;
  /** Resolves when the BMC has taken the command: the machine may need a moment. */
  perform(action: PowerAction, signal?: AbortSignal): Promise<void>;
  setBootDevice(device: BootDevice, options?: BootDeviceOptions, signal?: AbortSignal): Promise<void>;
  inventory(signal?: AbortSignal): Promise<Inventory>;
}
