import { ImagoError } from '../errors.js';

/** The discovery service has not made the cluster's token yet: a machine without one would begin a cluster of its own. */
export class EtcdTokenAwaited extends ImagoError {
  readonly code = 'ETCD_TOKEN_AWAITED';

  constructor(service: string) {
    super(
      `${service} has not given this cluster its etcd token yet: imago goes on asking; set etcdToken in the profile if there is one already`,
      { service },
    );
  }
}
