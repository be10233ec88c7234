import type { HookOccasion } from '../config/events-section.js';
import type { RecordedChange } from '../host/host-store.js';
import type { JoiningNews } from '../joining/joining.js';
import { formatIpv4 } from '../net/ipv4.js';
import type { StuckNews } from '../provision/stuck-watch.js';

/** What webhooks and programs are told. Holds no secrets: it goes to other computers. */
export interface HookEvent {
  /** Of a change its revision: who is told twice can tell by it. */
  readonly id: string;
  readonly time: string;
  readonly occasion: HookOccasion;
  readonly serial: string;
  /** In a sentence's part, as the history has it. */
  readonly what: string;
  readonly state?: string | undefined;
  readonly before?: string | undefined;
  readonly profile?: string | undefined;
  readonly address?: string | undefined;
  readonly author?: string | undefined;
}

/** A change is an occasion when the machine is new, gone, or in another state than before. */
export function eventOfChange(change: RecordedChange): HookEvent | undefined {
  const { time, serial, what, author, host, before } = change;
  const occasion = occasionOf(change);
  if (!occasion) return undefined;
  const known = host ?? before;
  const address = known?.internalAddress;
  return {
    id: change.revision,
    time: time.toISOString(),
    occasion,
    serial,
    what,
    state: host?.state,
    before: before?.state,
    profile: known?.profile,
    address: address === undefined ? undefined : formatIpv4(address),
    author,
  };
}

/** What stands in no log: it must be kept until it is delivered. */
export function isNews({ occasion }: HookEvent): boolean {
  return occasion === 'pending' || occasion === 'stuck' || occasion === 'recovered' || occasion === 'retried';
}

export function eventOfNews({ kind, serial, time, reason, detail }: StuckNews): HookEvent {
  return {
    id: `${kind}-${serial}-${time.getTime()}`,
    time: time.toISOString(),
    occasion: kind,
    serial,
    what: `${reason}: ${detail}`,
  };
}

/** A machine that nobody named begins to wait. That it was rejected an operator knows. */
export function eventOfJoining({ code, machine, time }: JoiningNews): HookEvent | undefined {
  const { serial, mac, address, hardware } = machine;
  if (code !== 'waiting') return undefined;
  const asks = [hardware?.product, mac].filter((text) => text !== undefined).join(', ');
  return {
    id: `pending-${machine.code}-${time.getTime()}`,
    time: time.toISOString(),
    occasion: 'pending',
    serial,
    what: `waits to be accepted, code ${machine.code}${asks === '' ? '' : `: ${asks}`}`,
    address: address === undefined ? undefined : formatIpv4(address),
  };
}

function occasionOf({ host, before }: RecordedChange): HookOccasion | undefined {
  if (!host) return 'retired';
  if (!before) return 'created';
  return host.state === before.state || host.state === 'unknown' ? undefined : host.state;
}
