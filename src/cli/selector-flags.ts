import { Flags } from '@oclif/core';
import { stateNames } from '../api/state-names.js';

const helpGroup = 'SELECTION';

/** Instead of serials: all machines that fit every one of these. */
export const selectorFlags = {
  profile: Flags.string({ helpGroup, helpValue: 'NAME', summary: 'All machines of this profile.' }),
  state: Flags.option({ options: stateNames })({ helpGroup, summary: 'All machines in this state.' }),
  tag: Flags.string({
    helpGroup,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'KEY=VALUE',
    summary: 'All machines with this tag; may be repeated.',
  }),
};
