import type { Architecture } from './architecture.js';

/** The first program for an architecture. */
export interface Loader {
  /** A name below the TFTP root, at most 127 bytes. */
  readonly tftp?: string | undefined;
  /** A URL for UEFI HTTP boot, at most 255 bytes; without it the TFTP name below the loaders' base URL. */
  readonly http?: string | undefined;
}

export type LoaderTable = Readonly<Partial<Record<Architecture, Loader | undefined>>>;
