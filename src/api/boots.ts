import { z } from 'zod';

const File = z.union([
  z.strictObject({
    file: z.string().min(1).max(255).describe('Its name; its bytes are brought afterwards.'),
  }),
  z.strictObject({ url: z.string().max(2048).describe('http or https: machines get it through imago.') }),
]);

/** `POST /api/v1/boots` */
export const BootCommand = z.strictObject({
  kernel: File,
  initrds: z.array(File).max(16).default([]).describe('In the order in which the kernel unpacks them.'),
  cmdline: z.string().max(2048).default('').describe('Of the kernel; iPXE replaces its settings, `${mac}`.'),
  message: z.string().max(256).default('').describe('Shown at the console before the machine boots.'),
  macs: z
    .array(z.string().max(64))
    .max(256)
    .default([])
    .describe('The network cards that the machines boot by; any machine without.'),
  seconds: z
    .int()
    .min(1)
    .max(30 * 86_400)
    .optional()
    .describe('Each boot for so long; without it the next boot of each machine, within a day.'),
  includeRunning: z
    .boolean()
    .default(false)
    .describe('Also machines that are installed or running and that are not named.'),
});
export type BootCommand = z.input<typeof BootCommand>;

export const OrderedBoot = z.object({
  id: z.string(),
  by: z.string(),
  ordered: z.iso.datetime(),
  until: z.iso.datetime().describe('It is over then.'),
  times: z.enum(['once', 'always']),
  isReady: z.boolean().describe('All its files are there: machines boot so.'),
  macs: z.array(z.string()),
  includeRunning: z.boolean(),
  files: z.array(
    z.object({
      name: z.string().describe('kernel, initrd0, …: by this it is brought.'),
      from: z.string().describe('Its URL, or its name where it comes from.'),
      isReady: z.boolean(),
    }),
  ),
  cmdline: z.string(),
  message: z.string(),
  booted: z.int().describe('How many machines have booted so, of a boot that is for once.'),
});
export type OrderedBoot = z.output<typeof OrderedBoot>;

/** `GET /api/v1/boots` */
export const BootList = z.object({ boots: z.array(OrderedBoot) });
export type BootList = z.output<typeof BootList>;

/** `POST /api/v1/boots/{id}/files/{name}/completion` */
export const BootFileCompletion = z.strictObject({
  sha256: z.string().regex(/^[0-9a-fA-F]{64}$/, 'is not a SHA-256 in hex'),
});
