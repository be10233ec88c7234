import { Command } from '@oclif/core';
import type { ApiClient } from '../api/client.js';
import type { MayuClient } from '../api/mayu-client.js';
import { baseUrlOf, type Connection } from './connection.js';
import { connectionFlags } from './connection-flags.js';
import { exitCodeOf } from './exit-code.js';
import { failureJson } from './failure.js';
import { thisOperator } from './operator.js';

/** What every command shares: the connection, `--json`, and how it fails. */
export abstract class ImagoCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = connectionFlags;

  /** The schemas and the client are loaded only when a call is made: help and completion stay quick. */
  protected async connect(connection: Connection, limits: { timeoutMs?: number } = {}): Promise<ApiClient> {
    const baseUrl = baseUrlOf(connection);
    const { ApiClient } = await import('../api/client.js');
    return new ApiClient({ baseUrl, operator: thisOperator(), ...limits });
  }

  /** What machines report of themselves they report in Mayu’s tongue. */
  protected async connectAsMachine(connection: Connection, url?: string): Promise<MayuClient> {
    const baseUrl = url ?? baseUrlOf(connection);
    const { MayuClient } = await import('../api/mayu-client.js');
    return new MayuClient(baseUrl, thisOperator());
  }

  protected print(lines: readonly string[]): void {
    if (lines.length > 0) this.log(lines.join('\n'));
  }

  /** Colours are for people: never in a pipe or a file (https://no-color.org). */
  protected get color(): boolean {
    return process.stdout.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }

  protected override catch(error: Error & { exitCode?: number }): Promise<never> {
    if (!this.jsonEnabled()) throw error;
    this.logJson(failureJson(error));
    return this.exit(exitCodeOf(error));
  }
}
