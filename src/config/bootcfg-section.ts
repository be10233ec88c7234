import { z } from 'zod';

export const bootcfgSection = z
  .strictObject({
    data: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The data folder of a bootcfg, with `boot/` and `cloud/`, read as it is: an edit holds from the next request on. Without it bootcfg is off.',
      ),
    images: z
      .string()
      .min(1)
      .optional()
      .describe('The folder below `/images/` at its port (its `-images-path`). Without it `paths.images`.'),
  })
  .describe('What a bootcfg served: see docs/from-bootcfg.md.');
