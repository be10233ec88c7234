import { z } from 'zod';

/** `GET /api/v1/hosts/{serial}/power`, asked of its BMC at this moment. */
export const PowerState = z.object({ serial: z.string(), power: z.enum(['on', 'off']) });
export type PowerState = z.output<typeof PowerState>;

export const PowerAction = z
  .enum(['on', 'off', 'cycle', 'reset', 'soft'])
  .describe('off is at once; soft asks its system; cycle switches on a machine that is off.');
export type PowerAction = z.output<typeof PowerAction>;

/** `POST /api/v1/hosts/{serial}/power` */
export const PowerCommand = z.strictObject({ action: PowerAction });
export type PowerCommand = z.output<typeof PowerCommand>;

/** The BMC has taken the command; the machine may need a moment. */
export const PowerDone = z.object({ serial: z.string(), action: PowerAction });
export type PowerDone = z.output<typeof PowerDone>;

export const BootDevice = z.enum(['pxe', 'disk', 'bios']);
export type BootDevice = z.output<typeof BootDevice>;

/** `POST /api/v1/hosts/{serial}/boot-device` */
export const BootDeviceCommand = z.strictObject({
  device: BootDevice.describe('bios is the setup of the firmware.'),
  persistent: z.boolean().default(false).describe('For all boots from now on, not only the next.'),
  uefi: z
    .boolean()
    .optional()
    .describe('Boot with UEFI, or with legacy BIOS; left out, as the machine was last seen to boot.'),
});
export type BootDeviceCommand = z.input<typeof BootDeviceCommand>;

export const BootDeviceDone = z.object({ serial: z.string(), device: BootDevice, persistent: z.boolean() });
export type BootDeviceDone = z.output<typeof BootDeviceDone>;

/** `GET /api/v1/hosts/{serial}/inventory`: what its BMC knows; what it does not tell is left out. */
export const Inventory = z.object({
  serial: z.string(),
  inventory: z.object({
    manufacturer: z.string().optional(),
    model: z.string().optional(),
    serial: z.string().optional(),
    assetTag: z.string().optional(),
    uuid: z.string().optional(),
    biosVersion: z.string().optional(),
    bmcVersion: z.string().optional(),
    processors: z.number().optional(),
    processorModel: z.string().optional(),
    memoryGigabytes: z.number().optional(),
    macAddresses: z.array(z.string()).optional(),
  }),
});
export type Inventory = z.output<typeof Inventory>;
