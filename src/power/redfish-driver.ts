import { setTimeout as delay } from 'node:timers/promises';
import type { ReachLimit } from '../limits.js';
import type { RedfishTarget } from './bmc-target.js';
import { nameOfTarget } from './bmc-target.js';
import { connectorFor } from './pinned-connector.js';
import { BmcFault, BmcUnsupported } from './errors.js';
import type {
  BootDevice,
  BootDeviceOptions,
  Inventory,
  PowerAction,
  PowerPort,
  PowerStatus,
} from './power-port.js';
import { listed, setRedfishBoot, type FoundSystem } from './redfish-boot.js';
import { actionFor, inventoryOf, isAlready, isBusy, resetTypeFor, statusOf } from './redfish-plans.js';
import { RedfishConnection } from './redfish-connection.js';
import { ActionInfo, Collection, ComputerSystem, EthernetInterface, ServiceRoot } from './redfish-schema.js';
import { withRedfishSession, type Authorized } from './redfish-session.js';
import { followTask, type Talk } from './redfish-task.js';

const ROOT = '/redfish/v1/';

/** Cards of a machine that are asked for. */
const MOST_CARDS = 32;

/** Between two tries of a BMC that says that it cannot do this now. */
const BUSY_PAUSE_MS = 2000;

interface OpenSystem extends Talk, FoundSystem {
  /** By the clock of `performance`. */
  readonly deadline: number;
}

/** Redfish (DSP0266): power, boot once, inventory. Each command finds the system anew and leaves no session behind. */
export class RedfishDriver implements PowerPort {
  constructor(
    private readonly target: RedfishTarget,
    private readonly reach: ReachLimit,
    private readonly pauseFor: (milliseconds: number, signal: AbortSignal) => Promise<void> = wait,
  ) {}

  status(signal?: AbortSignal): Promise<PowerStatus> {
    return this.#withSystem(signal, async ({ system }) => this.#statusOf(system));
  }

  perform(action: PowerAction, signal?: AbortSignal): Promise<void> {
    return this.#withSystem(signal, (open) => this.#perform(action, open));
  }

  setBootDevice(device: BootDevice, options: BootDeviceOptions = {}, signal?: AbortSignal): Promise<void> {
    return this.#withSystem(signal, (open) =>
      setRedfishBoot(open, open, device, options, this.target.seenUefi),
    );
  }

  inventory(signal?: AbortSignal): Promise<Inventory> {
    return this.#withSystem(signal, async (open) => inventoryOf(open.system, await this.#macAddresses(open)));
  }

  async #perform(action: PowerAction, open: OpenSystem): Promise<void> {
    const { connection, headers, path } = open;
    let { system } = open;
    const wanted = actionFor(action, statusOf(system));
    for (;;) {
      if (isAlready(wanted, system)) return;
      const reset = system.Actions?.['#ComputerSystem.Reset'];
      const allowable = reset ? await this.#allowableResets(open, reset) : undefined;
      const ResetType = reset ? resetTypeFor(wanted, allowable) : undefined;
      if (!reset || ResetType === undefined) throw this.#unsupported(`power ${action}`, allowable);
      const call = {
        method: 'POST',
        path: reset.target,
        headers,
        body: { ResetType },
        isOnce: true,
      } as const;
      const answer = await connection.ask(call);
      if (answer.status === 202) await followTask(open, answer);
      if (answer.status < 300) return;
      if (!isBusy(answer.status, ResetType) || !(await pausedFor(BUSY_PAUSE_MS, open))) {
        throw connection.refusal(call, answer);
      }
      ({ resource: system } = await connection.get(path, ComputerSystem, headers));
    }
  }

  async #withSystem<T>(signal: AbortSignal | undefined, act: (open: OpenSystem) => Promise<T>): Promise<T> {
    const { target, reach } = this;
    const secret = await target.password();
    const limitMs = target.timeoutSeconds * 1000;
    const deadline = performance.now() + limitMs;
    const timeout = AbortSignal.timeout(limitMs);
    const whole = signal ? AbortSignal.any([signal, timeout]) : timeout;
    const connect = await connectorFor(target);
    const connection = new RedfishConnection(target, { secret, connect, signal: whole, reach });
    const pause = (milliseconds: number) => this.pauseFor(milliseconds, whole);
    try {
      const { resource: root } = await connection.get(ROOT, ServiceRoot, {});
      return await withRedfishSession(connection, root, target, secret, async (headers) => {
        const { path, system, etag } = await this.#findSystem(
          connection,
          headers,
          root.Systems?.['@odata.id'],
        );
        return act({ connection, headers, path, system, etag, pause, deadline });
      });
    } finally {
      await connection.close();
    }
  }

  async #findSystem(
    connection: RedfishConnection,
    headers: Authorized,
    systems = '/redfish/v1/Systems',
  ): Promise<Pick<OpenSystem, 'path' | 'system' | 'etag'>> {
    const { resource } = await connection.get(systems, Collection, headers);
    const paths = resource.Members.map((member) => member['@odata.id']);
    const wanted = this.target.system;
    const [path, ...others] = wanted === undefined ? paths : paths.filter((path) => idOf(path) === wanted);
    if (path === undefined || others.length > 0) {
      const ids = listed(paths.map(idOf)) || 'none';
      const what = wanted === undefined ? 'name one system' : `find the system ${wanted}`;
      throw new BmcUnsupported(
        connection.name,
        what,
        `set power.redfish.system to one of the systems it has: ${ids}`,
      );
    }
    const { resource: system, etag } = await connection.get(path, ComputerSystem, headers);
    return { path, system, etag };
  }

  async #allowableResets(
    { connection, headers }: OpenSystem,
    reset: NonNullable<NonNullable<ComputerSystem['Actions']>['#ComputerSystem.Reset']>,
  ): Promise<readonly string[] | undefined> {
    const listed = reset['ResetType@Redfish.AllowableValues'];
    if (listed) return listed;
    const info = reset['@Redfish.ActionInfo'];
    if (!info) return undefined;
    const { resource } = await connection.get(info, ActionInfo, headers);
    return resource.Parameters?.find(({ Name }) => Name === 'ResetType')?.AllowableValues ?? undefined;
  }

  async #macAddresses({ connection, headers, system }: OpenSystem): Promise<readonly string[]> {
    const path = system.EthernetInterfaces?.['@odata.id'];
    if (path === undefined) return [];
    const { resource } = await connection.get(path, Collection, headers);
    const macs: string[] = [];
    for (const member of resource.Members.slice(0, MOST_CARDS)) {
      const { resource: nic } = await connection.get(member['@odata.id'], EthernetInterface, headers);
      const mac = nic.PermanentMACAddress ?? nic.MACAddress;
      if (mac && /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(mac)) macs.push(mac.replaceAll('-', ':'));
    }
    return macs;
  }

  #statusOf(system: ComputerSystem): PowerStatus {
    const status = statusOf(system);
    if (status) return status;
    throw new BmcFault(nameOfTarget(this.target), 'it does not say whether the machine is on');
  }

  #unsupported(what: string, allowable: readonly string[] | undefined): BmcUnsupported {
    const can = allowable ? `it can only ${listed(allowable)}` : 'it offers no way to';
    return new BmcUnsupported(nameOfTarget(this.target), what, can);
  }
}

function idOf(path: string): string {
  return (
    path
      .replace(/(?<!\/)\/+$/, '')
      .split('/')
      .at(-1) ?? ''
  );
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal });
}

/** Whether there was the time for it. */
async function pausedFor(milliseconds: number, { pause, deadline }: OpenSystem): Promise<boolean> {
  if (performance.now() + milliseconds > deadline) return false;
  await pause(milliseconds);
  return true;
}
