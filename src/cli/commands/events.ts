import { setTimeout as pause } from 'node:timers/promises';
import { Args, Flags } from '@oclif/core';
import type { ApiClient } from '../../api/client.js';
import { ApiProblem, ServerUnreachable } from '../../api/errors.js';
import type { Event } from '../../api/events.js';
import { escapeText, showValue } from '../../errors.js';
import { failureLine } from '../failure.js';
import { ImagoCommand } from '../imago-command.js';
import { UsageError } from '../errors.js';
import { cell } from '../columns.js';
import { instant, pointInTime } from '../times.js';
import { hostColor, paint } from '../paint.js';

const RECONNECT_AFTER_MS = 2000;

export default class Events extends ImagoCommand {
  static override summary = 'Show what happened lately: changes, and reports of installers.';
  static override description =
    'The latest thousand; since an event of which the id is given, up to 10,000 changes, also those before a restart of the daemon. log shows all changes. With --follow --json each event is one line.';
  static override examples = ['<%= config.bin %> <%= command.id %> --follow --serial 4vx9z52 --since 15m'];
  static override nameField = 'id';
  static override args = { serial: Args.string({ ignoreStdin: true, description: 'only of this machine' }) };
  static override flags = {
    follow: Flags.boolean({
      char: 'f',
      summary: 'Go on with what happens, also after a restart of the daemon.',
    }),
    serial: Flags.string({ helpValue: 'SERIAL', summary: 'Only of this machine.' }),
    since: Flags.string({
      helpValue: 'TIME|ID',
      summary: 'Only what is younger, as in 15m or 2026-11-21T03:00Z; or what came after an event.',
    }),
  };

  async run(): Promise<Event[]> {
    const { args, flags } = await this.parse(Events);
    if (flags.follow && !['table', 'json'].includes(this.format)) {
      throw new UsageError(
        `--follow prints lines for people, or with --output json one event each: not ${this.format}`,
      );
    }
    const api = await this.connect(flags);
    const serial = flags.serial ?? args.serial;
    const events = await latest(api, serial, flags.since);
    if (!flags.follow) {
      this.print(events.map((event) => renderEvent(event, { color: this.color })));
      return events;
    }
    for (const event of events) this.show(event);
    // With no event to follow on from: all that there is by then.
    return this.follow(api, serial, events.at(-1)?.id ?? '');
  }

  /** Until it is interrupted. */
  private async follow(
    api: ApiClient,
    serial: string | undefined,
    since: string | undefined,
  ): Promise<never> {
    let last = since;
    for (;;) {
      try {
        for await (const event of api.follow({ serial, since: last })) {
          this.show(event);
          last = event.id;
        }
      } catch (error) {
        const isBehind = error instanceof ApiProblem && error.code === 'CHANGES_TOO_OLD';
        if (!isBehind && !(error instanceof ServerUnreachable)) throw error;
        if (isBehind) last = '';
        process.stderr.write(`${failureLine(error, this.config.bin)}\n`);
      }
      await pause(RECONNECT_AFTER_MS);
    }
  }

  private show(event: Event): void {
    const line = this.jsonEnabled()
      ? escapeText(JSON.stringify(event))
      : renderEvent(event, { color: this.color });
    process.stdout.write(`${line}\n`);
  }
}

/** Longer than a point in time without a colon: what is in it is the daemon's own. */
const EVENT_ID = /^[\w.~-]{16,}$|^[0-9a-f]{40}\./;

async function latest(
  api: ApiClient,
  serial: string | undefined,
  since: string | undefined,
): Promise<Event[]> {
  if (since !== undefined && EVENT_ID.test(since)) return api.events(serial, since);
  return eventsSince(await api.events(serial), since, Date.now());
}

/** One line: they come one by one, so columns are as wide as serials and states usually are. */
export function renderEvent(event: Event, { color }: { readonly color: boolean }): string {
  const state = cell(event.state).padEnd(10);
  const isFailure =
    (event.kind === 'progress' && event.code === 'failed') ||
    (event.kind === 'stuck' && event.code === 'stuck');
  const what = `${cell(event.what)}${event.author ? ` (${cell(event.author)})` : ''}`;
  return [
    instant(event.time),
    cell(event.record ?? event.serial).padEnd(12),
    color && event.state ? paint(state, hostColor({ state: event.state })) : state,
    color && isFailure ? paint(what, 'red') : what,
  ].join('  ');
}

/**
 * Those after a point in time (`15m` ago, or an instant), or after the event of an id.
 * @throws UsageError when it is none of these
 */
export function eventsSince(events: readonly Event[], since: string | undefined, now: number): Event[] {
  if (since === undefined) return [...events];
  const position = events.findIndex(({ id }) => id === since);
  if (position >= 0) return events.slice(position + 1);
  const from = pointInTime(since, now);
  if (from === undefined) {
    throw new UsageError(
      `${showValue(since)} is no time and no event that the daemon remembers: write 15m, 2026-11-21T03:00Z, or an id`,
    );
  }
  return events.filter(({ time }) => Date.parse(time) >= from);
}
