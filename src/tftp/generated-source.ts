import { withoutMachineFolder } from '../net/machine-folder.js';
import { memoryFile, type GenerateFile, type TftpSource } from './source.js';

/**
 * iPXE asks for `autoexec.ipxe` first and may stop without it. This one does what iPXE does by itself: take an address
 * and boot what DHCP says.
 */
const PLAIN_AUTOEXEC = '#!ipxe\nautoboot\n';

/** Files made for the machine that asks, such as `autoexec.ipxe` and `pxelinux.cfg/01-<mac>`. */
export function generatedSource(generate: GenerateFile): TftpSource {
  return {
    async open(filename, client) {
      const content = await generate(filename, client);
      return content && memoryFile(content);
    },
  };
}

/** Asked last: answers `autoexec.ipxe`, in whatever folder, where no other source had one. */
export function autoexecFallback(script: string = PLAIN_AUTOEXEC): TftpSource {
  const file = memoryFile(new TextEncoder().encode(script));
  return {
    open: (filename) => Promise.resolve(/(^|\/)autoexec\.ipxe$/.test(filename) ? file : undefined),
  };
}

/** `<mac>/ipxe.efi` is `ipxe.efi` where the machine has no file of its own. */
export function perMachineFolders(source: TftpSource): TftpSource {
  return {
    async open(filename, client) {
      const own = await source.open(filename, client);
      if (own) return own;
      const name = withoutMachineFolder(filename);
      return name === undefined ? undefined : source.open(name, client);
    },
  };
}
