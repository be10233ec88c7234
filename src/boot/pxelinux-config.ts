import { bootsFromDisk } from './boot-plan.js';
import type { Host } from '../host/host.js';
import type { Platform } from '../host/platform.js';

/**
 * What PXELINUX, where a machine's firmware chain brings it, is to do: its own disk, or our iPXE, which asks for the rest. Both are for a
 * BIOS. U-Boot and SYSLINUX for EFI ask for the same name and would start what they cannot run: without a file they go on to the next.
 */
export function pxelinuxConfig(host: Host | undefined, platform: Platform | undefined): string | undefined {
  if (platform !== 'bios') return undefined;
  const isLocal = host !== undefined && bootsFromDisk(host);
  const entry = isLocal ? ['LABEL disk', '  LOCALBOOT -1'] : ['LABEL imago', '  KERNEL /ipxe.lkrn'];
  return [`DEFAULT ${isLocal ? 'disk' : 'imago'}`, 'PROMPT 0', ...entry, ''].join('\n');
}
