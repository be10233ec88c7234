import { z } from 'zod';

export const matchboxSection = z
  .strictObject({
    data: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The data folder of a matchbox (its `-data-path`), read as it is: an edit holds from the next request on.',
      ),
    records: z
      .boolean()
      .default(false)
      .describe(
        'Groups, profiles and templates are records of imago, with history, in place of a folder. Without `data` and `records` matchbox is off.',
      ),
    assets: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The folder served below `/assets/` (its `-assets-path`): kernels, initial ramdisks, whatever else.',
      ),
    keyRing: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A file of OpenPGP private keys (its `-key-ring-path`): the first signs what is asked for with `.sig` and `.asc` at its end. Its passphrase is in the environment variable MATCHBOX_PASSPHRASE. Takes the program gpg.',
      ),
  })
  .refine(({ data, records }) => data === undefined || !records, {
    path: ['records'],
    message:
      'cannot be set beside data: take the folder over with imago --import-matchbox, and leave data out',
  })
  .describe('What a matchbox served: see docs/from-matchbox.md.');
