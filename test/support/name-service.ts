import type { LookupAddress } from 'node:dns';
import type { OutgoingOptions } from '../../src/net/outgoing.js';

/** Answers for names as somebody's name server might. */
export function answering(
  names: Readonly<Record<string, readonly string[]>>,
): NonNullable<OutgoingOptions['resolve']> {
  return (name, _, done) => {
    const addresses = names[name] ?? [];
    const found = addresses.map((address): LookupAddress => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    if (found.length > 0) done(null, found);
    else done(Object.assign(new Error(`ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), []);
  };
}
