import { hostNamed } from '../../access/find-host.js';
import type { OtherEndpoints } from '../../api/other-endpoints.js';
import { changeWords } from '../../host/change-words.js';
import { hostToMayuJson } from '../../host/mayu-host-json.js';
import {
  setCabinet,
  setEtcdClusterToken,
  setIpmiAddress,
  setMetadata,
  setOverrides,
  setProviderId,
  type HostAmendment,
} from '../../provision/plan-amendment.js';
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
    (request: string, amendmentOf: (host: PartialMayuHost) => HostAmendment): Handler<Setter> =>
    async (call) => {
      const serial = serialOf(call);
      const host = parsePartialHost(await readBody(call.ctx), request);
      await provisioner.amend(serial, amendmentOf(host), call.caller);
      return '';
    };
  return {
    mayuHosts: () => [...store.hosts()].sort((a, b) => (a.serial < b.serial ? -1 : 1)).map(hostToMayuJson),
    mayuMetadata: setter('set_metadata', ({ FleetMetadata }) => setMetadata(FleetMetadata ?? [])),
    mayuProviderId: setter('set_provider_id', ({ ProviderId }) => setProviderId(ProviderId ?? '')),
    mayuIpmiAddress: setter('set_ipmi_addr', ({ IPMIAddr }) => setIpmiAddress(IPMIAddr ?? '')),
    mayuCabinet: setter('set_cabinet', ({ Cabinet }) => setCabinet(Cabinet ?? 0)),
    mayuEtcdToken: setter('set_etcd_cluster_token', ({ EtcdClusterToken }) =>
      setEtcdClusterToken(EtcdClusterToken ?? ''),
    ),
    mayuOverride: setter('override', ({ Overrides }) => {
      const overrides = Object.entries(Overrides ?? {}).map(([name, value]) => [
        name,
        typeof value === 'object' ? value : String(value),
      ]);
      if (overrides.length === 0) throw new BadRequest('nothing to override');
      return setOverrides(Object.fromEntries(overrides));
    }),
    async mayuState(call) {
      const serial = serialOf(call);
      const wanted = wantedState(parsePartialHost(await readBody(call.ctx), 'set_state'));
      await provisioner.commandState(serial, wanted, call.caller);
      return '';
    },
    async mayuFresh(call) {
      await provisioner.commandState(serialOf(call), 'configured', call.caller, {
        what: changeWords.fresh,
      });
      return '';
    },
  } satisfies Partial<Handlers>;
}
