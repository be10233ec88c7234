import { absoluteUrl, fileNameOf } from '../../boot/operator-url.js';
import type { KernelPlan, ScriptPlan } from '../../boot/boot-plan.js';
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

/**
 * The same for all tongues of imago; as a script where it holds settings or options of iPXE, which nobody else knows. A value with blanks
 * is several words of the command line, as it is in the script.
 */
export function bootPlan(config: BootConfig, { by, root, retry }: PlanParts): KernelPlan | ScriptPlan {
  const kernel = absoluteUrl(config.kernel, root);
  const urls = config.initrd.map((url) => absoluteUrl(url, root));
  const names = urls.map(fileNameOf);
  const reason = `bootcfg's file ${by} says so`;
  const isPlain = [kernel, ...urls].every((url) => !/[$\s]/.test(url));
  if (!isPlain || new Set(names).size < names.length)
    return { kind: 'script', reason, text: bootScript({ ...config, kernel, initrd: urls }) };
  // The loader names each ramdisk to the kernel itself: one that is named twice is loaded twice.
  const own = new Set(['', ...names.map((name) => `initrd=${name}`)]);
  return {
    kind: 'kernel',
    purpose: 'other',
    label: by,
    kernel,
    initrds: urls.map((url) => ({ name: fileNameOf(url), url })),
    arguments: words(config.cmdline)
      .flatMap((word) => word.split(' '))
      .filter((text) => !own.has(text))
      .map((text) => ({ text, from: 'operator' })),
    reason,
    message: [`imago: booting what ${by} of bootcfg says`],
    retry,
  };
}

function words(cmdline: BootConfig['cmdline']): readonly string[] {
  return Object.entries(cmdline)
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([key, value]) => (value === '' ? key : `${key}=${value}`));
}
