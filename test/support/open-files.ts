import { existsSync, readdirSync, readlinkSync } from 'node:fs';

/** The files that this process has open now; one that is closed while they are listed has no target any more. */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    const path = `/proc/self/fd/${fd}`;
    return existsSync(path) ? [readlinkSync(path)] : [];
  });
}
