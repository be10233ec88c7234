import type { ClaimedIdentity } from '../host/host-identity.js';
import { sharedUuid } from '../host/placeholder.js';

interface WarningLog {
  warn(facts: object, message: string): void;
}

/** Warns of each UUID that many machines have when the first of them shows it. What it remembers is bounded by how many such there are. */
export function sharedUuidLog(log: WarningLog): (claim: ClaimedIdentity) => void {
  const told = new Set<string>();
  return ({ uuid: raw, serial, mac }) => {
    const uuid = sharedUuid(raw);
    if (uuid === undefined || told.has(uuid)) return;
    told.add(uuid);
    log.warn(
      { uuid, serial, mac },
      'the vendor never gave this machine a UUID of its own: many have this one, so it names none of them; serial and MAC address do, as machines.identity says',
    );
  };
}
