import { hostNamed } from '../../access/find-host.js';
import type { OtherEndpoints } from '../../api/other-endpoints.js';
import { hostToMayuJson } from '../../host/mayu-host-json.js';
import { fitSettings, type WrittenSettings } from '../../provision/plan-amendment.js';
import type { Call, Handler, Handlers } from '../call.js';
import { BadRequest } from '../http-errors.js';
import { parsePartialHost, wantedState, type PartialMayuHost } from '../mayu-bodies.js';
import { readBody } from '../read-body.js';
import type { HttpServices } from '../services.js';

type Setter = OtherEndpoints['mayuMetadata'];

/** What `mayuctl` calls. Mayu looks the host up before it reads the body. */
export function mayuAdminHandlers({ store, provisioner }: Pick<HttpServices, 'store' | 'provisioner'>) {
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
  return {
    mayuHosts: () => [...store.hosts()].sort((a, b) => (a.serial < b.serial ? -1 : 1)).map(hostToMayuJson),
    mayuMetadata: setter('set_metadata', ({ FleetMetadata }) => ({ metadata: FleetMetadata ?? [] })),
    mayuProviderId: setter('set_provider_id', ({ ProviderId }) => ({ providerId: ProviderId ?? '' })),
    mayuIpmiAddress: setter('set_ipmi_addr', ({ IPMIAddr }) => ({ ipmiAddress: IPMIAddr ?? '' })),
    mayuCabinet: setter('set_cabinet', ({ Cabinet }) => ({ cabinet: Cabinet ?? 0 })),
    mayuEtcdToken: setter('set_etcd_cluster_token', ({ EtcdClusterToken }) => ({
      etcdClusterToken: EtcdClusterToken ?? '',
    })),
    mayuOverride: setter('override', ({ Overrides }) => {
      const overrides = Object.entries(Overrides ?? {}).map(([name, value]) => [
        name,
        typeof value === 'object' ? value : String(value),
      ]);
      if (overrides.length === 0) throw new BadRequest('nothing to override');
      return { overrides: Object.fromEntries(overrides) as WrittenSettings['overrides'] };
    }),
    async mayuState(call) {
      const serial = serialOf(call);
      const state = wantedState(parsePartialHost(await readBody(call.ctx), 'set_state'));
      await provisioner.order({ kind: 'set-state', serial, state }, call.caller);
      return '';
    },
    async mayuFresh(call) {
      const serial = serialOf(call);
      await provisioner.order({ kind: 'set-state', serial, state: 'configured', isFresh: true }, call.caller);
      return '';
    },
  } satisfies Partial<Handlers>;
}
