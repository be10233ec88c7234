import { Command, Errors } from '@oclif/core';
import type { ApiClient } from '../api/client.js';
import type { MayuClient } from '../api/mayu-client.js';
import type { DoorOptions } from '../api/door.js';
import { baseUrlOf, type ConnectionWords, placeForMachines, thisOperator } from './connection.js';
import { doorTo } from './door.js';
import { connectionFlags } from './flags.js';
import { forTerminal, wantsColor } from './terminal.js';
import { exitCodeOf } from './exit-code.js';
import { renderColumns, type Column } from './columns.js';
import { failureJson } from './failure.js';
import { forEachTarget, SomeRefused, throwRefusals } from './for-each-target.js';
import { outputFlag, outputFormat, type OutputFormat } from './output-flag.js';
import type { Findings, Table } from './render-output.js';

/** What every command shares: the connection, `--output`, and how it fails. */
export abstract class ImagoCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = { ...connectionFlags, output: outputFlag };
  /** The field of what it finds that `--output name` prints. */
  static nameField = 'serial';

  #renderOutput: ((findings: Findings) => string) | undefined;
  #table: Table | undefined;

  /** How to print what is found; `table` is for people. */
  protected get format(): OutputFormat {
    if (!this.ctor.enableJsonFlag) return 'table';
    const format = outputFormat(this.argv);
    return format === 'table' && super.jsonEnabled() ? 'json' : format;
  }

  protected override async init(): Promise<void> {
    await super.init();
    const { format } = this;
    if (format === 'table') return;
    const { outputRenderer } = await import('./render-output.js');
    this.#renderOutput = await outputRenderer(format);
  }

  /** For programs, in whatever format: oclif then prints what `run` answers, and nothing else. */
  override jsonEnabled(): boolean {
    return this.format !== 'table';
  }

  /** The schemas and the client are loaded only when a call is made: help and completion stay quick. */
  protected async connect(words: ConnectionWords, limits: { timeoutMs?: number } = {}): Promise<ApiClient> {
    return this.enter(await this.doorTo(words), limits);
  }

  protected async enter(door: DoorOptions, limits: { timeoutMs?: number } = {}): Promise<ApiClient> {
    const { ApiClient } = await import('../api/client.js');
    return new ApiClient({ ...door, operator: thisOperator(), ...limits });
  }

  /** For who has to name it, too. */
  protected doorTo(words: ConnectionWords): Promise<DoorOptions> {
    return doorTo(words, this.config.root);
  }

  /** What machines report of themselves they report in Mayu’s tongue. */
  protected async connectAsMachine(words: ConnectionWords, url?: string): Promise<MayuClient> {
    const baseUrl = url ?? baseUrlOf(placeForMachines(words, process.env));
    const { MayuClient } = await import('../api/mayu-client.js');
    return new MayuClient({ baseUrl }, thisOperator());
  }

  protected print(lines: readonly string[]): void {
    if (lines.length > 0) this.log(lines.map(forTerminal).join('\n'));
  }

  /** Beside what is found, on standard error. */
  protected tell(line: string): void {
    this.logToStderr(forTerminal(line));
  }

  protected printTable<Item>(
    items: readonly Item[],
    columns: readonly Column<Item>[],
    { 'no-legend': noLegend }: { readonly 'no-legend': boolean },
  ): void {
    const legend = !noLegend;
    this.#table = { items, columns: columns as readonly Column<unknown>[], legend };
    if (!this.jsonEnabled()) this.print(renderColumns(items, columns, { legend, color: this.color }));
  }

  /**
   * Does the same to each machine, and prints a line for each of which it was done.
   * @throws what the only machine met, or SomeRefused
   */
  protected async toEach<Result>(
    serials: readonly string[],
    act: (serial: string) => Promise<Result>,
    line: (result: Result) => string,
    atATime?: number,
  ): Promise<Result[]> {
    const outcomes = await forEachTarget(serials, act, atATime);
    this.print(outcomes.done.map(line));
    throwRefusals(outcomes);
    return [...outcomes.done];
  }

  protected get color(): boolean {
    return wantsColor();
  }

  override logJson(value: unknown): void {
    const { nameField } = this.constructor as typeof ImagoCommand;
    process.stdout.write(this.#renderOutput?.({ value, table: this.#table, nameField }) ?? '');
  }

  protected override catch(error: Error & { exitCode?: number }): Promise<never> {
    const { format } = this;
    // A command that only ends has said all that there is.
    if (error instanceof Errors.ExitError) throw error;
    if (format === 'json' || format === 'yaml') {
      this.logJson(failureJson(error));
      return this.exit(exitCodeOf(error));
    }
    // Rows and names have no place for an error: those that were done, and the line for people.
    if (format !== 'table' && error instanceof SomeRefused) this.logJson(error.outcomes.done);
    throw error;
  }
}
