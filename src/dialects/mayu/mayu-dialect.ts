import { hostNamed } from '../../access/find-host.js';
import type { Endpoint } from '../../api/endpoint.js';
import { hostToMayuJson } from '../../host/mayu-host-json.js';
import { fitSettings, type WrittenSettings } from '../../provision/plan-amendment.js';
import type { Call, Handler } from '../../http/call.js';
import { dialect, type Dialect } from '../../http/dialect.js';
import { BadRequest } from '../../http/http-errors.js';
import { parsePartialHost, wantedState, type PartialMayuHost } from './partial-host.js';
import { readBody } from '../../http/read-body.js';
import type { HttpServices } from '../../http/services.js';

function setterAt<const Name extends string>(name: Name) {
  return {
    method: 'PUT',
    path: `/admin/host/:serial/${name}`,
    role: 'operator',
    needs: 'command',
    status: 202,
  } as const;
}

/** What `mayuctl` calls. What machines report below `/admin` is imago's own as well. */
export const mayuEndpoints = {
  hosts: { method: 'GET', path: '/admin/hosts', role: 'operator', needs: 'read' },
  metadata: setterAt('set_metadata'),
  providerId: setterAt('set_provider_id'),
  ipmiAddress: setterAt('set_ipmi_addr'),
  cabinet: setterAt('set_cabinet'),
  etcdToken: setterAt('set_etcd_cluster_token'),
  override: setterAt('override'),
  state: setterAt('set_state'),
  fresh: setterAt('mark_fresh'),
} as const satisfies Readonly<Record<string, Endpoint>>;

type Setter = (typeof mayuEndpoints)['metadata'];

/** Mayu looks the host up before it reads the body. */
export function mayuDialect({ store, provisioner }: Pick<HttpServices, 'store' | 'provisioner'>): Dialect {
  const serialOf = ({ params }: Pick<Call<Setter>, 'params'>) => hostNamed(store, params.serial).serial;
  const setter =
    (request: string, settingsIn: (host: PartialMayuHost) => WrittenSettings): Handler<Setter> =>
    async (call) => {
      const serial = serialOf(call);
      const host = parsePartialHost(await readBody(call.ctx), request);
      const settings = fitSettings(settingsIn(host));
      await provisioner.order({ kind: 'set', serial, settings }, call.caller);
      return '';
    };
  return dialect('mayu', mayuEndpoints, {
    hosts: () => [...store.hosts()].sort((a, b) => (a.serial < b.serial ? -1 : 1)).map(hostToMayuJson),
    metadata: setter('set_metadata', ({ FleetMetadata }) => ({ metadata: FleetMetadata ?? [] })),
    providerId: setter('set_provider_id', ({ ProviderId }) => ({ providerId: ProviderId ?? '' })),
    ipmiAddress: setter('set_ipmi_addr', ({ IPMIAddr }) => ({ ipmiAddress: IPMIAddr ?? '' })),
    cabinet: setter('set_cabinet', ({ Cabinet }) => ({ cabinet: Cabinet ?? 0 })),
    etcdToken: setter('set_etcd_cluster_token', ({ EtcdClusterToken }) => ({
      etcdClusterToken: EtcdClusterToken ?? '',
    })),
    override: setter('override', ({ Overrides }) => {
      const overrides = Object.entries(Overrides ?? {}).map(([name, value]) => [
        name,
        typeof value === 'object' ? value : String(value),
      ]);
      if (overrides.length === 0) throw new BadRequest('nothing to override');
      return { overrides: Object.fromEntries(overrides) as WrittenSettings['overrides'] };
    }),
    async state(call) {
      const serial = serialOf(call);
      const state = wantedState(parsePartialHost(await readBody(call.ctx), 'set_state'));
      await provisioner.order({ kind: 'set-state', serial, state }, call.caller);
      return '';
    },
    async fresh(call) {
      const serial = serialOf(call);
      await provisioner.order({ kind: 'set-state', serial, state: 'configured', isFresh: true }, call.caller);
      return '';
    },
  });
}
