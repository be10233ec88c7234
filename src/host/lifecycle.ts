import { ImagoError } from '../errors.js';
import type { ProfileMode } from './profile-mode.js';

/** In the order of a machine’s life. */
export const hostStates = ['unknown', 'configured', 'installing', 'installed', 'running'] as const;
export type HostState = (typeof hostStates)[number];

export const hostEvents = ['configure', 'provision', 'reprovision', 'installed', 'booted'] as const;
/**
 * - `configure`: it has a profile and an address, or an operator asks for a fresh installation.
 * - `provision`: the machine fetches the configuration it is installed with.
 * - `reprovision`: a diskless machine boots again and fetches its configuration again.
 * - `installed`: its installer reports that the disk is written.
 * - `booted`: its own system reports that it is up.
 */
export type HostEvent = (typeof hostEvents)[number];

interface Transition {
  readonly to: HostState;
  /** What happens, in words for operators. */
  readonly sentence: string;
}

/** Every legal transition. What is not here is refused. */
const transitions: Readonly<Record<HostState, Partial<Readonly<Record<HostEvent, Transition>>>>> = {
  unknown: {
    configure: { to: 'configured', sentence: 'A new machine was given its profile and address.' },
  },
  configured: {
    configure: { to: 'configured', sentence: 'It already waits for its installation.' },
    provision: { to: 'installing', sentence: 'It fetched its configuration and installs itself.' },
  },
  installing: {
    configure: { to: 'configured', sentence: 'An operator starts its installation over.' },
    provision: { to: 'installing', sentence: 'Its installer was started again.' },
    installed: { to: 'installed', sentence: 'Its disk is written; it reboots.' },
    booted: { to: 'running', sentence: 'A diskless machine is up: it is never installed.' },
  },
  installed: {
    configure: { to: 'configured', sentence: 'An operator wants it installed again.' },
    installed: { to: 'installed', sentence: 'Its installer did not hear the answer and reports again.' },
    booted: { to: 'running', sentence: 'It booted its own disk and is up.' },
  },
  running: {
    configure: { to: 'configured', sentence: 'An operator wants it installed again.' },
    reprovision: { to: 'running', sentence: 'It has no disk: a reboot brings its configuration again.' },
    booted: { to: 'running', sentence: 'It was rebooted.' },
  },
};

/** The operator's word for an event is the state that it leads to: `set SERIAL state configured`. */
const eventLeadingTo: Readonly<Record<HostState, HostEvent | undefined>> = {
  unknown: undefined,
  configured: 'configure',
  installing: 'provision',
  installed: 'installed',
  running: 'booted',
};

export class IllegalTransition extends ImagoError {
  readonly code = 'ILLEGAL_TRANSITION';

  /** @param remedy Where the table alone does not tell. */
  constructor(from: HostState, wanted: string, remedy: string = remedyFor(from)) {
    super(`a host that is ${from} cannot become ${wanted}: ${remedy}`, { from, wanted });
  }
}

/** @throws IllegalTransition */
export function nextState(from: HostState, event: HostEvent): HostState {
  const transition = transitions[from][event];
  if (!transition) throw new IllegalTransition(from, wantedState(event));
  return transition.to;
}

/**
 * The state an operator asks for, by the same table as every other change.
 * @throws IllegalTransition
 */
export function commandedState(from: HostState, wanted: HostState): HostState {
  const event = eventLeadingTo[wanted];
  if (!event) throw new IllegalTransition(from, wanted);
  return nextState(from, event);
}

/** What fetching its configuration means for a machine: one that runs diskless, and still is to, has no system to be replaced. */
export function provisionEvent(
  { state, diskless }: { readonly state: HostState; readonly diskless?: boolean },
  mode: ProfileMode | undefined,
): HostEvent {
  return state === 'running' && diskless === true && mode === 'diskless' ? 'reprovision' : 'provision';
}

/** Whether the machine may be given an installer: not while it holds a system that nobody asked to replace. */
export function mayBeProvisioned(state: HostState): boolean {
  return transitions[state].provision !== undefined;
}

/** Whether it holds a system that serves: what it has is not taken from it on a stranger's word. */
export function isInUse(state: HostState): boolean {
  return state === 'installed' || state === 'running';
}

/** Whether its network cards are known to be its own: they are not given to a stranger that claims them. */
export function keepsItsCards(state: HostState): boolean {
  return state === 'installing' || isInUse(state);
}

function wantedState(event: HostEvent): string {
  return hostStates.find((state) => eventLeadingTo[state] === event) ?? event;
}

/** For `reprovision` nobody but the machine itself can ask. */
function remedyFor(from: HostState): string {
  const possible = Object.entries(transitions[from]).filter(([event]) => event !== 'reprovision');
  const events = possible.map(([event, { to }]) => `${to} (${event})`);
  return `from ${from} it can only become ${events.join(', ')}`;
}
