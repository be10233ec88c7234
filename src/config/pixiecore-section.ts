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
  })
  .describe(
    'Somebody else’s server in the API mode of Pixiecore, whom imago asks: see docs/from-pixiecore.md.',
  );
