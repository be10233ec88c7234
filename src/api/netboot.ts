import { z } from 'zod';

/** What stands in place of the name in `PUT /api/v1/netboot/images/{name}`. */
export const NetbootImageCommand = z.strictObject({
  kernel: z.string().min(1).max(2048).describe('A URL, or a path below `pxeInit.baseUrl`.'),
  initrd: z.string().max(2048).default(''),
  rootfs: z.string().max(2048).default('').describe('The root file system of a live system.'),
  arguments: z
    .array(z.string().min(1).max(2048))
    .max(64)
    .default([])
    .describe('Added to the kernel’s command line.'),
});
export type NetbootImageCommand = z.input<typeof NetbootImageCommand>;

export const NetbootImage = z.object({
  name: z.string(),
  kernel: z.string(),
  initrd: z.string().describe('Empty where there is none.'),
  rootfs: z.string().describe('Empty where there is none.'),
  arguments: z.array(z.string()),
  machines: z.array(z.string()).describe('The network cards of machines that are tied to it.'),
});
export type NetbootImage = z.output<typeof NetbootImage>;

/** `GET /api/v1/netboot/images` */
export const NetbootImageList = z.object({ images: z.array(NetbootImage) });

/** The query of `DELETE /api/v1/netboot/images/{name}` */
export const NetbootRemovalQuery = z.strictObject({
  force: z.enum(['true', 'false']).optional().describe('Also when machines are tied to it: they are untied.'),
});

/** `PUT /api/v1/netboot/machines/{machine}` */
export const NetbootTie = z.strictObject({
  image: z.string().min(1).max(128).nullable().describe('Null for a machine that boots nothing from us.'),
});

export const NetbootMachine = z.object({
  mac: z.string(),
  image: z.string().nullable().describe('Null for a machine that boots nothing from us.'),
  serial: z.string().optional().describe('Of the host whose network card it is.'),
});
export type NetbootMachine = z.output<typeof NetbootMachine>;

/** `GET /api/v1/netboot/machines` */
export const NetbootMachineList = z.object({ machines: z.array(NetbootMachine) });
