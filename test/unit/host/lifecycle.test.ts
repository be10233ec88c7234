import { expect } from 'chai';
import {
  IllegalTransition,
  commandedState,
  hostEvents,
  hostStates,
  mayBeProvisioned,
  nextState,
  provisionEvent,
  type HostEvent,
  type HostState,
} from '../../../src/host/lifecycle.js';

const refused = undefined;

/** Every state and every event: what the state becomes, or that it is refused. */
const grid: Record<HostState, Record<HostEvent, HostState | undefined>> = {
  unknown: {
    configure: 'configured',
    provision: refused,
    reprovision: refused,
    installed: refused,
    booted: refused,
  },
  configured: {
    configure: 'configured',
    provision: 'installing',
    reprovision: refused,
    installed: refused,
    booted: refused,
  },
  installing: {
    configure: 'configured',
    provision: 'installing',
    reprovision: refused,
    installed: 'installed',
    booted: 'running',
  },
  installed: {
    configure: 'configured',
    provision: refused,
    reprovision: refused,
    installed: 'installed',
    booted: 'running',
  },
  running: {
    configure: 'configured',
    provision: refused,
    reprovision: 'running',
    installed: refused,
    booted: 'running',
  },
};

/** Every state and every state that an operator may ask for. */
const commands: Record<HostState, readonly HostState[]> = {
  unknown: ['configured'],
  configured: ['configured', 'installing'],
  installing: ['configured', 'installing', 'installed', 'running'],
  installed: ['configured', 'installed', 'running'],
  running: ['configured', 'running'],
};

describe('the life cycle', () => {
  for (const from of hostStates) {
    for (const event of hostEvents) {
      const want = grid[from][event];
      it(`${from} × ${event} → ${want ?? 'refused'}`, () => {
        if (want) expect(nextState(from, event)).to.equal(want);
        else expect(() => nextState(from, event)).to.throw(IllegalTransition);
      });
    }
  }

  for (const from of hostStates) {
    for (const wanted of hostStates) {
      const allowed = commands[from].includes(wanted);
      it(`an operator ${allowed ? 'may' : 'may not'} set a host that is ${from} to ${wanted}`, () => {
        if (allowed) expect(commandedState(from, wanted)).to.equal(wanted);
        else expect(() => commandedState(from, wanted)).to.throw(IllegalTransition);
      });
    }
  }

  it('says why it refuses, and what is possible instead', () => {
    expect(() => nextState('running', 'provision')).to.throw(
      'a host that is running cannot become installing: from running it can only become configured (configure), running (booted)',
    );
  });

  it('lets only a machine that runs diskless, and is to, fetch its configuration again', () => {
    const modes = ['two-stage', 'direct-ignition', 'diskless'] as const;
    const again = hostStates.flatMap((state) =>
      [true, false].flatMap((diskless) =>
        modes
          .filter((mode) => provisionEvent({ state, diskless }, mode) === 'reprovision')
          .map((mode) => `${state} ${diskless} ${mode}`),
      ),
    );
    expect(again).to.deep.equal(['running true diskless']);
  });

  it('installs no machine that holds a system which nobody asked to replace', () => {
    expect(hostStates.filter(mayBeProvisioned)).to.deep.equal(['configured', 'installing']);
  });
});
