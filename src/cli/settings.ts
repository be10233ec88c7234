import type { ApiClient } from '../api/client.js';
import type { ApiHost } from '../api/schemas.js';
import { stateNames } from '../api/state-names.js';
import { showValue } from '../errors.js';
import { UsageError } from './usage-error.js';

/** One `KEY VALUE` of `imagoctl set`, read. */
export interface Setting {
  readonly apply: (api: ApiClient, serial: string) => Promise<ApiHost>;
  /** Whether the host loses something by it that no other `set` brings back. */
  readonly loses: (host: ApiHost) => boolean;
}

const settings: Readonly<Record<string, (value: string) => Setting>> = {
  state: (value) => {
    const state = stateNames.find((name) => name === value);
    if (!state)
      throw new UsageError(`${showValue(value)} is not a state: choose from ${stateNames.join(', ')}`);
    return {
      apply: (api, serial) => api.setState(serial, state),
      loses: (host) => state === 'configured' && ['installed', 'running'].includes(host.state),
    };
  },
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
