import type { IpmiTarget } from './bmc-target.js';
import type { BootDevice, BootDeviceOptions, PowerAction } from './power-port.js';

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
