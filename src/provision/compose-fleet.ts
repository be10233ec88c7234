import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { HostArchive } from '../host/host-archive.js';
import type { HostStore } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import type { ReachLimit } from '../limits.js';
import type { Joining } from '../joining/joining.js';
import { bootFromNetwork, HostPower } from './host-power.js';
import { ProgressBoard } from './progress-board.js';
import { Provisioner, type ProvisionerParts } from './provisioner.js';
import type { ProvisioningSettings } from './provisioning-settings.js';
import type { SeenPlatforms } from './seen-platforms.js';
import { StuckWatch } from './stuck-watch.js';
import { reasonOf } from './waiting-machines.js';

export interface FleetParts {
  readonly store: HostStore & HostArchive;
  /** As it stands now. */
  readonly config: () => Config;
  readonly settings: () => ProvisioningSettings;
  readonly joining: Joining;
  readonly platforms: SeenPlatforms;
  readonly reach: ReachLimit;
  /** Told why a machine was not given its place. */
  readonly turnedAway: (reason: string) => void;
  readonly capabilities: ProvisionerParts['capabilities'];
  readonly unproven: ProvisionerParts['unproven'];
  /** Where passwords of BMCs may stand. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told when an operator has a host configured, also where it was already. */
  readonly startedOver?: ((serial: Serial) => Promise<void>) | undefined;
  readonly clock: () => Date;
  /** Of each part by its name. */
  readonly loggerOf: (part: 'provision' | 'stuck') => Logger;
}

export interface Fleet {
  readonly joining: Joining;
  readonly provisioner: Provisioner;
  readonly power: HostPower;
  readonly progress: ProgressBoard;
  /** To be started. */
  readonly stuck: StuckWatch;
}

/** What happens to machines: their way, their power, and who is stuck on it. */
export function composeFleet(parts: FleetParts): Fleet {
  const {
    store,
    config,
    settings,
    joining,
    platforms,
    reach,
    turnedAway,
    capabilities,
    unproven,
    environment,
    clock,
    loggerOf,
  } = parts;
  const provisioner = new Provisioner({
    store,
    settings,
    newHosts: () => config().newHosts,
    joining,
    machines: () => config().machines,
    reach,
    turnedAway: (obstacle) => turnedAway(reasonOf(obstacle)),
    platforms,
    capabilities,
    unproven,
    startedOver: parts.startedOver,
    clock,
    logger: loggerOf('provision'),
  });
  const power = new HostPower({ fleet: store, platforms, config, reach, environment });
  const progress = new ProgressBoard();
  const stuck = new StuckWatch({
    store,
    reports: progress,
    settings: () => config().events.stuck,
    clock,
    retry: (serial) => bootFromNetwork(power.of(serial)),
    log: loggerOf('stuck'),
  });
  return { joining, provisioner, power, progress, stuck };
}
