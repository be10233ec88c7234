import { Args } from '@oclif/core';

export const serialArgument = Args.string({ required: true, description: 'the serial of the machine' });
