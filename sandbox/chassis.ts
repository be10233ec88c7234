import type { BootOnce } from './qemu-arguments.js';

/** The part of a machine that its BMC has in its hands. */
export interface Chassis {
  readonly isOn: boolean;
  bootOnce: BootOnce | undefined;
  powerOn(): Promise<void>;
  powerOff(): Promise<void>;
  reset(): Promise<void>;
  pressPowerButton(): Promise<void>;
}

/** What `ipmi_sim` says (`default`: the disk, IPMI 2.0 §28.13), and what it means. */
const bootDevices: Readonly<Record<string, BootOnce>> = { pxe: 'pxe', default: 'disk', bios: 'bios' };

/**
 * Does what `ipmi_sim` asks of its chassis program (ipmi_lan(5)), as in `get power boot`, `set boot pxe`, `set power 1`. Gives what the
 * program prints. @throws when there is no such thing
 */
export async function chassisAnswer(chassis: Chassis, words: readonly string[]): Promise<string> {
  const [verb, ...rest] = words;
  if (verb === 'get') return rest.map((key) => `${key}:${valueOf(chassis, key)}\n`).join('');
  if (verb !== 'set') throw new Error(`a chassis can get and set, not ${verb}`);
  for (let index = 0; index + 1 < rest.length; index += 2) {
    await set(chassis, rest[index] ?? '', rest[index + 1] ?? '');
  }
  return '';
}

function valueOf(chassis: Chassis, key: string): string {
  if (key === 'power') return chassis.isOn ? '1' : '0';
  if (key !== 'boot') return '0';
  const named = Object.entries(bootDevices).find(([, device]) => device === chassis.bootOnce);
  return named?.[0] ?? 'none';
}

async function set(chassis: Chassis, key: string, value: string): Promise<void> {
  switch (key) {
    case 'power':
      return value === '1' ? chassis.powerOn() : chassis.powerOff();
    case 'reset':
      return chassis.reset();
    case 'shutdown':
      return chassis.pressPowerButton();
    case 'boot':
      chassis.bootOnce = bootDevices[value];
      return;
    case 'identify': // It has no lamp.
      return;
    default:
      throw new Error(`a chassis has no ${key}`);
  }
}
