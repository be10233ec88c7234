import { ImagoError, showValue } from '../errors.js';
import { briefly, type Revision } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';

/** The configuration promises a machine an address that another one already has. */
export class AddressPromisedTwice extends ImagoError {
  readonly code = 'ADDRESS_PROMISED_TWICE';

  constructor(address: Ipv4, wanted: Serial, holder: Serial) {
    const text = formatIpv4(address);
    super(
      `hosts promises ${text} to ${wanted}, but ${holder} already has it: ${wanted} gets another one; choose a free address for it, or retire ${holder}`,
      { address: text, wanted, holder },
    );
  }
}

/** An operator asks for an address that another machine has, or is promised. */
export class AddressTaken extends ImagoError {
  readonly code = 'ADDRESS_TAKEN';

  constructor(address: Ipv4, holder: Serial) {
    const text = formatIpv4(address);
    super(`${text} belongs to ${holder}: choose another, or leave it out for the next free one`, {
      address: text,
      holder,
    });
  }
}

/** The discovery service has not made the cluster's token yet: a machine without one would begin a cluster of its own. */
export class EtcdTokenAwaited extends ImagoError {
  readonly code = 'ETCD_TOKEN_AWAITED';

  constructor(service: string) {
    super(
      `${service} has not given this cluster its etcd token yet: imago goes on asking; set etcdToken in the profile if there is one already`,
      { service },
    );
  }
}

export class HostExists extends ImagoError {
  readonly code = 'HOST_EXISTS';

  constructor(serial: Serial) {
    super(`${serial} is a host already: change it with imagoctl set, or retire it first`, { serial });
  }
}

/** A machine claims the network card of another one that is in use. */
export class MacHeld extends ImagoError {
  readonly code = 'MAC_HELD';

  constructor(
    readonly mac: MacAddress,
    claimant: Serial,
    holder: Serial,
  ) {
    super(
      `${claimant} claims ${mac}, which belongs to ${holder}, in use: it is not taken from it; retire ${holder} if its card or board was moved`,
      { mac, claimant, holder },
    );
  }
}

export type RefusalReason = 'address' | 'minute' | 'lease';

/** A machine that is not known asks, and is not taken up now. Nothing is recorded; it may ask again. */
export class NewHostRefused extends ImagoError {
  readonly code = 'NEW_HOST_REFUSED';

  constructor(
    readonly reason: RefusalReason,
    message: string,
    facts: { readonly from: string; readonly limit?: number },
  ) {
    super(message, { reason, ...facts });
  }
}

/** The earlier version of the host is none that it could live with now. */
export class RollbackForbidden extends ImagoError {
  readonly code = 'ROLLBACK_FORBIDDEN';

  /** @param key A serial, or `<kind>/<name>`. */
  constructor(key: string, revision: Revision, reason: string) {
    const name = key.includes('/') ? 'record' : 'serial';
    super(`${key} cannot go back to ${briefly(revision)}: ${reason}`, { [name]: key, revision });
  }
}

/** The store was opened without records of that kind. */
export class UnknownKind extends ImagoError {
  readonly code = 'UNKNOWN_KIND';

  constructor(kind: string, known: readonly string[]) {
    const there = known.length === 0 ? 'none are kept here' : `there are ${known.join(', ')}`;
    super(`there are no records of the kind ${showValue(kind)}: ${there}`, { kind: showValue(kind) });
  }
}

export class UnknownRecord extends ImagoError {
  readonly code = 'UNKNOWN_RECORD';

  constructor(kind: string, name: string) {
    super(`there is no ${showValue(name)} among ${kind}: GET /api/v1/records/${kind} lists them`, {
      kind,
      name: showValue(name),
    });
  }
}

/** Two machines, by their UUIDs, say that they have the same serial. */
export class SerialShared extends ImagoError {
  readonly code = 'SERIAL_SHARED';

  constructor(serial: Serial, known: string, claimed: string) {
    super(
      `a machine with UUID ${claimed} calls itself ${serial}, which was ${known} before: two machines with one serial disturb each other; correct one in its firmware, or retire ${serial} if its board was replaced`,
      { serial, known, claimed },
    );
  }
}

export class UnknownHost extends ImagoError {
  readonly code = 'UNKNOWN_HOST';

  constructor(serial: string) {
    super(
      `there is no host ${showValue(serial)}: imagoctl list shows those there are, imagoctl pending those that wait`,
      {
        serial,
      },
    );
  }
}
