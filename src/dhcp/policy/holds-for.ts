import { readOption, type DhcpMessage } from '../message.js';
import { options } from '../options.js';
import { fitsPattern } from '../../net/fits-pattern.js';
import type { MacAddress } from '../../net/mac-address.js';
import { firstKnown, type BootClient } from '../../boot/classify-client.js';
import type { OptionCondition } from './settings.js';

/** What a condition looks at. */
export interface OptionAsker {
  readonly request: DhcpMessage;
  readonly client: BootClient;
  readonly mac: MacAddress | undefined;
}

export function holdsFor(when: OptionCondition, { request, client, mac }: OptionAsker): boolean {
  const { vendorClass, architecture, macPrefix } = when;
  if (macPrefix !== undefined && !macPrefix.some((prefix) => mac?.startsWith(prefix) === true)) return false;
  if (vendorClass !== undefined) {
    const pattern = /[*?]/.test(vendorClass) ? vendorClass : `${vendorClass}*`;
    if (!fitsPattern(readOption(request, options.vendorClass) ?? '', pattern)) return false;
  }
  if (architecture === undefined) return true;
  // U-Boot under a class of its own says it too.
  const codes =
    client.kind === 'plain' ? (readOption(request, options.clientArchitectures) ?? []) : client.codes;
  return typeof architecture === 'number'
    ? codes.includes(architecture)
    : firstKnown(codes)?.architecture === architecture;
}
