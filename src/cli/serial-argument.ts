import { Args } from '@oclif/core';

export const serialArgument = Args.string({
  ignoreStdin: true,
  required: true,
  description: 'the serial of the machine',
});
