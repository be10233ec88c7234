import type { Context } from 'koa';
import { hostNamed, serialNamed } from '../../access/find-host.js';
import type { NewHost } from '../../api/schemas.js';
import type { Host } from '../../host/host.js';
import type { Author } from '../../host/host-store.js';
import { parseWrittenSerial } from '../../host/serial.js';
import { parseIpv4 } from '../../net/ipv4.js';
import { parseMac } from '../../net/mac-address.js';
import type { Addition } from '../../provision/plan-addition.js';
import type { HostCommand } from '../../provision/decide.js';
import { fitSettings } from '../../provision/plan-amendment.js';
import { toApiHost } from '../api-host.js';
import type { Handlers } from '../call.js';
import { hostEtag, versionsIn, namedCommit } from '../host-etag.js';
import { selectHosts } from '../select-hosts.js';
import type { HttpServices } from '../services.js';

/** `/api/v1/hosts`: what operators and their programs call. */
export function hostHandlers({
  store,
  provisioner,
  progress,
  stuck,
}: Pick<HttpServices, 'store' | 'provisioner' | 'progress' | 'stuck'>) {
  const shown = (host: Host) => toApiHost(host, progress.of(host.serial), stuck.of(host.serial));
  const named = ({ serial }: { readonly serial: string }) => hostNamed(store, serial);
  const versioned = (ctx: Context, host: Host) => {
    ctx.set('ETag', hostEtag(host));
    return shown(host);
  };
  const ordered = async (
    { ctx, caller }: { readonly ctx: Context; readonly caller: Author },
    command: HostCommand,
  ) => versioned(ctx, (await provisioner.order(command, caller)).host);
  return {
    listHosts(call) {
      const { hosts, total } = selectHosts(store.hosts(), call.query());
      return { hosts: hosts.map(shown), total };
    },
    async addHost(call) {
      const host = await provisioner.add(additionOf(await call.body()), call.caller);
      call.ctx.set('Location', `/api/v1/hosts/${host.serial}`);
      return versioned(call.ctx, host);
    },
    getHost: ({ ctx, params }) => versioned(ctx, named(params)),
    async patchHost(call) {
      const { serial } = named(call.params);
      const settings = fitSettings(await call.body(), true);
      return ordered(call, { kind: 'set', serial, settings, versions: versionsIn(call.ctx) });
    },
    async retireHost({ ctx, params, caller }) {
      await provisioner.order(
        { kind: 'retire', serial: named(params).serial, versions: versionsIn(ctx) },
        caller,
      );
    },
    async setState(call) {
      const { serial } = named(call.params);
      const { state } = await call.body();
      return ordered(call, { kind: 'set-state', serial, state, versions: versionsIn(call.ctx) });
    },
    async lockHost(call) {
      const { serial } = named(call.params);
      const { reason } = await call.body();
      return ordered(call, { kind: 'lock', serial, reason, by: call.caller.name });
    },
    unlockHost: (call) => ordered(call, { kind: 'unlock', serial: named(call.params).serial }),
    async getHistory(call) {
      const { limit } = call.query();
      const entries = await store.history(serialNamed(call.params.serial), limit);
      if (entries.length === 0) named(call.params); // one that was retired has its history still
      const history = entries.map(({ time, author, what, state, ...change }) => ({
        commit: namedCommit(change),
        time: time.toISOString(),
        author,
        what,
        ...(state !== undefined && { state }),
      }));
      return { history };
    },
  } satisfies Partial<Handlers>;
}

/** @throws InvalidValue */
function additionOf({ serial, address, mac, ...rest }: NewHost): Addition {
  return {
    ...rest,
    serial: parseWrittenSerial(serial),
    address: address === undefined ? undefined : parseIpv4(address),
    mac: mac === undefined ? undefined : parseMac(mac),
  };
}
