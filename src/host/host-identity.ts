import { InvalidValue } from '../errors.js';
import { hyphenated, type MacAddress } from '../net/mac-address.js';
import { parseSerial, type Serial } from './serial.js';
import { isPlaceholderSerial, usableUuid } from './placeholder.js';

/** What a machine said of itself while booting; each may be missing or a vendor's placeholder. */
export interface ClaimedIdentity {
  readonly serial?: string | undefined;
  readonly uuid?: string | undefined;
  readonly mac?: MacAddress | undefined;
}

export interface HostIdentity {
  readonly serial: Serial;
  /** Which of the claims names the machine. */
  readonly source: 'serial' | 'uuid' | 'mac';
  readonly uuid?: string;
  readonly mac?: MacAddress;
}

/**
 * The machine's own serial where it has one, else its UUID, else its MAC address: placeholders that a vendor never
 * filled in would make one host of a whole rack.
 * @throws InvalidValue when none of the three can name it.
 */
export function identify(claim: ClaimedIdentity): HostIdentity {
  const uuid = usableUuid(claim.uuid);
  const known = { ...(uuid && { uuid }), ...(claim.mac && { mac: claim.mac }) };
  if (claim.serial !== undefined && !isPlaceholderSerial(claim.serial)) {
    return { serial: parseSerial(claim.serial), source: 'serial', ...known };
  }
  if (uuid) return { serial: parseSerial(uuid), source: 'uuid', ...known };
  if (claim.mac) return { serial: parseSerial(hyphenated(claim.mac)), source: 'mac', ...known };
  throw new InvalidValue(
    'a machine’s identity',
    claim.serial ?? '',
    'it has neither a serial of its own, nor a UUID, nor a MAC address; boot it through /boot.ipxe, which passes all three',
  );
}
