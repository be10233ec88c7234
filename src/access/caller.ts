import type { Role } from '../api/endpoint.js';
import type { OperatorRole } from '../api/role.js';
import type { Config } from '../config/schema.js';
import type { Author, FleetView } from '../host/host-store.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import type { Asker } from '../provision/new-host-gate.js';
import type { Arrival } from '../provision/plan-arrival.js';
import { arrivalOfSerial, type WhoKnows } from './identity.js';
import type { LeaseBook } from './lease-book.js';
import type { Proven } from './operator-proof.js';

/** Where a request comes from, as its connection tells. */
export interface Peer {
  /** Undefined where it is not IPv4. */
  readonly ip: Ipv4 | undefined;
  /** It asks from the address that it asks at. The kernel drops packets from the network that pretend to. */
  readonly isServer: boolean;
}

/** Who commands; his name is fit for the author line of a commit. */
export interface Operator extends Author {
  readonly kind: 'operator';
  readonly role: OperatorRole;
  /** How that is known: by what he has shown, or by the way that he came. */
  readonly by: Proven['by'] | 'socket' | 'trusted' | 'nothing';
  /** False for one who gives no name. */
  readonly isNamed: boolean;
  /** When what he has shown is over. */
  readonly expires?: Date | undefined;
  readonly over?: Proven['over'];
}

/** A machine that boots, or what runs on one. */
export interface Machine extends Asker {
  readonly kind: 'machine';
  /** What its URL carries, `/m/<capability>/…`: 32 hex digits that prove nothing before they are looked at. */
  readonly capability: string | undefined;
  /**
   * The machine as it names itself in the path of a Mayu call, or as its lease names it.
   * @throws NoSerial, InvalidValue
   */
  named(serial: string): Arrival;
}

/** Who asks. */
export type CallerOf<R extends Role> = { operator: Operator; machine: Machine }[R];

export interface CallerParts {
  readonly store: Pick<FleetView, 'host' | 'hostByMac' | 'hostByAddress'>;
  readonly leases: Pick<LeaseBook, 'macOfAddress' | 'lastHolder' | 'isLeased'>;
  readonly config: () => Pick<Config, 'machines'>;
}

/** The machine that holds, or held last, the lease of the asking address. */
export function machineOf(
  { ip, isServer }: Peer,
  capability: string | undefined,
  parts: CallerParts,
): Machine {
  return new LeaseHolder(ip, isServer, capability, parts);
}

class LeaseHolder implements Machine {
  readonly kind = 'machine';
  readonly leasedTo: MacAddress | undefined;
  readonly hasLease: boolean;

  constructor(
    readonly address: Ipv4 | undefined,
    readonly isServer: boolean,
    readonly capability: string | undefined,
    private readonly parts: CallerParts,
  ) {
    this.leasedTo = address === undefined ? undefined : parts.leases.lastHolder(address);
    this.hasLease = address !== undefined && parts.leases.isLeased(address);
  }

  named(serial: string): Arrival {
    const { store, leases, config } = this.parts;
    const who: WhoKnows = { fleet: store, leases, rules: config().machines.identity };
    return arrivalOfSerial(serial, this.address, who);
  }
}
