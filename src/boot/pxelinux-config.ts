import { bootScriptFor } from './boot-script.js';
import type { Host } from '../host/host.js';

/** What PXELINUX, where a machine's firmware chain brings it, is to do: its own disk, or our iPXE, which asks for the rest. */
export function pxelinuxConfig(host: Host | undefined): string {
  const isLocal = host !== undefined && bootScriptFor({ host, profile: undefined }).kind === 'local-disk';
  const entry = isLocal ? ['LABEL disk', '  LOCALBOOT -1'] : ['LABEL imago', '  KERNEL /ipxe.lkrn'];
  return [`DEFAULT ${isLocal ? 'disk' : 'imago'}`, 'PROMPT 0', ...entry, ''].join('\n');
}
