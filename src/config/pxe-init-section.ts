import { z } from 'zod';

export const pxeInitSection = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('Whether images and their machines are kept, and served as pxe-init serves them.'),
    baseUrl: z
      .string()
      .regex(/^https?:\/\/[^\s?#]+$/, 'is not the URL of a server, as in http://10.75.0.5:8080/images')
      .optional()
      .describe(
        'Where the paths of images lead: another server. Without it this one, at the port of `listeners.pxeInit`.',
      ),
  })
  .describe('Images registered by name and tied to machines: see docs/netboot.md.');
