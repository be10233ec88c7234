import { ImagoError } from '../errors.js';
import type { Ipv4 } from '../net/ipv4.js';
import { loadLibc, type Libc } from '../net/linux/libc.js';
import type { DhcpLog } from './observer.js';
import { Ping } from './ping.js';
import { RouterAdvertiser } from './router-advertiser.js';

/** What makes DHCP quicker or safer on an interface, and what it can do without. */
export interface LinkHelpers {
  readonly probe: ((address: Ipv4) => Promise<boolean>) | undefined;
  close(): void;
}

export const noLinkHelpers: LinkHelpers = { probe: undefined, close: () => undefined };

export async function startLinkHelpers(
  interfaceName: string,
  wanted: { readonly routerAdvertisement: boolean },
  log: DhcpLog,
): Promise<LinkHelpers> {
  const libc = await loadLibc();
  if (typeof libc === 'string') {
    log.warn({ cause: libc }, 'addresses are not checked before they are used again');
    return noLinkHelpers;
  }
  const ping = startPing(libc, interfaceName, log);
  const advertiser = wanted.routerAdvertisement ? await startAdvertiser(libc, interfaceName, log) : undefined;
  return {
    probe: ping && ((address) => ping.isTaken(address)),
    close() {
      ping?.close();
      advertiser?.close();
    },
  };
}

function startPing(libc: Libc, interfaceName: string, log: DhcpLog): Ping | undefined {
  try {
    return new Ping(libc, interfaceName);
  } catch (error) {
    if (!(error instanceof ImagoError)) throw error;
    log.warn(
      { ...error.facts },
      'addresses are not checked before they are used again: run as root or with CAP_NET_RAW',
    );
    return undefined;
  }
}

async function startAdvertiser(
  libc: Libc,
  interfaceName: string,
  log: DhcpLog,
): Promise<RouterAdvertiser | undefined> {
  try {
    return await RouterAdvertiser.start(libc, interfaceName);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    log.info(
      { error: error.message },
      'no IPv6 router advertisements on this interface: iPXE waits up to 16 s for one',
    );
    return undefined;
  }
}
