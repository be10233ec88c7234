import type { NetBoot } from './profile.js';

/** Makes iPXE say to `/ipxe` what machine it runs on. */
export const BOOT_SCRIPT = `#!ipxe
chain ipxe?uuid=\${uuid}&mac=\${mac:hexhyp}&domain=\${domain}&hostname=\${hostname}&serial=\${serial}&arch=\${buildarch:uristring}
`;

/** Everything stands as the operator wrote it. */
export function ipxeScript({ kernel, initrd, args }: NetBoot): string {
  const lines = [
    '#!ipxe',
    ['kernel', kernel, ...args].join(' '),
    ...initrd.map((each) => `initrd ${each}`),
    'boot',
  ];
  return `${lines.join('\n')}\n`;
}

/** The same kernel for both firmwares: GRUB goes on to the second entry where the first one cannot be booted. */
export function grubMenu({ kernel, initrd, args }: NetBoot): string {
  const entry = (firmware: 'EFI' | 'BIOS', suffix: 'efi' | '') => [
    `menuentry "CoreOS (${firmware})" {`,
    'echo "Loading kernel"',
    [`linux${suffix} "${kernel}"`, ...args].join(' '),
    'echo "Loading initrd"',
    `initrd${suffix} ${initrd.map((each) => ` "${each}"`).join('')}`,
    '}',
  ];
  const lines = ['default=0', 'fallback=1', 'timeout=1', ...entry('EFI', 'efi'), ...entry('BIOS', '')];
  return `${lines.join('\n')}\n`;
}
