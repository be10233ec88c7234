import type { ApiHost } from '../api/schemas.js';
import { ImagoError } from '../errors.js';
import { UsageError } from './errors.js';

export interface Selector {
  /** Any of them, as with states. */
  readonly profile?: readonly string[] | undefined;
  readonly state?: readonly ApiHost['state'][] | undefined;
  readonly tag?: readonly string[] | undefined;
}

export class NothingSelected extends ImagoError {
  readonly code = 'NOTHING_SELECTED';

  constructor(selector: Selector) {
    super(`${noneHas(selector)}: see imagoctl list`);
  }
}

export function isEmpty({ profile = [], state = [], tag = [] }: Selector): boolean {
  return profile.length + state.length + tag.length === 0;
}

export function selectHosts(
  hosts: readonly ApiHost[],
  { profile = [], state = [], tag = [] }: Selector,
): ApiHost[] {
  return hosts.filter(
    (host) =>
      (profile.length === 0 || (host.profile !== undefined && profile.includes(host.profile))) &&
      (state.length === 0 || state.includes(host.state)) &&
      tag.every((wanted) => host.metadata.includes(wanted)),
  );
}

/**
 * The machines a command is about, each once: those named, or those selected.
 * @throws UsageError when there are neither or both; NothingSelected
 */
export async function resolveTargets(
  api: { hosts(): Promise<ApiHost[]> },
  serials: readonly string[],
  selector: Selector,
): Promise<string[]> {
  if (isEmpty(selector)) {
    if (serials.length === 0)
      throw new UsageError('no machine is named: give serials, or --profile, --state or --tag');
    return [...new Set(serials)];
  }
  if (serials.length > 0) {
    throw new UsageError(
      'machines are both named and selected: give serials, or --profile, --state and --tag',
    );
  }
  const selected = selectHosts(await api.hosts(), selector).map(({ serial }) => serial);
  if (selected.length === 0) throw new NothingSelected(selector);
  return selected;
}

/** For people, where a list is empty. */
export function whyNoneIsListed(selector: Selector): string {
  return isEmpty(selector)
    ? 'no machine is known yet: it is once it has booted from the network, or with imagoctl add'
    : noneHas(selector);
}

function noneHas(selector: Selector): string {
  return `no machine has ${words(selector)}`;
}

function words({ profile = [], state = [], tag = [] }: Selector): string {
  return [anyOf('profile', profile), anyOf('state', state), ...tag.map((tag) => `tag ${tag}`)]
    .filter(Boolean)
    .join(' and ');
}

function anyOf(what: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${what} ${names.join(' or ')}`;
}
