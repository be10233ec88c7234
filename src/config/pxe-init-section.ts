import { z } from 'zod';

export const pxeInitSection = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('Whether images and their machines are kept, and served as pxe-init serves them.'),
  })
  .describe('Images registered by name and tied to machines.');
