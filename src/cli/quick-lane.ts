import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../errors.js';
import type { CompletableCommand } from './completion/candidates.js';
import { connectionFrom } from './connection.js';
import { plainList, printList } from './plain-list.js';
import { wantsColor } from './wants-color.js';

interface Program {
  readonly root: string;
  readonly bin: string;
}

/** Whoever sets these wants something of oclif. */
const SWITCHES = ['DEBUG', 'IMAGOCTL_CONTENT_TYPE'];

/**
 * People wait for these two, a list and what may come next on a command line, and to load oclif takes longer than either. What is
 * plain is answered here; all else, and whatever is wrong with a line, is left to the commands.
 */
export async function quickLane(words: readonly string[], { root, bin }: Program): Promise<boolean> {
  if (SWITCHES.some((name) => process.env[name] !== undefined)) return false;
  const list = plainList(words, process.env);
  if (list) {
    await printList(list, { bin, color: wantsColor() });
    return true;
  }
  if (words[0] !== 'complete' || words[1] !== '--') return false;
  const commands = await commandsIn(join(root, 'oclif.manifest.json'));
  if (!commands) return false;
  const { complete } = await import('./completion/complete.js');
  const candidates = await complete(words.slice(2), commands, connectionFrom(process.env));
  process.stdout.write(candidates.map((candidate) => `${candidate}\n`).join(''));
  return true;
}

/** What the build wrote down of them; undefined when it did not. */
async function commandsIn(file: string): Promise<CompletableCommand[] | undefined> {
  try {
    const manifest = JSON.parse(await readFile(file, 'utf8')) as {
      readonly commands: Readonly<Record<string, CompletableCommand>>;
    };
    return [...Object.values(manifest.commands), { id: 'help', args: {}, flags: {} }];
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
