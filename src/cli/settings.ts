import { isDeepStrictEqual } from 'node:util';
import type { ApiClient, Guard } from '../api/client.js';
import type { ApiHost, HostPatch } from '../api/schemas.js';
import { stateNames } from '../api/state-names.js';
import { showValue } from '../errors.js';
import { UsageError } from './errors.js';

/** One `KEY VALUE` of `imagoctl set`, read. */
export interface Setting {
  readonly apply: (api: ApiClient, serial: string, guard?: Guard) => Promise<ApiHost>;
  /** Whether the host loses something by it that no other `set` brings back. */
  readonly loses: (host: ApiHost) => boolean;
  /** Whether there are hosts that lose something by it: then it holds only for hosts as they were seen. */
  readonly mayLose: boolean;
  /** Whether nothing is left to do. */
  readonly isSetOf: (host: ApiHost) => boolean;
}

/** By Mayu's keys, and imago's own after them. An empty value clears. */
const settings: Readonly<Record<string, (value: string) => Setting>> = {
  metadata: (value) => patching({ metadata: value.split(',').filter(Boolean) }),
  providerid: (value) => patching({ providerId: value || null }),
  ipmiaddr: (value) => patching({ ipmiAddress: value || null }),
  cabinet: (value) => patching({ cabinet: numberOrNone(value) }),
  state: (value) => {
    const state = stateNames.find((name) => name === value);
    if (!state)
      throw new UsageError(`${showValue(value)} is not a state: choose from ${stateNames.join(', ')}`);
    return {
      apply: (api, serial, guard) => api.setState(serial, state, guard),
      mayLose: state === 'configured',
      // The system of a diskless machine comes from the network at each boot anyway.
      loses: (host) =>
        state === 'configured' && ['installed', 'running'].includes(host.state) && host.diskless !== true,
      isSetOf: (host) => host.state === state,
    };
  },
  etcdtoken: (value) => patching({ etcdClusterToken: value || null }),
  profile: (value) => patching({ profile: value }),
  position: (value) => patching({ machineOnCabinet: numberOrNone(value) }),
  cards: (value) => patching({ cards: value === 'none' ? [] : value.split(',').filter(Boolean) }),
  hostname: (value) => patching({ hostname: value || null }),
};

export const settingNames: readonly string[] = Object.keys(settings);

/** What the value of a key may be, where that is a choice. */
export function valuesOfSetting(key: string): readonly string[] {
  return key === 'state' ? stateNames : [];
}

/** @throws UsageError */
export function settingOf(key: string, value: string): Setting {
  const setting = Object.hasOwn(settings, key) ? settings[key] : undefined;
  if (!setting)
    throw new UsageError(`${showValue(key)} cannot be set: choose from ${settingNames.join(', ')}`);
  return setting(value);
}

function patching(patch: HostPatch): Setting {
  return {
    apply: (api, serial, guard) => api.patch(serial, patch, guard),
    mayLose: false,
    loses: () => false,
    isSetOf: (host) => {
      const facts: Readonly<Record<string, unknown>> = host;
      return Object.entries(patch).every(([key, value]) => isDeepStrictEqual(facts[key] ?? null, value));
    },
  };
}

/** Cabinets and places in them count from 1: 0 stands for none, as with Mayu. */
function numberOrNone(value: string): number | null {
  if (!/^\d{0,6}$/.test(value)) {
    throw new UsageError(`${showValue(value)} is not a number: write it as in 3, or 0 for none`);
  }
  return Number(value) || null;
}
