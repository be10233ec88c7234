import { Flags } from '@oclif/core';
import { firmwareWords } from '../api/firmware-names.js';

/** The same wherever it is asked what a machine would get. */
export const firmwareFlag = Flags.option({ options: firmwareWords })({
  aliases: ['platform'],
  default: 'bios',
  summary:
    'How it boots from the network: by its card’s ROM, UEFI by TFTP or HTTP, or iPXE. http is uefi-http, pcbios bios, and efi uefi.',
});
