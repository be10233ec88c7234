import { cleanText } from '../errors.js';
import type { ReachLimit } from '../limits.js';
import type { RedfishTarget } from './bmc-target.js';
import { nameOfTarget } from './bmc-target.js';
import { connectorFor } from './pinned-connector.js';
import { BmcFault, BmcUnsupported } from './power-errors.js';
import type {
  BootDevice,
  BootDeviceOptions,
  Inventory,
  PowerAction,
  PowerPort,
  PowerStatus,
} from './power-port.js';
import {
  bootOverride,
  bootTargetOf,
  inventoryOf,
  isAlready,
  resetTypeFor,
  statusOf,
} from './redfish-plans.js';
import { RedfishConnection } from './redfish-connection.js';
import { ActionInfo, Collection, ComputerSystem, EthernetInterface, ServiceRoot } from './redfish-schema.js';
import { withRedfishSession, type Authorized } from './redfish-session.js';

const ROOT = '/redfish/v1/';

interface OpenSystem {
  readonly connection: RedfishConnection;
  readonly headers: Authorized;
  readonly path: string;
  readonly system: ComputerSystem;
  readonly etag: string | undefined;
}

/** Redfish (DSP0266): power, boot once, inventory. Each command finds the system anew and leaves no session behind. */
export class RedfishDriver implements PowerPort {
  constructor(
    private readonly target: RedfishTarget,
    private readonly reach: ReachLimit,
  ) {}

  status(signal?: AbortSignal): Promise<PowerStatus> {
    return this.#withSystem(signal, async ({ system }) => this.#statusOf(system));
  }

  perform(action: PowerAction, signal?: AbortSignal): Promise<void> {
    return this.#withSystem(signal, async (open) => {
      if (isAlready(action, open.system)) return;
      const reset = open.system.Actions?.['#ComputerSystem.Reset'];
      const allowable = reset ? await this.#allowableResets(open, reset) : undefined;
      const ResetType = reset && resetTypeFor(action, statusOf(open.system), allowable);
      if (!reset || ResetType === undefined) throw this.#unsupported(`power ${action}`, allowable);
      await open.connection.call({
        method: 'POST',
        path: reset.target,
        headers: open.headers,
        body: { ResetType },
      });
    });
  }

  setBootDevice(device: BootDevice, options?: BootDeviceOptions, signal?: AbortSignal): Promise<void> {
    return this.#withSystem(signal, async ({ connection, headers, path, system, etag }) => {
      const targets = system.Boot?.['BootSourceOverrideTarget@Redfish.AllowableValues'];
      if (!system.Boot || (targets && !targets.includes(bootTargetOf(device)))) {
        throw this.#unsupported(`boot from ${device}`, targets ?? undefined);
      }
      await connection.call({
        method: 'PATCH',
        path,
        // DSP0266 §6.5: a BMC that sends ETags may demand them back.
        headers: { ...headers, ...(etag !== undefined && { 'if-match': etag }) },
        body: bootOverride(device, options),
      });
    });
  }

  inventory(signal?: AbortSignal): Promise<Inventory> {
    return this.#withSystem(signal, async (open) => inventoryOf(open.system, await this.#macAddresses(open)));
  }

  async #withSystem<T>(signal: AbortSignal | undefined, act: (open: OpenSystem) => Promise<T>): Promise<T> {
    const { target } = this;
    const secret = await target.password();
    const timeout = AbortSignal.timeout(target.timeoutSeconds * 1000);
    const connection = new RedfishConnection(
      target,
      secret,
      await connectorFor(target),
      signal ? AbortSignal.any([signal, timeout]) : timeout,
    );
    try {
      const { resource: root } = await connection.get(ROOT, ServiceRoot, {});
      return await withRedfishSession(connection, root, target, secret, async (headers) => {
        const { path, system, etag } = await this.#findSystem(
          connection,
          headers,
          root.Systems?.['@odata.id'],
        );
        return act({ connection, headers, path, system, etag });
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
      const ids = paths.map((path) => cleanText(idOf(path))).join(', ') || 'none';
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
    for (const member of resource.Members.slice(0, 32)) {
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
    const can = allowable ? `it can only ${allowable.map(cleanText).join(', ')}` : 'it offers no way to';
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
