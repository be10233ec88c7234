import type { Role } from '../api/endpoint.js';
import type { OperatorRole } from '../api/role.js';
import type { Config } from '../config/schema.js';
import type { Author, FleetView } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { MacAddress } from '../net/mac-address.js';
import { isCard, type BootPlace, type MachineProof, type SeenCard } from '../provision/machine-proof.js';
import type { Asker } from '../provision/new-host-gate.js';
import type { Arrival } from '../provision/plan-arrival.js';
import type { CapabilityBook } from './capability-book.js';
import { arrivalOfSerial, type WhoKnows } from './identity.js';
import type { LeaseBook } from './lease-book.js';
import type { Proven } from './operator-proof.js';

/** Where a request comes from, as its connection tells. */
export interface Peer {
  /** Undefined where it is not IPv4. */
  readonly ip: Ipv4 | undefined;
  /** It asks from the address that it asks at. The kernel drops packets from the network that pretend to. */
  readonly isServer: boolean;
  /** Which card was seen at its address when it connected. */
  readonly card?: SeenCard | undefined;
  /** When it connected, in milliseconds by the clock that nobody puts back (`performance.now()`). */
  readonly since?: number | undefined;
}

/** Who commands; his name is fit for the author line of a commit. */
export interface Operator extends Author {
  readonly kind: 'operator';
  readonly role: OperatorRole;
  /** How that is known: by what he has shown, or by the way that he came. */
  readonly by: Proven['by'] | 'socket' | 'trusted' | 'nothing';
  /** Of the token or session that has proved it. */
  readonly id?: string;
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
  readonly proof: MachineProof;
  /** Where it asks from, as a capability is bound to it; undefined where that cannot be told. */
  readonly place: BootPlace | undefined;
  /** What its URL carries, if that is the host's. */
  capabilityOf(serial: Serial): string | undefined;
  /** Names the boot that the host is in, by whatever the caller proves that he is it; undefined where it fetched no boot script. */
  bootOf(serial: Serial): string | undefined;
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
  readonly leases: Pick<LeaseBook, 'macOfAddress' | 'lastHolder' | 'isLeased' | 'epochOf'>;
  readonly capabilities: Pick<CapabilityBook, 'find' | 'bootOf'>;
  /** Which card the kernel has for the address now; `unsteady` where it had another one since then, by the clock of `Peer.since`. */
  readonly cardAt: (address: Ipv4, since?: number) => SeenCard;
  readonly config: () => Pick<Config, 'machines'>;
}

/** The machine that holds, or held last, the lease of the asking address. */
export function machineOf(peer: Peer, capability: string | undefined, parts: CallerParts): Machine {
  return new LeaseHolder(peer, capability, parts);
}

class LeaseHolder implements Machine {
  readonly kind = 'machine';
  readonly address: Ipv4 | undefined;
  readonly isServer: boolean;
  readonly leasedTo: MacAddress | undefined;
  readonly hasLease: boolean;
  readonly proof: MachineProof;

  constructor(
    peer: Peer,
    readonly capability: string | undefined,
    private readonly parts: CallerParts,
  ) {
    const { ip: address, isServer } = peer;
    this.address = address;
    this.isServer = isServer;
    this.leasedTo = address === undefined ? undefined : parts.leases.lastHolder(address);
    this.hasLease = address !== undefined && parts.leases.isLeased(address);
    this.proof = new ShownProof(peer, capability, parts);
  }

  get place(): BootPlace | undefined {
    const { address, leasedTo, hasLease, proof } = this;
    if (address === undefined) return undefined;
    const { neighbour, epoch } = proof;
    const seen = isCard(neighbour) ? neighbour : undefined;
    return { address, epoch, card: hasLease ? (leasedTo ?? seen) : (seen ?? leasedTo) };
  }

  capabilityOf(serial: Serial): string | undefined {
    const { capability } = this.proof;
    return typeof capability === 'object' && capability.serial === serial ? this.capability : undefined;
  }

  bootOf(serial: Serial): string | undefined {
    return this.parts.capabilities.bootOf(serial);
  }

  named(serial: string): Arrival {
    const { store, leases, config } = this.parts;
    const who: WhoKnows = { fleet: store, leases, rules: config().machines.identity };
    return arrivalOfSerial(serial, this.address, who);
  }
}

/** Looked up where somebody asks for it, each time anew: most requests are for files that everybody gets. */
class ShownProof implements MachineProof {
  constructor(
    private readonly peer: Peer,
    private readonly token: string | undefined,
    private readonly parts: CallerParts,
  ) {}

  /** An entry that the kernel has dropped since was there when the connection was made. */
  get neighbour(): SeenCard {
    const { ip, card, since } = this.peer;
    return ip === undefined ? 'off-link' : (this.parts.cardAt(ip, since) ?? card);
  }

  get epoch(): number {
    const { ip } = this.peer;
    return ip === undefined ? 0 : this.parts.leases.epochOf(ip);
  }

  get capability(): MachineProof['capability'] {
    return this.token === undefined ? undefined : (this.parts.capabilities.find(this.token) ?? 'unknown');
  }
}
