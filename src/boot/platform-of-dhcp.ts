import type { DhcpMessage } from '../dhcp/message.js';
import type { Platform } from '../host/platform.js';
import { classifyClient } from './classify-client.js';

/** What the firmware says that it boots with, by option 93; undefined of an operating system, and of what is neither. */
export function platformOfDhcp(request: DhcpMessage): Platform | undefined {
  const { architecture } = classifyClient(request);
  if (architecture === 'bios') return 'bios';
  return architecture?.startsWith('efi-') === true ? 'uefi' : undefined;
}
