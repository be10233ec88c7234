import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { chooseLab, chooseMachine, sandboxNamed } from './choose-lab.js';
import { home } from './lab.js';
import { folderOf, runningLabs, socketOf } from './leftovers.js';
import { operatorEnvironment } from './operator-environment.js';
import { UsageError } from './options.js';
import { qmp } from './qmp.js';

/** What can be done from another terminal to a sandbox that runs. */
export async function commandRunning(command: string, words: readonly string[]): Promise<number> {
  if (command !== 'exec' && command !== 'reset') {
    throw new UsageError(`there is no command ${command}, only exec and reset: see ./bin/sandbox --help`);
  }
  const { name, rest } = sandboxNamed(words);
  const lab = chooseLab(await runningLabs(), name);
  return command === 'exec' ? executeIn(lab, rest) : resetMachine(lab, rest[0]);
}

/** Runs a program on the provisioning network, with imagoctl on its path and the server's socket set for it. */
async function executeIn(lab: string, words: readonly string[]): Promise<number> {
  if (words.length === 0) {
    throw new UsageError(
      'give a command to run on its network, as in: ./bin/sandbox exec imagoctl list; bash for a shell',
    );
  }
  const child = spawn('ip', ['netns', 'exec', lab, ...words], {
    stdio: 'inherit',
    env: operatorEnvironment(process.env, join(home, 'bin'), socketOf(lab)),
  });
  const result = await once(child, 'exit');
  const code: unknown = result[0];
  const signal = result[1] as NodeJS.Signals | null;
  return typeof code === 'number' ? code : 128 + (signal === null ? 0 : constants.signals[signal]);
}

async function resetMachine(lab: string, named: string | undefined): Promise<number> {
  const serial = chooseMachine(await machinesOf(lab), named);
  try {
    await qmp(join(folderOf(lab), `${serial}.qmp`), { execute: 'system_reset' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new UsageError(
      `${serial} is off: switch it on with ./bin/sandbox exec imagoctl power on ${serial.toLowerCase()}`,
      { cause: error },
    );
  }
  process.stdout.write(`${serial} was reset\n`);
  return 0;
}

/** Their serials: each has a disk. */
async function machinesOf(lab: string): Promise<string[]> {
  const files = await readdir(folderOf(lab));
  return files.flatMap((file) => (file.endsWith('.disk') ? [file.slice(0, -'.disk'.length)] : [])).sort();
}
