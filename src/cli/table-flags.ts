import { Flags } from '@oclif/core';

export const noLegendFlag = Flags.boolean({ summary: 'Leave the line of headings out.' });
