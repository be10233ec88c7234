import { z } from 'zod';
import { showValue } from '../errors.js';

const MOST_LABELS = 32;
const LONGEST_LABEL = 512;

/** What a machine is thought to say of itself, beside what is known of it. */
export const machineWords = {
  uuid: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe('What it says is its UUID; by default the one that is known of it.'),
  label: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((given, context) => {
      const labels = given === undefined ? [] : [given].flat();
      const wrong = labels.find((label) => !/^[^=]/.test(label) || !label.includes('='));
      const long = labels.some((label) => label.length > LONGEST_LABEL);
      if (wrong !== undefined) context.addIssue(`${showValue(wrong)} is not KEY=VALUE`);
      else if (long || labels.length > MOST_LABELS)
        context.addIssue(`there may be ${MOST_LABELS}, of ${LONGEST_LABEL} characters each`);
      else return labels;
      return z.NEVER;
    })
    .describe(
      'What else it says of itself when it asks for its script, as in `KEY=VALUE`, also several times: groups of matchbox go by that.',
    ),
};
