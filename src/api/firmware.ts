import { z } from 'zod';
import { firmwareOf, firmwareWords } from './firmware-names.js';

/** What firmware a machine is thought to have, by any word for it. */
export const Firmware = z.enum(firmwareWords).transform((word) => firmwareOf[word]);

/** Said wherever it is asked for. */
export const firmwareMeaning =
  'How the machine boots from the network: by its card’s ROM, UEFI by TFTP or HTTP, or iPXE. http is uefi-http, pcbios bios, and efi uefi.';
