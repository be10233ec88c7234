import type { Ipv4 } from '../net/ipv4.js';
import { withoutMachineFolder } from '../net/mac-address.js';

/** One open file. Its size stays what it was when it was opened. */
export interface TftpFile {
  /** Octets. */
  readonly size: number;
  /** The whole file, where it is in memory. `readInto` is then not called. */
  readonly content: Uint8Array | undefined;
  /**
   * Fills `target` with the octets from `offset` on, all within the size. Synchronous: the system reads ahead of a
   * sequential reader, so the octets are in its page cache, and a copy of them is cheaper than a turn of the event loop.
   * @throws FileCutShort when the file has become shorter; what the system throws when it cannot be read.
   */
  readInto(target: Uint8Array, offset: number): void;
  close(): Promise<void>;
}

/** Where files come from. */
export interface TftpSource {
  /**
   * @param filename as the client wrote it: nothing about it is known to be true.
   * @returns undefined where this source has no such file, so that the next one may be asked.
   * @throws FileRefused where nobody may have it.
   */
  open(filename: string, client: Ipv4): Promise<TftpFile | undefined>;
}

/** Content made for the machine that asks; undefined: there is none of that name. */
export type GenerateFile = (filename: string, client: Ipv4) => Promise<Uint8Array | undefined>;

export function memoryFile(content: Uint8Array): TftpFile {
  return {
    size: content.length,
    content,
    readInto: (target, offset) => target.set(content.subarray(offset, offset + target.length)),
    close: () => Promise.resolve(),
  };
}

/** The first source that has the file. */
export function layeredSource(layers: readonly TftpSource[]): TftpSource {
  return {
    async open(filename, client) {
      for (const layer of layers) {
        const file = await layer.open(filename, client);
        if (file) return file;
      }
      return undefined;
    },
  };
}

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
