import { z } from 'zod';

export const pixiecoreSection = z
  .strictObject({
    api: z
      .string()
      .regex(
        /^https?:\/\/[^\s?#]+[^\s?#/]$/,
        'is not the URL of an API server, as in http://10.75.0.5:8080/pixiecore',
      )
      .optional()
      .describe(
        'An API server for Pixiecore, asked for `URL/v1/boot/MAC` of machines that no other source knows.',
      ),
    timeoutSeconds: z
      .number()
      .min(0.1)
      .max(60)
      .default(5)
      .describe('How long its answer is waited for; a machine that got none asks again.'),
    cacheSeconds: z
      .number()
      .min(0)
      .max(3600)
      .default(5)
      .describe('How long an answer holds: a machine asks several times for one boot.'),
    requests: z.int().min(1).max(1000).default(32).describe('Machines that it is asked for at once.'),
  })
  .describe(
    'Somebody else’s server in the API mode of Pixiecore, whom imago asks: see docs/from-pixiecore.md.',
  );
