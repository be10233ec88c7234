import type { Architecture } from './architecture.js';

/** The first program for an architecture. */
export interface Loader {
  /** A name below the TFTP root, at most 127 bytes. */
  readonly tftp?: string | undefined;
  /** A URL for UEFI HTTP boot, at most 255 bytes; without it the TFTP name below the loaders' base URL. */
  readonly http?: string | undefined;
}

export type LoaderTable = Readonly<Partial<Record<Architecture, Loader | undefined>>> & {
  /** By the number of option 93, before the architecture that it means. */
  readonly codes?: Readonly<Record<number, Loader>> | undefined;
};

/**
 * What one table says over what an earlier one said. Who names another file means it for HTTP boot as well, unless a URL is
 * given beside it; who gives only a URL leaves the file as it was.
 */
export function overriddenLoader(earlier: Loader | undefined, later: Loader | undefined): Loader | undefined {
  if (later?.tftp !== undefined || earlier === undefined) return later ?? earlier;
  return { tftp: earlier.tftp, http: later?.http ?? earlier.http };
}
