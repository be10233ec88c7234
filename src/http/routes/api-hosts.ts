import type { Context } from 'koa';
import { hostNamed, serialNamed } from '../../access/find-host.js';
import type { NewHost } from '../../api/schemas.js';
import type { Host } from '../../host/host.js';
import { parseWrittenSerial } from '../../host/serial.js';
import { parseIpv4 } from '../../net/ipv4.js';
import { parseMac } from '../../net/mac-address.js';
import type { Addition } from '../../provision/plan-addition.js';
import { retire, type HostAmendment } from '../../provision/plan-amendment.js';
import { amendmentsOf } from '../amendments.js';
import { toApiHost } from '../api-host.js';
import type { Handlers } from '../call.js';
import { hostEtag, matchGuard } from '../host-version.js';
import { namedCommit } from '../named-commit.js';
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
      const amendment = guarded(call.ctx, amendmentsOf(await call.body()));
      return versioned(call.ctx, await provisioner.amend(serial, amendment, call.caller));
    },
    async retireHost({ ctx, params, caller }) {
      await provisioner.amend(named(params).serial, guarded(ctx, retire), caller);
    },
    async setState(call) {
      const { serial } = named(call.params);
      const { state } = await call.body();
      const guard = matchGuard(call.ctx.get('If-Match'));
      return versioned(call.ctx, await provisioner.commandState(serial, state, call.caller, { guard }));
    },
    async lockHost(call) {
      const { serial } = named(call.params);
      const { reason } = await call.body();
      return versioned(call.ctx, await provisioner.lock(serial, reason, call.caller));
    },
    async unlockHost({ ctx, params, caller }) {
      return versioned(ctx, await provisioner.unlock(named(params).serial, caller));
    },
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

function guarded(ctx: Context, amend: HostAmendment): HostAmendment {
  const guard = matchGuard(ctx.get('If-Match'));
  return (host, settings, fleet) => {
    guard?.(host);
    return amend(host, settings, fleet);
  };
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
