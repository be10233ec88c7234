import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import type { Event, EventQuery } from '../../../src/api/events.js';
import { EventBell } from '../../../src/cli/event-bell.js';

const INTERVAL_SECONDS = 0.05;

/** A daemon's events, as a test lets them happen. */
class StagedEvents {
  readonly asked: (string | undefined)[] = [];
  #happen: (id: string) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  async *follow({ since }: EventQuery): AsyncGenerator<Event> {
    this.asked.push(since);
    for (;;) {
      const id = await new Promise<string>((resolve, reject) => {
        this.#happen = resolve;
        this.#fail = reject;
      });
      yield { id, time: '2026-11-21T00:00:00Z', kind: 'change', serial: 'a1', what: 'x' };
    }
  }

  happen(id: string): void {
    this.#happen(id);
  }

  fail(): void {
    this.#fail(new Error('the daemon was stopped'));
  }
}

describe('EventBell', () => {
  let events: StagedEvents;
  let bell: EventBell;
  beforeEach(() => {
    events = new StagedEvents();
    bell = new EventBell(events, INTERVAL_SECONDS);
  });

  afterEach(() => bell.close());

  const outcome = (next: Promise<void>) =>
    Promise.race([next.then(() => 'rung'), pause(300).then(() => 'quiet')]);

  it('is quiet while nothing happens, and rings once for what comes in one go', async () => {
    const next = bell.next();
    expect(await outcome(next)).to.equal('quiet');
    events.happen('1');
    await pause(1);
    events.happen('2');
    expect(await outcome(next)).to.equal('rung');
    expect(await outcome(bell.next())).to.equal('quiet');
  });

  it('rings when the daemon goes away, and follows on from what it heard last', async () => {
    events.happen('7');
    await bell.next();
    events.fail();
    expect(await outcome(bell.next())).to.equal('rung');
    await pause(150);
    expect(events.asked).to.deep.equal(['', '7']);
  });

  it('rings each interval where there are no events', async () => {
    const deaf = new EventBell({ follow: failing }, INTERVAL_SECONDS);
    for (let times = 0; times < 3; times += 1) expect(await outcome(deaf.next())).to.equal('rung');
    deaf.close();
  });
});

async function* failing(): AsyncGenerator<Event> {
  await pause(1);
  yield* [];
  throw new Error('there is nothing at /api/v1/events');
}
