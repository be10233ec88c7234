import { absoluteUrl } from '../../boot/absolute-url.js';
import type { KernelPlan } from '../../boot/boot-plan.js';
import { compareBytes, Fields, goJson } from '../matchbox/go-json.js';
import type { BootConfig } from './boot-config.js';

/** What every machine loads first: it comes back with what it knows of itself. */
export const FIRST_SCRIPT = `#!ipxe
chain ipxe?uuid=\${uuid}&mac=\${net0/mac:hexhyp}&domain=\${domain}&hostname=\${hostname}&serial=\${serial}
`;

/** The script that a bootcfg sends. */
export function bootScript({ kernel, initrd, cmdline }: BootConfig): string {
  const lines = [['kernel', kernel, ...words(cmdline)].join(' '), ...initrd.map((url) => `initrd ${url}`)];
  return ['#!ipxe', ...lines, 'boot', ''].join('\n');
}

/** The answer to a Pixiecore: a list or table that the file has not is null, as Go writes it. */
export function pixiecoreJson({ kernel, initrd, cmdline }: BootConfig): string {
  return goJson(
    new Fields([
      ['kernel', kernel],
      ['initrd', initrd.length > 0 ? initrd : null],
      ['cmdline', Object.keys(cmdline).length > 0 ? cmdline : null],
    ]),
  );
}

/** Where a plan comes from, and what it is relative to. */
interface PlanParts {
  /** The file, as in `boot/mac/52:54:00:00:00:01`. */
  readonly by: string;
  /** The listener's, without a slash at the end. */
  readonly root: string;
  readonly retry: string;
}

/** The same for all tongues of imago. A value with blanks is several words of the command line, as it is in the script. */
export function bootPlan(
  { kernel, initrd, cmdline }: BootConfig,
  { by, root, retry }: PlanParts,
): KernelPlan {
  return {
    kind: 'kernel',
    purpose: 'other',
    label: by,
    kernel: absoluteUrl(kernel, root),
    initrds: initrd.map((url, index) => ({ name: `initrd${index}.img`, url: absoluteUrl(url, root) })),
    arguments: words(cmdline)
      .flatMap((word) => word.split(' '))
      .filter((text) => text !== '')
      .map((text) => ({ text, from: 'operator' })),
    reason: `bootcfg's file ${by} says so`,
    message: [`imago: booting what ${by} of bootcfg says`],
    retry,
  };
}

function words(cmdline: BootConfig['cmdline']): readonly string[] {
  return Object.entries(cmdline)
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([key, value]) => (value === '' ? key : `${key}=${value}`));
}
