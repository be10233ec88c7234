import type { PendingMachine as ApiPendingMachine } from '../../api/pending.js';
import type { PendingMachine, RejectedMachine } from '../../joining/pending-machine.js';
import { formatIpv4 } from '../../net/ipv4.js';
import { apiHardware, toApiHost } from '../api-host.js';
import type { Handlers } from '../call.js';
import { hostEtag } from '../host-etag.js';
import type { HttpServices } from '../services.js';

/** Machines that nobody named, and what operators decide of them. A machine is named by its serial or its code. */
export function pendingHandlers({
  joining,
  provisioner,
  progress,
  stuck,
}: Pick<HttpServices, 'joining' | 'provisioner' | 'progress' | 'stuck'>) {
  return {
    listPending(call) {
      const isRejected = call.query().rejected === 'true';
      return { machines: (isRejected ? joining.rejected() : joining.pending()).map(shown) };
    },
    async acceptPending(call) {
      const { profile } = await call.body();
      const host = await provisioner.accept(joining.named(call.params.machine), profile, call.caller);
      call.ctx.set('Location', `/api/v1/hosts/${host.serial}`);
      call.ctx.set('ETag', hostEtag(host));
      return toApiHost(host, progress.of(host.serial), stuck.of(host.serial));
    },
    rejectPending: async ({ params, caller }) => shown(await joining.reject(params.machine, caller.name)),
    forgetRejected: async ({ params }) => shown(await joining.forget(params.machine)),
  } satisfies Partial<Handlers>;
}

function shown(machine: PendingMachine & Partial<RejectedMachine>): ApiPendingMachine {
  const { code, serial, mac, address, isLeased, uuid, hardware, since, lastSeen, rejected, by } = machine;
  return {
    code,
    serial,
    ...(mac !== undefined && { mac }),
    ...(address !== undefined && { address: formatIpv4(address) }),
    isLeased,
    ...(uuid !== undefined && { uuid }),
    ...(hardware && { hardware: apiHardware(hardware) }),
    since: since.toISOString(),
    lastSeen: lastSeen.toISOString(),
    ...(rejected && { rejected: rejected.toISOString() }),
    ...(by !== undefined && { by }),
  };
}
