import { showValue, UnfitValue } from '../errors.js';
import type { BootPlan, KernelArgument, KernelPlan } from './boot-plan.js';

/**
 * A plan as a whole script of iPXE.
 * @throws UnfitValue for what iPXE would take for something else than it is.
 */
export function renderIpxe(plan: BootPlan): string {
  if (plan.kind === 'script') return plan.text;
  const greeting = plan.message.map((line) => `echo ${ipxeText(line)}`);
  return ['#!ipxe', ...greeting, ...(plan.kind === 'kernel' ? [''] : []), ...ipxeCommands(plan), ''].join(
    '\n',
  );
}

/** The commands that carry a plan out, without what is said to people. @throws UnfitValue */
export function ipxeCommands(plan: Exclude<BootPlan, { kind: 'script' }>): readonly string[] {
  switch (plan.kind) {
    case 'kernel':
      return [
        'imgfree',
        kernelCommand(plan),
        ...plan.initrds.map(
          ({ name, url }) => `initrd --name ${ipxeWord(name)} ${ipxeWord(url)} || goto failed`,
        ),
        'boot || goto failed',
        ...failure(`kernel or initial ramdisk of ${plan.label} could not be loaded`, plan.retry),
      ];
    case 'own-disk':
      return [plan.method === 'sanboot' ? 'sanboot --no-describe --drive 0x80 || exit 1' : 'exit 1'];
    case 'network-disk':
      return [
        `sanboot ${ipxeWord(plan.uri)} || goto failed`,
        ...failure('the disk on the network could not be booted', plan.retry),
      ];
    case 'wait':
      break;
  }
  return [
    ':again',
    'echo imago: asking again in 15 seconds',
    'sleep 15',
    `chain --replace --autofree ${ipxeWord(plan.retry)} || goto again`,
  ];
}

function kernelCommand({ kernel, initrds, arguments: more }: KernelPlan): string {
  const named = initrds.map(({ name }) => `initrd=${ipxeWord(name)}`);
  return ['kernel', ipxeWord(kernel), ...named, ...more.map(ipxeArgument), '|| goto failed'].join(' ');
}

/** @throws UnfitValue */
export function ipxeArgument({ text, from }: KernelArgument): string {
  return from === 'imago' ? ipxeWord(text) : ipxeTemplateWord(text);
}

function failure(what: string, retry: string): readonly string[] {
  return [
    '',
    ':failed',
    `echo imago: ${ipxeText(what)}, asking again in 10 seconds`,
    'sleep 10',
    `chain --replace --autofree ${ipxeWord(retry)} || goto failed`,
  ];
}

/**
 * One word of an iPXE command, or a part of one. iPXE has no quoting: blanks end a word, `${…}` is replaced wherever it stands, and
 * `||`, `&&`, `;` and `#…` end the command (ipxe.org, src/core/exec.c). @throws UnfitValue
 */
export function ipxeWord(text: string): string {
  if (text.includes('$')) throw new UnfitValue(`${showValue(text)} holds a $, which iPXE would replace`);
  return ipxeTemplateWord(text);
}

/** The same, but `${…}` is left for iPXE to replace. @throws UnfitValue */
export function ipxeTemplateWord(text: string): string {
  if (text === '') throw new UnfitValue(`${showValue(text)} is empty, which iPXE cannot take as one word`);
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new UnfitValue(
      `${showValue(text)} holds blanks or other characters than printable ASCII, which iPXE cannot take as one word`,
    );
  }
  if (/^(#|\|\||&&|;)/.test(text) || text.endsWith('\\')) {
    throw new UnfitValue(`${showValue(text)} would end the iPXE command or join the next line to it`);
  }
  return text;
}

/** A text for a person at the console, after `echo` and a word of one's own: what iPXE would act upon is left out, and parts of a sentence stay apart. */
export function ipxeText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[‘’]/g, "'")
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/;/g, ',')
    .replace(/[$#|&\\]/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}
