import { absoluteUrl, fileNameOf } from '../../boot/operator-url.js';
import type { KernelPlan, OwnDiskPlan } from '../../boot/boot-plan.js';
import type { NetbootImage } from './netboot-book.js';

/** What every machine loads first: it comes back with what it knows of itself. */
export const FIRST_SCRIPT = `#!ipxe
chain ipxe?mac=\${mac:hexhyp}&uuid=\${uuid}&domain=\${domain}&hostname=\${hostname}&serial=\${serial}
`;

/** Of a machine that boots nothing from us: the firmware goes on to what comes next. */
export const NULL_SCRIPT = '#!ipxe\nexit 1\n';

/** @param base of paths, without a slash at the end */
export function bootScript(image: NetbootImage, base: string): string {
  const { kernel, initrd } = urlsOf(image, base);
  const lines = [
    ['kernel', kernel, ...words(image, base)].join(' '),
    ...initrd.map((url) => `initrd ${url}`),
  ];
  return ['#!ipxe', ...lines, 'boot', ''].join('\n');
}

/** The same for all tongues of imago. */
export function bootPlan(
  image: NetbootImage,
  { base, retry }: { readonly base: string; readonly retry: string },
): KernelPlan {
  const { kernel, initrd } = urlsOf(image, base);
  return {
    kind: 'kernel',
    purpose: 'other',
    label: image.name,
    kernel,
    initrds: initrd.map((url) => ({ name: fileNameOf(url), url })),
    arguments: words(image, base).map((text) => ({ text, from: 'operator' })),
    reason: `it is tied to the image ${image.name}`,
    message: [`imago: booting the image ${image.name}`],
    retry,
  };
}

export const nullPlan: OwnDiskPlan = {
  kind: 'own-disk',
  method: 'exit',
  reason: 'it is tied to the null image: it boots nothing from us',
  message: ['imago: this machine boots nothing from the network'],
};

function urlsOf({ kernel, initrd }: NetbootImage, base: string) {
  return {
    kernel: absoluteUrl(kernel, base),
    initrd: initrd === '' ? [] : [absoluteUrl(initrd, base)],
  };
}

function words({ rootfs, arguments: more }: NetbootImage, base: string): readonly string[] {
  const live = rootfs === '' ? [] : [`coreos.live.rootfs_url=${absoluteUrl(rootfs, base)}`];
  return [...live, 'coreos.first_boot=1', 'coreos.autologin', ...more];
}
