import { InvalidValue } from '../errors.js';
import { hyphenated, type MacAddress } from '../net/mac-address.js';
import { ruleFor, type IdentityRule, type IdentitySource } from './identity-rule.js';
import { isPlaceholderSerial } from './placeholder-serial.js';
import { usableUuid } from './placeholder.js';
import { parseSerial, type Serial } from './serial.js';

/** What a machine said of itself while booting; each may be missing or a vendor's placeholder. */
export interface ClaimedIdentity {
  readonly serial?: string | undefined;
  readonly uuid?: string | undefined;
  readonly mac?: MacAddress | undefined;
  readonly manufacturer?: string | undefined;
  readonly product?: string | undefined;
  readonly boardSerial?: string | undefined;
  readonly chassisSerial?: string | undefined;
  /** Where in its chassis it is. */
  readonly slot?: string | undefined;
}

export interface HostIdentity {
  readonly serial: Serial;
  readonly uuid?: string;
  readonly mac?: MacAddress;
}

/**
 * The machine's own serial where it has one, else its UUID, else its MAC address: placeholders that a vendor never
 * filled in would make one host of a whole rack. A rule that fits puts another of its marks first.
 * @throws InvalidValue when nothing can name it.
 */
export function identify(claim: ClaimedIdentity, rules: readonly IdentityRule[] = []): HostIdentity {
  const uuid = usableUuid(claim.uuid);
  const names = namesOf(claim);
  const rule = ruleFor(claim, rules);
  const order = rule ? ([rule.by, 'uuid', 'mac', 'serial'] as const) : (['serial', 'uuid', 'mac'] as const);
  for (const source of order) {
    const name = names[source];
    if (name === undefined) continue;
    const known = { ...(uuid && { uuid }), ...(claim.mac && { mac: claim.mac }) };
    return { serial: parseSerial(name), ...known };
  }
  throw new InvalidValue(
    'a machine’s identity',
    claim.serial ?? '',
    'it has neither a serial of its own, nor a UUID, nor a MAC address; boot it through /boot.ipxe, which passes all three',
  );
}

/** Whether one of the machine's marks, placeholder or not, is that name. */
export function mayBeCalled(claim: ClaimedIdentity, serial: Serial): boolean {
  const { serial: written } = claim;
  return [written, ...Object.values(namesOf(claim))].some((name) => {
    try {
      return name !== undefined && parseSerial(name) === serial;
    } catch (error) {
      if (error instanceof InvalidValue) return false;
      throw error;
    }
  });
}

function namesOf(claim: ClaimedIdentity): {
  readonly [Source in 'serial' | IdentitySource]: string | undefined;
} {
  const board = unlessPlaceholder(claim.boardSerial);
  const chassis = unlessPlaceholder(claim.chassisSerial);
  const slot = unlessPlaceholder(claim.slot, /^\s*[0-9]{1,3}\s*$/);
  return {
    serial: unlessPlaceholder(claim.serial),
    uuid: usableUuid(claim.uuid),
    mac: claim.mac && hyphenated(claim.mac),
    boardSerial: board,
    chassisSlot: chassis && slot && `${chassis}-${slot}`,
  };
}

/** @param also What is no placeholder though it looks like one. */
function unlessPlaceholder(text: string | undefined, also?: RegExp): string | undefined {
  if (text === undefined) return undefined;
  return also?.test(text) === true || !isPlaceholderSerial(text) ? text : undefined;
}
