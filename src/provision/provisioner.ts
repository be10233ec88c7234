import type { Logger } from 'pino';
import type { MachineSettings } from '../config/machines-section.js';
import type { NewHostLimits } from '../config/new-hosts-section.js';
import type { EarlierHost } from '../host/host-archive.js';
import { newHost, type Host } from '../host/host.js';
import type { Author, FleetView, HostChange, HostStore } from '../host/host-store.js';
import { requireUnlocked } from '../host/lock.js';
import type { HostState } from '../host/lifecycle.js';
import { changeWords } from '../host/change-words.js';
import type { Serial } from '../host/serial.js';
import { limits, type ReachLimit } from '../limits.js';
import { toIpv4, type Ipv4 } from '../net/ipv4.js';
import { LimitedLog } from '../net/limited-log.js';
import type { Budget } from '../net/token-buckets.js';
import type { MacAddress } from '../net/mac-address.js';
import { admitAsker, type Errand } from './admit-asker.js';
import type { Alarm } from './alarms.js';
import { CardRefused } from './card-refused.js';
import { countFreeAddresses } from './free-addresses.js';
import { MachineBudget, TooManyReports } from './machine-budget.js';
import { clientOf, NewHostGate, type Asker } from './new-host-gate.js';
import type { NewHostRefused } from './new-host-refused.js';
import { lock, unlock, type HostAmendment } from './plan-amendment.js';
import { planAddition, type Addition } from './plan-addition.js';
import { planArrival, type Arrival, type HostPlan } from './plan-arrival.js';
import { planState } from './plan-command.js';
import { planInstallation, type HardwareReport } from './plan-installation.js';
import { planRollback } from './plan-rollback.js';
import { planBooted, planInstalled, type BootReport } from './plan-report.js';
import type { ProvisioningSettings } from './provisioning-settings.js';
import type { SeenPlatforms } from './seen-platforms.js';
import { UnknownHost } from './unknown-host.js';
import { UnusedHosts } from './unused-hosts.js';
import { factsOf, WaitingMachines, type Obstacle } from './waiting-machines.js';

export interface ProvisionerParts {
  readonly store: HostStore;
  /** As they stand now: a reloaded configuration holds from the next event on. */
  readonly settings: () => ProvisioningSettings;
  readonly newHosts: () => NewHostLimits;
  /** Told of each request for which a machine was not given its place. */
  readonly turnedAway: (obstacle: Obstacle) => void;
  readonly machines: () => Pick<MachineSettings, 'changes' | 'reports'>;
  readonly reach: ReachLimit;
  readonly platforms: SeenPlatforms;
  readonly clock: () => Date;
  readonly logger: Logger;
}

export interface StateOrder {
  /** What the history calls it. */
  readonly what?: string | undefined;
  /** Looks at the host as it is when the order is carried out; throws when it is not the one that was meant. */
  readonly guard?: ((host: Host) => void) | undefined;
}

/** A host that has its place, or why it could not be given one. */
export interface ArrivedHost {
  readonly host: Host;
  readonly obstacle?: Obstacle;
}

/** Looks at the fleet that the host is of. */
type Amend = (host: Host, fleet: FleetView) => readonly HostChange[];

/** A host before and after. */
export interface RolledBackHost {
  readonly before: Host;
  readonly host: Host;
}

/**
 * What happens on an event: plan on the fleet as it is, record, tell. Planning is pure and takes place inside the store's
 * queue, so a rack of machines at once is as safe as one. Every event may come again: what is already so is not recorded.
 */
export class Provisioner {
  readonly #gate = new NewHostGate();
  readonly #changes = new MachineBudget();
  readonly #heard = new MachineBudget();
  readonly #unused: UnusedHosts;
  readonly #limited: LimitedLog<'warn'>;
  readonly #waiting: WaitingMachines;
  #searchFrom: Ipv4 | undefined;

  constructor(private readonly parts: ProvisionerParts) {
    this.#waiting = new WaitingMachines({ ...parts, fleet: parts.store });
    this.#unused = new UnusedHosts({ ...parts, forgetAfterHours: () => parts.newHosts().forgetAfterHours });
    this.#limited = new LimitedLog<'warn'>(parts.logger, () => parts.clock().getTime());
  }

  /** A machine asks what to boot. One that is not the machine it says it is learns that as an obstacle. */
  async arrive(arrival: Arrival, asker: Asker): Promise<ArrivedHost> {
    const plan = (fleet: FleetView) =>
      planArrival(fleet, this.#admitted(fleet, arrival, asker), this.parts.settings(), this.#searchFrom);
    try {
      const arrived = await this.#carryOut(machine(arrival.serial), plan, asker);
      this.#unused.saw(arrival.serial);
      return arrived;
    } catch (error) {
      if (error instanceof CardRefused) return { host: newHost(arrival.serial), obstacle: error };
      const known = this.parts.store.host(arrival.serial);
      if (error instanceof TooManyReports && known) return { host: known };
      throw error;
    }
  }

  /**
   * What `arrive` would make of the host, without recording anything.
   * @param asker None where nobody can tell who would ask: then it is not asked whether that is the machine.
   */
  previewArrival(arrival: Arrival, asker?: Asker): ArrivedHost {
    const { store, settings } = this.parts;
    const macs = macsOf(arrival);
    try {
      const cards =
        asker &&
        admitAsker(store, { serial: arrival.serial, kind: 'configuration', macs }, asker, settings());
      const admitted = cards ? { ...arrival, cards } : arrival;
      return arrivedHost(planArrival(store, admitted, settings(), this.#searchFrom));
    } catch (error) {
      if (error instanceof CardRefused) return { host: newHost(arrival.serial), obstacle: error };
      throw error;
    }
  }

  /**
   * What `startInstallation` would make of the host, without recording anything.
   * @param asker None where an operator looks.
   * @throws IllegalTransition, CardRefused
   */
  previewInstallation(arrival: Arrival, report: HardwareReport, asker?: Asker): ArrivedHost {
    const { store, settings } = this.parts;
    const admitted = asker ? this.#admitted(store, arrival, asker, report) : arrival;
    const plan = planInstallation(store, admitted, report, settings(), this.#searchFrom);
    return arrivedHost(this.#withPlatform(plan));
  }

  /**
   * A machine fetches the configuration that it is installed with.
   * @throws IllegalTransition, RangeExhausted, NewHostRefused, CardRefused
   */
  async startInstallation(arrival: Arrival, report: HardwareReport, asker: Asker): Promise<Host> {
    const plan = (fleet: FleetView) => {
      const admitted = this.#admitted(fleet, arrival, asker, report);
      return planInstallation(fleet, admitted, report, this.parts.settings(), this.#searchFrom);
    };
    const { host, obstacle } = await this.#carryOut(machine(arrival.serial), plan, asker);
    if (obstacle) throw obstacle;
    return host;
  }

  /** Its disk is written. @throws UnknownHost, IllegalTransition, CardRefused */
  reportInstalled(serial: Serial, asker: Asker): Promise<Host> {
    return this.#followReport(serial, asker, planInstalled);
  }

  /** Its own system is up. @throws UnknownHost, IllegalTransition, CardRefused */
  reportBooted(serial: Serial, report: BootReport, asker: Asker): Promise<Host> {
    const now = this.parts.clock();
    return this.#followReport(serial, asker, (host, cards) => planBooted(host, report, now, cards));
  }

  /** Whether the asker may speak for the host where nothing is recorded. @throws UnknownHost, CardRefused, TooManyReports */
  hear(serial: Serial, asker: Asker): void {
    const { store, machines } = this.parts;
    known(store, serial);
    this.#admit(store, { serial, kind: 'report' }, asker);
    this.#spend(serial, asker, this.#heard, machines().reports, 'machine-reports');
  }

  /** An operator orders a state. @throws UnknownHost, HostLocked, IllegalTransition, RangeExhausted */
  async commandState(
    serial: Serial,
    wanted: HostState,
    author: Author,
    { what, guard }: StateOrder = {},
  ): Promise<Host> {
    const plan = (fleet: FleetView) => {
      const host = known(fleet, serial);
      guard?.(host);
      requireUnlocked(host);
      return planState(fleet, host, wanted, this.parts.settings(), this.#searchFrom, what);
    };
    const { host, obstacle } = await this.#carryOut(author, plan);
    if (obstacle) throw obstacle;
    return host;
  }

  /** An operator changes what is known of a host. @throws UnknownHost, HostLocked, and what the amendment throws */
  amend(serial: Serial, amendment: HostAmendment, author: Author): Promise<Host> {
    return this.#amend(serial, author, (host, fleet) => {
      requireUnlocked(host);
      return amendment(host, this.parts.settings(), fleet);
    });
  }

  /** Until it is unlocked no operator changes the host; what the machine does itself goes on. @throws UnknownHost, HostLocked */
  lock(serial: Serial, reason: string, author: Author): Promise<Host> {
    const locked = lock(author.name, reason, this.parts.clock());
    return this.#amend(serial, author, (host) => locked(host));
  }

  /** @throws UnknownHost */
  unlock(serial: Serial, author: Author): Promise<Host> {
    return this.#amend(serial, author, unlock);
  }

  /**
   * An operator gives a host the settings of an earlier version of it.
   * @throws UnknownHost, HostLocked, RollbackForbidden, AddressTaken, InvalidValue
   */
  async rollBack(
    serial: Serial,
    earlier: EarlierHost,
    author: Author,
    { guard }: Pick<StateOrder, 'guard'> = {},
  ): Promise<RolledBackHost> {
    let before = known(this.parts.store, serial);
    const { host } = await this.#carryOut(author, (fleet) => {
      before = known(fleet, serial);
      guard?.(before);
      requireUnlocked(before);
      return planRollback(fleet, before, earlier, this.parts.settings());
    });
    return { before, host };
  }

  /** What `rollBack` would do, without recording anything. @throws the same */
  previewRollback(serial: Serial, earlier: EarlierHost): RolledBackHost {
    const { store, settings } = this.parts;
    const before = known(store, serial);
    return { before, host: planRollback(store, before, earlier, settings()).host };
  }

  /** A machine that was never seen becomes a host. @throws HostExists, AddressTaken, MacHeld, InvalidValue, RangeExhausted */
  async add(addition: Addition, author: Author): Promise<Host> {
    const plan = (fleet: FleetView) => {
      const added = planAddition(fleet, addition, this.parts.settings(), this.#searchFrom);
      if (added.shortage) throw added.shortage;
      return added;
    };
    const { host } = await this.#carryOut(author, plan);
    return host;
  }

  /** Takes out of the fleet what never came to be installed, as `newHosts.forgetAfterHours` says. @throws StoreUnavailable */
  forgetUnused(): Promise<void> {
    return this.#unused.forget();
  }

  /** What is wrong now. */
  alarms(): readonly Alarm[] {
    return this.#waiting.alarms();
  }

  freeAddresses(): number {
    return countFreeAddresses(this.parts.store, this.parts.settings());
  }

  #followReport(
    serial: Serial,
    asker: Asker,
    plan: (host: Host, cards: Host['cards']) => readonly HostChange[],
  ): Promise<Host> {
    const amendment = (host: Host, fleet: FleetView) =>
      plan(host, this.#admit(fleet, { serial, kind: 'report' }, asker) ?? host.cards);
    return this.#amend(serial, machine(serial), amendment, asker);
  }

  /** The arrival with the cards that it brings to the host. @throws CardRefused */
  #admitted(fleet: FleetView, arrival: Arrival, asker: Asker, report?: HardwareReport): Arrival {
    const macs = [...macsOf(arrival), ...(report?.netDevs.map((nic) => nic.mac) ?? [])];
    const cards = this.#admit(fleet, { serial: arrival.serial, kind: 'configuration', macs }, asker);
    return cards ? { ...arrival, cards } : arrival;
  }

  #admit(fleet: FleetView, errand: Errand, asker: Asker): readonly MacAddress[] | undefined {
    try {
      return admitAsker(fleet, errand, asker, this.parts.settings());
    } catch (error) {
      if (error instanceof CardRefused) this.#turnAway(error);
      throw error;
    }
  }

  async #amend(serial: Serial, author: Author, plan: Amend, asker?: Asker): Promise<Host> {
    const { host } = await this.#carryOut(
      author,
      (fleet) => {
        const host = known(fleet, serial);
        const changes = plan(host, fleet);
        return { host: changes.at(-1)?.host ?? host, changes, warnings: [] };
      },
      asker,
    );
    return host;
  }

  /**
   * What is so already costs neither a place in the store's queue nor a flush.
   * @param asker Where the machine asks from; none where an operator does.
   */
  async #carryOut(author: Author, plan: (fleet: FleetView) => HostPlan, asker?: Asker): Promise<ArrivedHost> {
    let made = plan(this.parts.store);
    if (made.changes.length > 0) {
      const refusal = asker && this.#refusal(made.host.serial, asker);
      if (refusal) {
        this.#turnAway(refusal);
        return { host: newHost(made.host.serial), obstacle: refusal };
      }
      if (asker && this.parts.store.host(made.host.serial))
        this.#spend(made.host.serial, asker, this.#changes, this.parts.machines().changes, 'machine-changes');
      await this.parts.store.change(author, (fleet) => {
        made = author.kind === 'machine' ? this.#withPlatform(plan(fleet)) : plan(fleet);
        this.#searchOnAfter(made);
        return made.changes;
      });
    }
    this.#report(made, author);
    return arrivedHost(made);
  }

  /** Of hosts that are known, to the store or the configuration, none is refused. */
  #refusal(serial: Serial, asker: Asker): NewHostRefused | undefined {
    const { store, settings, newHosts, clock } = this.parts;
    if (store.host(serial) || settings().predefined.has(serial)) return undefined;
    const isHostAddress = asker.address !== undefined && store.hostByAddress(asker.address) !== undefined;
    const limits = { ...newHosts(), requireLease: settings().leases === 'required' };
    return this.#gate.enter(serial, asker, isHostAddress, limits, clock().getTime());
  }

  /** @throws TooManyReports */
  #spend(
    serial: Serial,
    asker: Asker,
    budget: MachineBudget,
    allowed: Budget,
    name: 'machine-changes' | 'machine-reports',
  ): void {
    const { reach, clock } = this.parts;
    if (budget.spend(serial, asker, allowed, clock().getTime())) return;
    reach(name, { serial, from: clientOf(asker) });
    throw new TooManyReports(serial, limits[name].setting.replace('.burst', ''), allowed);
  }

  /** What a machine was seen to boot with is recorded by the way. */
  #withPlatform(made: HostPlan): HostPlan {
    const last = made.changes.at(-1);
    const platform = this.parts.platforms.of(made.host);
    if (last === undefined || platform === undefined || platform === made.host.platform) return made;
    const host = { ...made.host, platform };
    return { ...made, host, changes: [...made.changes.slice(0, -1), { ...last, host }] };
  }

  /** The next new machine need not look again at addresses that were just given away. */
  #searchOnAfter({ changes, host }: HostPlan): void {
    const gave = changes.some(({ what }) => what === changeWords.address);
    if (gave && host.internalAddress !== undefined) this.#searchFrom = toIpv4(host.internalAddress + 1);
  }

  #report({ changes, warnings, shortage }: HostPlan, author: Author): void {
    const { logger } = this.parts;
    for (const { host, what } of changes) {
      logger.info({ serial: host.serial, state: host.state, author: author.name }, what);
    }
    if (changes.length > 0) this.#waiting.clearWhatIsOver();
    for (const warning of warnings)
      this.#limited.write('warn', `${warning.code} ${author.name}`, factsOf(warning), warning.message);
    if (shortage) this.#turnAway(shortage);
  }

  #turnAway(obstacle: Obstacle): void {
    this.#waiting.turnedAway(obstacle);
    this.parts.turnedAway(obstacle);
  }
}

/** The network cards that a machine says are its own. */
function macsOf({ mac, otherMacs = [] }: Arrival): readonly MacAddress[] {
  return mac ? [mac, ...otherMacs] : otherMacs;
}

function arrivedHost({ host, shortage }: HostPlan): ArrivedHost {
  return { host, ...(shortage && { obstacle: shortage }) };
}

function known(fleet: FleetView, serial: Serial): Host {
  const host = fleet.host(serial);
  if (!host) throw new UnknownHost(serial);
  return host;
}

function machine(serial: Serial): Author {
  return { name: serial, kind: 'machine' };
}
