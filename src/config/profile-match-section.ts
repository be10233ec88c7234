import { z } from 'zod';

const pattern = z.string().min(1).max(128);

/** The maker's part of an address, or as much of it as is wanted. */
const macPrefix = z
  .string()
  .regex(
    /^[0-9a-f]{2}([:-][0-9a-f]{2}){0,5}$/i,
    'is not the beginning of a MAC address: write pairs of hex digits, as in 52:54:00',
  )
  .transform((text) => text.toLowerCase().replaceAll('-', ':'));

const minGigabytes = z.number().min(0).optional().describe('In 10^9 bytes; one that has less does not fit.');
const maxGigabytes = z.number().min(0).optional().describe('In 10^9 bytes; one that has more does not fit.');
const sizes = z.strictObject({ minGigabytes, maxGigabytes });
const count = z.int().min(0).max(256).optional();

export const profileMatchSection = z
  .strictObject({
    manufacturer: pattern
      .optional()
      .describe(
        'Its manufacturer, as the firmware says it: `*` stands for any text, `?` for one character, in either case.',
      ),
    product: pattern.optional().describe('Its product, likewise.'),
    mac: z
      .array(macPrefix)
      .min(1)
      .max(64)
      .optional()
      .describe('How the address of the card begins that it boots by, as in 52:54:00: one of these.'),
    memory: sizes
      .optional()
      .describe(
        'Its memory, without what firmware and kernel keep: a machine of 64 GiB, which are 68.7, has 64 left.',
      ),
    disks: z
      .strictObject({
        minCount: count.describe('One that has fewer does not fit.'),
        maxCount: count.describe('One that has more does not fit.'),
        smallest: sizes.optional().describe('The size of the smallest.'),
        largest: sizes.optional().describe('The size of the largest.'),
      })
      .optional()
      .describe(
        'Its disks, without removable and read-only ones. Its installer tells them, see docs/joining.md.',
      ),
  })
  .describe('Which new machines it is for: those of which all of this holds. Without it for all.');
