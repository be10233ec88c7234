import { Flags } from '@oclif/core';
import { stateNames } from '../api/state-names.js';

const helpGroup = 'SELECTION';

/** Instead of serials: all machines that fit every one of these. */
export const selectorFlags = {
  profile: Flags.string({
    helpGroup,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    summary: 'All machines of this profile; repeated: of any of them.',
  }),
  state: Flags.option({ options: stateNames, multiple: true, multipleNonGreedy: true })({
    helpGroup,
    summary: 'All machines in this state; repeated: in any of them.',
  }),
  tag: Flags.string({
    helpGroup,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'KEY=VALUE',
    summary: 'All machines with this tag; may be repeated.',
  }),
};
