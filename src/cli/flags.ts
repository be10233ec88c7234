import { Flags, Args } from '@oclif/core';
import { firmwareWords } from '../api/firmware-names.js';
import { stateNames } from '../api/state-names.js';

export const noLegendFlag = Flags.boolean({ summary: 'Leave the line of headings out.' });

export const serialArgument = Args.string({
  ignoreStdin: true,
  required: true,
  description: 'the serial of the machine',
});

/** Where records of other kinds have a past as machines do. */
export const keyArgument = Args.string({
  ignoreStdin: true,
  required: true,
  description: 'the serial of the machine, or KIND/NAME of another record, as in groups/web',
});

/** No serial holds a slash. */
export function recordPathOf(key: string): { readonly kind: string; readonly name: string } | undefined {
  const slash = key.indexOf('/');
  return slash < 0 ? undefined : { kind: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The same wherever it is asked what a machine would get. */
export const firmwareFlag = Flags.option({ options: firmwareWords })({
  aliases: ['platform'],
  default: 'bios',
  summary:
    'How it boots from the network: by its card’s ROM, UEFI by TFTP or HTTP, or iPXE. http is uefi-http, pcbios bios, and efi uefi.',
});

/** What the machine says of itself, beside what is known of it. */
export const machineWordFlags = {
  uuid: Flags.string({
    helpValue: 'UUID',
    summary: 'That it says is its own; by default the one that is known of it.',
  }),
  label: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'KEY=VALUE',
    summary:
      'What else it says of itself, as in product=R740 or memsize=65536 (MiB): profiles and groups of matchbox go by that; may be repeated.',
  }),
};

/** Instead of serials: all machines that fit every one of these. */
export const selectorFlags = {
  profile: Flags.string({
    helpGroup: 'SELECTION',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    summary: 'All machines of this profile; repeated: of any of them.',
  }),
  state: Flags.option({ options: stateNames, multiple: true, multipleNonGreedy: true })({
    helpGroup: 'SELECTION',
    summary: 'All machines in this state; repeated: in any of them.',
  }),
  tag: Flags.string({
    helpGroup: 'SELECTION',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'KEY=VALUE',
    summary: 'All machines with this tag; may be repeated.',
  }),
};

/** Where the daemon is and who asks: the same for every command. A flag wins over its environment variable. */
export const connectionFlags = {
  host: Flags.string({
    helpGroup: 'CONNECTION',
    env: 'IMAGO_HOST',
    helpValue: 'NAME',
    summary:
      'Name or address of the daemon. Without it the daemon of this computer, through its Unix socket (IMAGO_SOCKET) where that may be used; else the server of the one login that is kept.',
  }),
  port: Flags.string({
    helpGroup: 'CONNECTION',
    env: 'IMAGO_PORT',
    helpValue: 'NUMBER',
    summary: 'Its administrative port: 4443, or 4080 with --no-tls.',
  }),
  tls: Flags.boolean({
    helpGroup: 'CONNECTION',
    allowNo: true,
    summary: 'Speak HTTPS, the default, or plain HTTP (IMAGO_NO_TLS), where listeners.admin is trusted.',
  }),
};
