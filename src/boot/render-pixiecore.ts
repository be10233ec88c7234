import type { BootPlan } from './boot-plan.js';
import { ipxeArgument, ipxeText, renderIpxe } from './render-ipxe.js';

/** What Pixiecore's API answers: a kernel, or for all that Pixiecore has no word for a script. */
export type PixiecoreAnswer =
  | {
      readonly kernel: string;
      readonly initrd: readonly string[];
      /** A template of Go's, in which `URL` is the one function. */
      readonly cmdline: string;
      readonly message: string;
    }
  | { readonly 'ipxe-script': string };

/** A plan as Pixiecore's API mode takes it. Pixiecore names the initial ramdisks itself. @throws UnfitValue */
export function renderPixiecoreJson(plan: BootPlan): PixiecoreAnswer {
  if (plan.kind !== 'kernel') return { 'ipxe-script': renderIpxe(plan) };
  return {
    kernel: plan.kernel,
    initrd: plan.initrds.map(({ url }) => url),
    cmdline: plan.arguments.map(ipxeArgument).join(' ').replaceAll('{{', '{{"{{"}}'),
    message: plan.message.map(ipxeText).join('; '),
  };
}
