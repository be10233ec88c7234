import { cleanText } from '../errors.js';
import type { BootDevice, BootDeviceOptions, Inventory, PowerAction, PowerStatus } from './power-port.js';
import type { Boot, ComputerSystem } from './redfish-schema.js';

/** DSP0268 ComputerSystem.PowerState. A machine on its way up counts as on, one on its way down as off. */
const powerStates: Readonly<Record<string, PowerStatus>> = {
  On: 'on',
  PoweringOn: 'on',
  Paused: 'on',
  Off: 'off',
  PoweringOff: 'off',
};

export function statusOf(system: ComputerSystem): PowerStatus | undefined {
  return powerStates[system.PowerState ?? ''];
}

/** ResetType values (DSP0268 Resource.ResetType) that do it, the best first. */
const resetTypes: Readonly<Record<PowerAction, readonly string[]>> = {
  on: ['On', 'ForceOn'],
  off: ['ForceOff'],
  cycle: ['PowerCycle', 'FullPowerCycle', 'ForceRestart'],
  reset: ['ForceRestart'],
  soft: ['GracefulShutdown', 'PushPowerButton'],
};

/** A machine that is off can only be switched on. */
export function actionFor(action: PowerAction, status: PowerStatus | undefined): PowerAction {
  return status === 'off' && (action === 'cycle' || action === 'reset') ? 'on' : action;
}

/** The ResetType for an action; undefined when the BMC has none. Without a list of allowable values the first is tried. */
export function resetTypeFor(
  wanted: PowerAction,
  allowable: readonly string[] | undefined,
): string | undefined {
  // PowerCycle is young (1.8): a BMC that lists nothing is older, and knows ForceRestart.
  const candidates = allowable || wanted !== 'cycle' ? resetTypes[wanted] : ['ForceRestart'];
  return allowable ? candidates.find((type) => allowable.includes(type)) : candidates[0];
}

/** Whether the machine is already as the action would make it: many BMCs answer such a command with an error. */
export function isAlready(action: PowerAction, system: ComputerSystem): boolean {
  if (action === 'on') return system.PowerState === 'On' || system.PowerState === 'PoweringOn';
  return (action === 'off' || action === 'soft') && system.PowerState === 'Off';
}

/**
 * Whether the BMC will do it in a while. Many answer 409 to being switched on for up to 60 s after the power went off.
 * @param status Of its answer.
 */
export function isBusy(status: number, resetType: string): boolean {
  return status === 503 || (status === 409 && (resetType === 'On' || resetType === 'ForceOn'));
}

const bootTargets: Readonly<Record<BootDevice, string>> = { pxe: 'Pxe', disk: 'Hdd', bios: 'BiosSetup' };

export function bootTargetOf(device: BootDevice): string {
  return bootTargets[device];
}

/** The body of the PATCH, DSP0268 ComputerSystem.Boot. */
export interface BootOverride {
  readonly Boot: {
    readonly BootSourceOverrideEnabled: string;
    readonly BootSourceOverrideTarget: string;
    readonly BootSourceOverrideMode?: string;
  };
}

export function bootOverride(
  device: BootDevice,
  { persistent = false }: BootDeviceOptions,
  mode: string | undefined,
): BootOverride {
  return {
    Boot: {
      BootSourceOverrideEnabled: persistent ? 'Continuous' : 'Once',
      BootSourceOverrideTarget: bootTargets[device],
      ...(mode !== undefined && { BootSourceOverrideMode: mode }),
    },
  };
}

/**
 * The mode to send along: some BMCs take all three or none. What is ordered, else what the machine was seen to boot with where the
 * BMC knows modes, else what it reports.
 * @returns Undefined where what is ordered is not among what the BMC lists.
 */
export function modeFor(
  boot: Boot,
  uefi: boolean | undefined,
  seenUefi: boolean | undefined,
): { readonly mode: string | undefined } | undefined {
  const reported = boot.BootSourceOverrideMode ?? undefined;
  const allowable = boot['BootSourceOverrideMode@Redfish.AllowableValues'] ?? undefined;
  const isAllowed = (mode: string) => allowable === undefined || allowable.includes(mode);
  if (uefi !== undefined) return isAllowed(modeOf(uefi)) ? { mode: modeOf(uefi) } : undefined;
  const knowsModes = reported !== undefined || allowable !== undefined;
  const isUsable = seenUefi !== undefined && knowsModes && isAllowed(modeOf(seenUefi));
  return { mode: isUsable ? modeOf(seenUefi) : reported };
}

function modeOf(uefi: boolean): string {
  return uefi ? 'UEFI' : 'Legacy';
}

/** Whether what the BMC reports now is what it was told, as far as it reports it. */
export function keeps(boot: Boot, wanted: BootOverride): boolean {
  const fields = Object.entries(wanted.Boot) as [keyof BootOverride['Boot'], string][];
  return fields.every(([field, value]) => (boot[field] ?? value) === value);
}

export function inventoryOf(system: ComputerSystem, macAddresses: readonly string[]): Inventory {
  const texts = {
    manufacturer: system.Manufacturer,
    model: system.Model,
    serial: system.SerialNumber,
    assetTag: system.AssetTag,
    uuid: system.UUID?.toLowerCase(),
    biosVersion: system.BiosVersion,
    processorModel: system.ProcessorSummary?.Model,
  };
  const processors = system.ProcessorSummary?.Count;
  const memory = system.MemorySummary?.TotalSystemMemoryGiB;
  return {
    ...Object.fromEntries(
      Object.entries(texts).flatMap(([key, value]) => (value ? [[key, cleanText(value).trim()]] : [])),
    ),
    ...(typeof processors === 'number' && { processors }),
    // Redfish counts in GiB.
    ...(typeof memory === 'number' && { memoryGigabytes: Math.round(memory * 1.073741824 * 100) / 100 }),
    ...(macAddresses.length > 0 && { macAddresses: macAddresses.map((mac) => mac.toLowerCase()) }),
  };
}
