import { ImagoError } from '../../errors.js';
import type { ApiHost } from '../../api/schemas.js';
import { matching, propose, wordsOf } from '../completion/candidates.js';
import type { Connection } from '../connection.js';
import { ImagoCommand } from '../imago-command.js';

/** Asked by the shell at each press of the tabulator: it must be quick, and never complain. */
export default class Complete extends ImagoCommand {
  static override hidden = true;
  static override summary = 'Print what may come next on a command line.';
  static override usage = 'complete -- WORD…';
  static override enableJsonFlag = false;
  static override strict = false;

  async run(): Promise<string[]> {
    const { flags, argv } = await this.parse(Complete);
    const words = argv.map(String);
    const { words: fixed, topics } = propose(words, this.config.commands);
    const known = topics.length > 0 ? wordsOf(await this.look(flags), topics) : [];
    const candidates = matching([...new Set([...fixed, ...known])], words.at(-1) ?? '');
    this.print(candidates);
    return candidates;
  }

  /** Whoever presses a key does not want to read that the daemon is away. */
  private async look(connection: Connection): Promise<readonly ApiHost[]> {
    try {
      const api = await this.connect(connection, { timeoutMs: 1000 });
      return await api.hosts();
    } catch (error) {
      if (error instanceof ImagoError) return [];
      throw error;
    }
  }
}
