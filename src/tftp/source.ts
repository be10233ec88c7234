import type { Ipv4 } from '../net/ipv4.js';

/** One open file. Its size and bytes stay what they were when it was opened. */
export interface TftpFile {
  /** Octets. */
  readonly size: number;
  /** The whole file, where it is in memory. `read` is then not called. */
  readonly content: Uint8Array | undefined;
  /**
   * Exactly `length` octets from `offset`, both within the size.
   * @throws when the file has become shorter or cannot be read any more.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
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
    read: (offset, length) => Promise.resolve(content.subarray(offset, offset + length)),
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
