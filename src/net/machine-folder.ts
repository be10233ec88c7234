import { tryParseMac } from './mac-address.js';

/**
 * `ipxe.efi` of `<mac>/ipxe.efi`: each machine has a folder that need not exist, since iPXE looks for its own files beside itself.
 * Undefined for a name in no such folder.
 */
export function withoutMachineFolder(filename: string): string | undefined {
  const [, first = '', rest] = /^\/*([^/]+)\/+([^/].*)$/s.exec(filename) ?? [];
  return tryParseMac(first) === undefined ? undefined : rest;
}
