import { z } from 'zod';
import { sourceNames } from '../host/source-name.js';

export const bootSection = z
  .strictObject({
    sources: z
      .array(z.enum(sourceNames))
      .min(1)
      .optional()
      .describe(
        `Who is asked what a machine boots, in this order: the first that knows it decides. Those of ${sourceNames.join(', ')} that are set up unless given. \`hosts\` knows the machines that imago has; with it, one that nobody knows becomes a host.`,
      ),
    uploadGigabytes: z
      .number()
      .positive()
      .default(10)
      .describe(
        'What kernels and initial ramdisks take that operators bring with `imagoctl boot`, in 10^9 bytes.',
      ),
  })
  .describe('Where imago’s own boot scripts come from.');
