import { readdirSync, readlinkSync } from 'node:fs';
import { ifPresentNow } from '../../src/files/if-present.js';

/** The files that this process has open now. Other threads close some while they are listed. */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap(
    (fd) => ifPresentNow(() => readlinkSync(`/proc/self/fd/${fd}`)) ?? [],
  );
}
