import { isIP } from 'node:net';
import type { MayuBody, MayuRequest } from '../../api/mayu-client.js';
import { stateNames } from '../../api/state-names.js';
import { showValue } from '../../errors.js';
import { UsageError } from '../errors.js';

interface MayuCall {
  readonly request: MayuRequest;
  readonly body: MayuBody;
}

const calls: Readonly<Record<string, (value: string) => MayuCall>> = {
  metadata: (value) => ({ request: 'set_metadata', body: { FleetMetadata: value.split(',') } }),
  providerid: (value) => ({ request: 'set_provider_id', body: { ProviderId: value } }),
  etcdtoken: (value) => ({ request: 'set_etcd_cluster_token', body: { EtcdClusterToken: value } }),
  ipmiaddr: (value) => {
    // mayuctl would clear the address for a value that is none
    if (isIP(value) === 0 || value.includes('%'))
      throw new UsageError(`${showValue(value)} is not an IP address`);
    return { request: 'set_ipmi_addr', body: { IPMIAddr: value } };
  },
  cabinet: (value) => {
    if (!/^\d{1,9}$/.test(value)) throw new UsageError(`${showValue(value)} is not the number of a cabinet`);
    return { request: 'set_cabinet', body: { Cabinet: Number(value) } };
  },
  state: (value) => {
    if (!stateNames.some((name) => name === value)) {
      throw new UsageError(`${showValue(value)} is not a state: choose from ${stateNames.join(', ')}`);
    }
    return { request: 'set_state', body: { State: value } };
  },
};

/** @throws UsageError */
export function setRequest(key: string, value: string): MayuCall {
  const call = Object.hasOwn(calls, key) ? calls[key] : undefined;
  if (!call) throw new UsageError(`setting key with name ${showValue(key)} is not supported`);
  return call(value);
}
