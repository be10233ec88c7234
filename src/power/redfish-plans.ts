import { cleanText } from '../errors.js';
import type { BootDevice, BootDeviceOptions, Inventory, PowerAction, PowerStatus } from './power-port.js';
import type { ComputerSystem } from './redfish-schema.js';

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

/**
 * The ResetType for an action; undefined when the BMC has none. Without a list of allowable values the first is tried. A
 * machine that is off can only be switched on.
 */
export function resetTypeFor(
  action: PowerAction,
  status: PowerStatus | undefined,
  allowable: readonly string[] | undefined,
): string | undefined {
  const wanted = status === 'off' && (action === 'cycle' || action === 'reset') ? 'on' : action;
  // PowerCycle is young (1.8): a BMC that lists nothing is older, and knows ForceRestart.
  const candidates = allowable || wanted !== 'cycle' ? resetTypes[wanted] : ['ForceRestart'];
  return allowable ? candidates.find((type) => allowable.includes(type)) : candidates[0];
}

/** Whether the machine is already as the action would make it: many BMCs answer such a command with an error. */
export function isAlready(action: PowerAction, system: ComputerSystem): boolean {
  if (action === 'on') return system.PowerState === 'On' || system.PowerState === 'PoweringOn';
  return (action === 'off' || action === 'soft') && system.PowerState === 'Off';
}

const bootTargets: Readonly<Record<BootDevice, string>> = { pxe: 'Pxe', disk: 'Hdd', bios: 'BiosSetup' };

export function bootTargetOf(device: BootDevice): string {
  return bootTargets[device];
}

/** The body of the PATCH, DSP0268 ComputerSystem.Boot. */
export function bootOverride(
  device: BootDevice,
  { persistent = false, uefi }: BootDeviceOptions = {},
): { readonly Boot: Readonly<Record<string, string>> } {
  return {
    Boot: {
      BootSourceOverrideEnabled: persistent ? 'Continuous' : 'Once',
      BootSourceOverrideTarget: bootTargets[device],
      ...(uefi !== undefined && { BootSourceOverrideMode: uefi ? 'UEFI' : 'Legacy' }),
    },
  };
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
