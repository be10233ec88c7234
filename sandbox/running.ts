import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { home } from './lab.js';
import { folderOf, runningLabs } from './leftovers.js';
import { operatorEnvironment } from './operator-environment.js';
import { UsageError } from './options.js';
import { qmp } from './qmp.js';

/** What can be done from another terminal to a sandbox that runs. */
export async function commandRunning(command: string, words: readonly string[]): Promise<number> {
  const lab = (await runningLabs())[0];
  if (lab === undefined) throw new UsageError('no sandbox is running: start one with ./bin/sandbox --keep');
  switch (command) {
    case 'exec':
      return executeIn(lab, words);
    case 'reset':
      return resetMachine(lab, words[0]);
  }
  throw new UsageError(`there is no command ${command}`);
}

/** Runs a program on the provisioning network, with imagoctl on its path and the server's address set for it. */
async function executeIn(lab: string, words: readonly string[]): Promise<number> {
  const child = spawn('ip', ['netns', 'exec', lab, ...(words.length > 0 ? words : ['bash'])], {
    stdio: 'inherit',
    env: operatorEnvironment(process.env, join(home, 'bin')),
  });
  const result = await once(child, 'exit');
  const code: unknown = result[0];
  const signal = result[1] as NodeJS.Signals | null;
  return typeof code === 'number' ? code : 128 + (signal === null ? 0 : constants.signals[signal]);
}

async function resetMachine(lab: string, serial: string | undefined): Promise<number> {
  if (serial === undefined || !/^SBX\d{4}$/i.test(serial)) {
    throw new UsageError('name the machine to reset, as in SBX0001');
  }
  const monitor = join(folderOf(lab), `${serial.toUpperCase()}.qmp`);
  if (!existsSync(monitor)) throw new UsageError(`the sandbox has no machine ${serial.toUpperCase()}`);
  await qmp(monitor, { execute: 'system_reset' });
  process.stdout.write(`${serial.toUpperCase()} was reset\n`);
  return 0;
}
