import { showValue, UnfitValue } from '../errors.js';
import type { BootPlan, KernelArgument } from './boot-plan.js';

/**
 * A plan as a configuration of GRUB. What fails is tried again by booting anew.
 * @throws UnfitValue for what GRUB cannot do, or would hand to the kernel as something else than it is.
 */
export function renderGrub(plan: BootPlan): string {
  if (plan.kind === 'script') throw new UnfitValue('is a script for iPXE, which GRUB cannot run');
  return [...plan.message.map((line) => `echo ${quoted(line)}`), ...commands(plan), ''].join('\n');
}

function commands(plan: Exclude<BootPlan, { kind: 'script' }>): readonly string[] {
  switch (plan.kind) {
    case 'kernel': {
      const words = [fileOf(plan.kernel), ...plan.arguments.map(argumentWord)];
      const initrds = plan.initrds.map(({ url }) => quoted(fileOf(url))).join(' ');
      const steps = [
        `linux ${words.map(quoted).join(' ')}`,
        ...(initrds === '' ? [] : [`initrd ${initrds}`]),
        'boot',
      ];
      return [
        ...steps.flatMap((step, index) => (index < steps.length - 1 ? [`if ${step}; then`] : [step])),
        ...steps.slice(1).map(() => 'fi'),
        `echo ${quoted(`imago: kernel or initial ramdisk of ${plan.label} could not be loaded, asking again in 10 seconds`)}`,
        'sleep 10',
        'reboot',
      ];
    }
    case 'own-disk':
      return plan.method === 'sanboot' ? ['set root=hd0', 'chainloader +1', 'boot'] : ['exit'];
    case 'network-disk':
      throw new UnfitValue(`${showValue(plan.uri)} is a disk on the network, which GRUB cannot boot`);
    case 'wait':
      break;
  }
  return [`echo ${quoted('imago: asking again in 15 seconds')}`, 'sleep 15', 'reboot'];
}

/** GRUB's name of what a URL names: `(http,10.0.0.1:4080)/images/vmlinuz`. */
function fileOf(url: string): string {
  const [, protocol, server, path] = /^(http|tftp):\/\/([^/]+)(\/.*)$/.exec(url) ?? [];
  if (path === undefined) throw new UnfitValue(`${showValue(url)} is not a URL that GRUB can load`);
  return `(${protocol},${server})${path}`;
}

/**
 * GRUB's `linux` writes a backslash before quotes and backslashes, and quotes around words with blanks: the kernel would read another
 * argument. The settings of iPXE are no variables of GRUB's.
 */
function argumentWord({ text, from }: KernelArgument): string {
  if (!/^[\x21-\x7e]+$/.test(text) || /["'\\]/.test(text))
    throw new UnfitValue(
      `${showValue(text)} is empty or holds blanks, quotes or backslashes, which GRUB would change`,
    );
  if (from !== 'imago' && text.includes('${'))
    throw new UnfitValue(`${showValue(text)} holds a setting of iPXE, which GRUB does not know`);
  return text;
}

/** Within single quotes nothing has a meaning but the quote itself (GRUB manual, 6.1 Quoting). @throws UnfitValue */
function quoted(text: string): string {
  if (/[\p{Cc}]/u.test(text)) throw new UnfitValue(`${showValue(text)} holds a control character`);
  return `'${text.replaceAll("'", "'\\''")}'`;
}
