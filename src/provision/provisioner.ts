import type { Logger } from 'pino';
import type { MachineSettings } from '../config/machines-section.js';
import type { NewHostLimits } from '../config/new-hosts-section.js';
import { changeWords } from '../host/change-words.js';
import type { EarlierHost } from '../host/host-archive.js';
import type { ImagoError } from '../errors.js';
import { newHost, type Host } from '../host/host.js';
import type { Author, HostStore } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import { limits, type ReachLimit } from '../limits.js';
import { toIpv4, type Ipv4 } from '../net/ipv4.js';
import { LimitedLog } from '../net/limited-log.js';
import type { Budget } from '../net/token-buckets.js';
import { admitAsker, type Admission } from './admit-asker.js';
import type { Alarm } from './alarms.js';
import { CardRefused, ProofMissing } from './card-refused.js';
import {
  decide,
  hostOf,
  withPlatform,
  type Circumstances,
  type Command,
  type HostCommand,
  type MachineCommand,
} from './decide.js';
import { countFreeAddresses } from './free-addresses.js';
import type { HostPlan } from './host-steps.js';
import type { BootPlace, ProofLack } from './machine-proof.js';
import { MachineBudget, TooManyReports } from './machine-budget.js';
import { clientOf, NewHostGate, type Asker } from './new-host-gate.js';
import type { Errand } from './errand.js';
import type { NewHostRefused } from './errors.js';
import type { Joining } from '../joining/joining.js';
import { NotAccepted } from '../joining/errors.js';
import type { PendingMachine, Sighting } from '../joining/pending-machine.js';
import type { Addition } from './plan-addition.js';
import type { Arrival } from './plan-arrival.js';
import type { HardwareReport } from './plan-installation.js';
import type { BootReport } from './plan-report.js';
import { planRollback } from './plan-rollback.js';
import type { ProvisioningSettings } from './provisioning-settings.js';
import type { SeenPlatforms } from './seen-platforms.js';
import { UnusedHosts } from './unused-hosts.js';
import { factsOf, WaitingMachines, type Obstacle } from './waiting-machines.js';

export interface ProvisionerParts {
  readonly store: HostStore;
  /** As they stand now: a reloaded configuration holds from the next event on. */
  readonly settings: () => ProvisioningSettings;
  readonly newHosts: () => NewHostLimits;
  /** What becomes of machines that nobody named. */
  readonly joining: Pick<Joining, 'ask' | 'preview' | 'accepted'>;
  /** Told of each request for which a machine was not given its place. */
  readonly turnedAway: (obstacle: Obstacle) => void;
  readonly machines: () => Pick<MachineSettings, 'changes' | 'reports'>;
  readonly reach: ReachLimit;
  readonly platforms: SeenPlatforms;
  readonly capabilities: CapabilityNotes;
  /** Told of each request that nothing proves to be of the host in whose name it is. */
  readonly unproven: (lack: ProofLack, outcome: 'refused' | 'passed') => void;
  /** Told when an operator has a host configured, also where it was already. */
  readonly startedOver?: ((serial: Serial) => Promise<void>) | undefined;
  readonly clock: () => Date;
  readonly logger: Logger;
}

/** What is kept of the boots that capabilities belong to. Resolves when a crash of imago does not lose it. */
export interface CapabilityNotes {
  /** The machine did something by its capability, at that place if it is another one now. */
  used(serial: Serial, place: BootPlace | undefined): Promise<void>;
  /** The system is up that the boot brought. */
  isUp(serial: Serial): Promise<void>;
}

/** A host that has its place, or why it could not be given one. */
export interface ArrivedHost {
  readonly host: Host;
  readonly obstacle?: Obstacle;
  /** Whether it is proven that the asker is that host, see `Admission`. */
  readonly isProven?: boolean;
}

/** A host before and after what was ordered. */
export interface OrderedHost {
  readonly before: Host;
  readonly host: Host;
}

type CarriedOut = ArrivedHost & Partial<OrderedHost>;

/**
 * What happens on an event: decide on the fleet as it is, record, tell. Deciding is pure and takes place inside the store's
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
    try {
      const arrived = await this.#byMachine(arrival.serial, { kind: 'arrive', arrival, asker });
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
    const obstacle = this.#wouldWait(arrival, asker);
    if (obstacle) return { host: newHost(arrival.serial), obstacle };
    try {
      return arrivedHost(decide({ kind: 'arrive', arrival, asker }, this.parts.store, this.#circumstances()));
    } catch (error) {
      if (error instanceof CardRefused) return { host: newHost(arrival.serial), obstacle: error };
      throw error;
    }
  }

  /** Its installer tells what the machine is made of: its profile may hang on that. */
  async describe(arrival: Arrival, report: HardwareReport, asker: Asker): Promise<Host> {
    return placed(await this.#byMachine(arrival.serial, { kind: 'describe', arrival, report, asker }));
  }

  /**
   * What `startInstallation` would make of the host, without recording anything.
   * @param asker None where an operator looks.
   * @throws IllegalTransition, CardRefused
   */
  previewInstallation(arrival: Arrival, report: HardwareReport, asker?: Asker): ArrivedHost {
    const { store, platforms } = this.parts;
    const obstacle = this.#wouldWait(arrival, asker);
    if (obstacle) return { host: newHost(arrival.serial), obstacle };
    try {
      const plan = decide({ kind: 'install', arrival, report, asker }, store, this.#circumstances());
      return arrivedHost(withPlatform({ platform: platforms.of(plan.host) }, plan));
    } catch (error) {
      if (error instanceof CardRefused) this.#turnAway(error);
      throw error;
    }
  }

  /**
   * A machine fetches the configuration that it is installed with.
   * @throws IllegalTransition, RangeExhausted, NewHostRefused, CardRefused
   */
  async startInstallation(arrival: Arrival, report: HardwareReport, asker: Asker): Promise<Host> {
    return placed(await this.#byMachine(arrival.serial, { kind: 'install', arrival, report, asker }));
  }

  /** Its disk is written. @throws UnknownHost, IllegalTransition, CardRefused */
  async reportInstalled(serial: Serial, asker: Asker): Promise<Host> {
    return placed(await this.#byMachine(serial, { kind: 'report-installed', serial, asker }));
  }

  /** Its own system is up. @throws UnknownHost, IllegalTransition, CardRefused */
  async reportBooted(serial: Serial, report: BootReport, asker: Asker): Promise<Host> {
    return placed(await this.#byMachine(serial, { kind: 'report-booted', serial, report, asker }));
  }

  /** Whether the asker may speak for the host where nothing is recorded. @throws UnknownHost, CardRefused, TooManyReports */
  async hear(serial: Serial, asker: Asker): Promise<void> {
    const { store, machines, settings } = this.parts;
    hostOf(store, serial);
    const noted = this.#admit({ serial, kind: 'report' }, asker, settings());
    this.#spend(serial, asker, this.#heard, machines().reports, 'machine-reports');
    await noted;
  }

  #admit(errand: Errand, asker: Asker, settings: ProvisioningSettings): Promise<void> {
    try {
      const admission = admitAsker(this.parts.store, errand, asker, settings);
      if (admission.unproven) this.#letPass(admission.unproven);
      return this.#noteUse(errand.serial, admission);
    } catch (error) {
      if (error instanceof CardRefused) this.#turnAway(error);
      throw error;
    }
  }

  /** An operator orders something for a host that there is. @throws UnknownHost, RangeExhausted, and what `decide` throws */
  async order(command: HostCommand, author: Author): Promise<OrderedHost> {
    const ordered = await this.#carryOut(author, command);
    const host = placed(ordered);
    if (command.kind === 'set-state' && command.state === 'configured')
      await this.parts.startedOver?.(host.serial);
    return { before: ordered.before ?? host, host };
  }

  /** What a roll-back would do, also to a locked host, without recording anything. @throws RollbackForbidden and others */
  previewRollback(serial: Serial, earlier: EarlierHost): OrderedHost {
    const { store, settings } = this.parts;
    const before = hostOf(store, serial);
    return { before, host: planRollback(store, before, earlier, settings()).host };
  }

  /** A machine that was never seen becomes a host. @throws HostExists, AddressTaken, MacHeld, InvalidValue, RangeExhausted */
  async add(addition: Addition, author: Author): Promise<Host> {
    return (await this.#carryOut(author, { kind: 'add', addition })).host;
  }

  /**
   * A machine that waits becomes a host, with the card that it asked by; it goes on by itself when it asks next.
   * @throws HostExists, MacHeld, InvalidValue, RangeExhausted, EtcdTokenAwaited
   */
  async accept(machine: PendingMachine, profile: string | undefined, author: Author): Promise<Host> {
    const { serial, mac, uuid, hardware } = machine;
    const host = await this.add({ serial, mac, uuid, hardware, profile }, author);
    await this.parts.joining.accepted(machine);
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

  #circumstances(): Circumstances {
    const { clock, settings } = this.parts;
    return { now: clock(), settings: settings(), searchFrom: this.#searchFrom };
  }

  #byMachine(serial: Serial, command: MachineCommand): Promise<CarriedOut> {
    return this.#carryOut({ name: serial, kind: 'machine' }, command);
  }

  /** What is so already costs neither a place in the store's queue nor a flush. */
  async #carryOut(author: Author, command: Command): Promise<CarriedOut> {
    const { store, platforms } = this.parts;
    const circumstances = this.#circumstances();
    try {
      const obstacle = 'arrival' in command ? this.#mustWait(command) : undefined;
      if ('arrival' in command && obstacle) {
        this.#turnAway(obstacle);
        return { host: newHost(command.arrival.serial), obstacle };
      }
      let decided = decide(command, store, circumstances);
      // At once: of two that would go on by one capability only the first may.
      const noted = this.#noteUse(decided.host.serial, decided.admission);
      if (decided.changes.length > 0) {
        const refusal = 'asker' in command && command.asker && this.#refusal(decided.host, command.asker);
        if (refusal) {
          this.#turnAway(refusal);
          return { host: newHost(decided.host.serial), obstacle: refusal };
        }
        const complete = 'asker' in command ? { ...command, platform: platforms.of(decided.host) } : command;
        decided = await store.change(author, (fleet) => decide(complete, fleet, circumstances));
        this.#searchOnAfter(decided);
      }
      this.#report(decided, author);
      await noted;
      if (command.kind === 'report-booted' && decided.admission?.isProven === true)
        await this.parts.capabilities.isUp(command.serial);
      return arrivedHost(decided);
    } catch (error) {
      if (error instanceof CardRefused) this.#turnAway(error);
      throw error;
    }
  }

  async #noteUse(serial: Serial, admission: Admission | undefined): Promise<void> {
    if (admission?.capability) await this.parts.capabilities.used(serial, admission.capability.place);
  }

  /** Why the machine has to wait that asks, which nobody named: it does so from now on. @throws CardRefused */
  #mustWait({
    arrival,
    asker,
  }: Extract<MachineCommand, { arrival: Arrival }>): NotAccepted | NewHostRefused | undefined {
    if (!asker || !this.#isNobodys(arrival.serial)) return undefined;
    const { store, settings, joining } = this.parts;
    if (!joining.preview(sightingOf(arrival, asker))) return undefined;
    const macs = [...(arrival.mac ? [arrival.mac] : []), ...(arrival.otherMacs ?? [])];
    admitAsker(store, { serial: arrival.serial, kind: 'configuration', macs }, asker, settings());
    return this.#ofGate(arrival.serial, asker) ?? joining.ask(sightingOf(arrival, asker));
  }

  #wouldWait(arrival: Arrival, asker: Asker | undefined): NotAccepted | undefined {
    if (!this.#isNobodys(arrival.serial)) return undefined;
    return this.parts.joining.preview(sightingOf(arrival, asker));
  }

  /** Neither is it a host, nor does the configuration name it. */
  #isNobodys(serial: Serial): boolean {
    const { store, settings } = this.parts;
    return store.host(serial) === undefined && !settings().predefined.has(serial);
  }

  /**
   * A host that is known to the store spends of its changes; one that the configuration knows is let in as well.
   * @throws TooManyReports
   */
  #refusal({ serial }: Host, asker: Asker): NewHostRefused | undefined {
    if (this.parts.store.host(serial)) {
      this.#spend(serial, asker, this.#changes, this.parts.machines().changes, 'machine-changes');
      return undefined;
    }
    return this.#isNobodys(serial) ? this.#ofGate(serial, asker) : undefined;
  }

  #ofGate(serial: Serial, asker: Asker): NewHostRefused | undefined {
    const { store, settings, newHosts, clock } = this.parts;
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
    for (const warning of warnings) {
      if (warning instanceof ProofMissing) this.#letPass(warning);
      else this.#warn(author.name, warning);
    }
    if (shortage) this.#turnAway(shortage);
  }

  #letPass(unproven: ProofMissing): void {
    this.parts.unproven(unproven.lack, 'passed');
    this.#warn(unproven.serial, unproven);
  }

  #warn(name: string, warning: ImagoError): void {
    this.#limited.write('warn', `${warning.code} ${name}`, factsOf(warning), warning.message);
  }

  #turnAway(obstacle: Obstacle): void {
    if (obstacle instanceof ProofMissing) this.parts.unproven(obstacle.lack, 'refused');
    // Who waits for an operator is no alarm: he is told of each once, and shown all.
    if (!(obstacle instanceof NotAccepted)) this.#waiting.turnedAway(obstacle);
    this.parts.turnedAway(obstacle);
  }
}

function sightingOf(arrival: Arrival, asker: Asker | undefined): Sighting {
  const { serial, uuid, mac, otherMacs, hardware } = arrival;
  const { leasedTo, hasLease, address } = asker ?? {};
  const isLeased = leasedTo !== undefined || hasLease === true;
  return { serial, uuid, mac: leasedTo ?? mac, isLeased, address, otherMacs, hardware };
}

function arrivedHost({ host, before, shortage, admission }: HostPlan): CarriedOut {
  const isProven = admission?.isProven === true;
  return { host, isProven, ...(before && { before }), ...(shortage && { obstacle: shortage }) };
}

/** @throws Obstacle */
function placed({ host, obstacle }: ArrivedHost): Host {
  if (obstacle) throw obstacle;
  return host;
}
