import { Flags } from '@oclif/core';
import type { ApiClient } from '../../api/client.js';
import { ImagoError } from '../../errors.js';
import type { ApiHost } from '../../api/schemas.js';
import { EventBell } from '../event-bell.js';
import { failureLine } from '../failure.js';
import { ImagoCommand } from '../imago-command.js';
import { keepLooking } from '../keep-looking.js';
import { defaultListFields, listColumns, inOrder, listFieldNames, renderList } from '../render-list.js';
import { screenSize } from '../terminal.js';
import { changedLines, goneSerials, renderScreen, waitingWords } from '../render-watch.js';
import { noLegendFlag, selectorFlags } from '../flags.js';
import { selectHosts, whyNoneIsListed } from '../targets.js';
import { UsageError } from '../errors.js';

export default class List extends ImagoCommand {
  static override summary = 'List the machines.';
  static override description = `Fields: ${listFieldNames.join(', ')}.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --fields ip,serial,state --no-legend',
    '<%= config.bin %> <%= command.id %> --watch',
  ];
  static override flags = {
    ...selectorFlags,
    fields: Flags.string({
      default: defaultListFields,
      helpValue: 'A,B,…',
      summary: 'Which columns, in this order.',
    }),
    'no-legend': noLegendFlag,
    watch: Flags.boolean({
      char: 'w',
      summary: 'Go on: redraw on a terminal, else print each line that changes.',
    }),
    interval: Flags.integer({
      default: 2,
      min: 1,
      max: 3600,
      helpValue: 'SECONDS',
      summary: 'At least between two looks with --watch.',
    }),
  };

  async run(): Promise<ApiHost[]> {
    const { flags } = await this.parse(List);
    listColumns(flags.fields); // whose fault is told before the daemon is asked
    const legend = !flags['no-legend'];
    const api = await this.connect(flags);
    const look = async () => selectHosts(await api.hosts(), flags);
    if (flags.watch && this.format !== 'table') {
      throw new UsageError(
        '--watch is for people: leave --output out, or follow imagoctl events --follow --json',
      );
    }
    if (flags.watch) {
      const bell = new EventBell(api, flags.interval);
      try {
        return await this.watch(api, look, () => bell.next(), flags.fields, legend);
      } finally {
        bell.close();
      }
    }
    const hosts = await look();
    // A list may be empty: that is an answer, and no fault.
    if (hosts.length === 0) this.logToStderr(`${this.config.bin}: ${whyNoneIsListed(flags)}`);
    this.printTable(inOrder(hosts), listColumns(flags.fields, hosts), flags);
    return hosts;
  }

  /** Until it is interrupted. */
  private async watch(
    api: ApiClient,
    look: () => Promise<readonly ApiHost[]>,
    until: () => Promise<void>,
    fields: string,
    legend: boolean,
  ): Promise<never> {
    const { stdout } = process;
    if (stdout.isTTY) stdout.write('\u{1b}[2J');
    let before: readonly ApiHost[] | undefined;
    let waitedBefore = 0;
    for await (const { seen, fault } of keepLooking(look, until)) {
      const columns = listColumns(fields, seen);
      const waiting = fault ? 0 : await waitingIn(api);
      if (stdout.isTTY) {
        const size = screenSize(stdout);
        stdout.write(renderScreen({ seen, fault }, columns, { legend, color: this.color, waiting, ...size }));
      } else if (fault) {
        this.logToStderr(failureLine(fault, this.config.bin));
      } else {
        this.print(
          before ? changedLines(before, seen, columns) : renderList(seen, columns, { legend, color: false }),
        );
        for (const serial of goneSerials(before ?? [], seen)) {
          this.logToStderr(`${this.config.bin}: ${serial} is no longer there`);
        }
      }
      if (!stdout.isTTY && waiting > waitedBefore)
        this.logToStderr(`${this.config.bin}: ${waitingWords(waiting)}: ${this.config.bin} pending`);
      before = seen;
      waitedBefore = waiting;
    }
    return this.exit();
  }
}

/** The list goes on where nobody can tell: a daemon of before has no such call. */
async function waitingIn(api: ApiClient): Promise<number> {
  try {
    return (await api.pending()).length;
  } catch (error) {
    if (error instanceof ImagoError) return 0;
    throw error;
  }
}
