import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiHost } from '../src/api/schemas.js';
import { home, Lab, LabFailure } from './lab.js';
import { removeLeftovers } from './leftovers.js';
import { LiveTable, type MachineView } from './live-table.js';
import type { Machine } from './machine.js';
import { parseOptions, USAGE, UsageError, type SandboxOptions } from './options.js';

const INTERRUPTED = 130;

const say = (text: string): boolean => process.stdout.write(`${text}\n`);

function shellLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ');
}

async function viewOf(machine: Machine, host: ApiHost | undefined): Promise<MachineView> {
  const { serial, firmware } = machine.spec;
  const progress = host?.state === 'installing' ? host.progress : undefined;
  return {
    serial,
    firmware,
    address: host?.address ?? '',
    profile: host?.profile ?? '',
    state: host?.state ?? 'powered on',
    activity: progress?.message ?? (await machine.lastWords()),
  };
}

async function watchUntilRunning(lab: Lab, timeoutSeconds: number, signal: AbortSignal): Promise<void> {
  const table = new LiveTable(process.stdout);
  await lab.until(
    'all machines are running',
    timeoutSeconds * 1000,
    async () => {
      const hosts = new Map((await lab.hosts()).map((host) => [host.serial, host]));
      const views = await Promise.all(
        lab.machines.map((machine) => viewOf(machine, hosts.get(machine.spec.serial.toLowerCase()))),
      );
      table.show(views);
      return views.every(({ state }) => state === 'running');
    },
    signal,
  );
}

async function showOutcome(lab: Lab): Promise<void> {
  say('\nWhat happened, from the Git log of the cluster, oldest first:');
  for (const line of await lab.log()) say(`  ${line}`);
  say('');
  say(await lab.imagoctl('list'));
}

function showWhatToTry(lab: Lab, keep: boolean): void {
  const serial = lab.machines[0]?.spec.serial.toLowerCase() ?? 'SERIAL';
  const tries = [
    lab.imagoctlCommand('list'),
    lab.imagoctlCommand('status', serial),
    lab.imagoctlCommand('history', serial),
    lab.imagoctlCommand('set', serial, 'state', 'configured'),
    ['git', '-C', lab.clusterFolder, 'log', '--oneline'],
    ['tail', '-f', lab.imagoLog],
    ...lab.machines.slice(0, 1).map(({ files }) => ['tail', '-f', files.console]),
  ];
  say(
    keep
      ? '\nTry, as root, in another terminal (Ctrl-C here ends and removes everything):'
      : '\nWhat to try next: run ./bin/sandbox --keep, and then, as root, in another terminal, the likes of',
  );
  for (const words of tries) say(`  ${shellLine(words)}`);
}

async function play(lab: Lab, options: SandboxOptions, signal: AbortSignal): Promise<void> {
  say(`sandbox: network namespace ${lab.namespace}, files in ${lab.folder}`);
  await lab.startImago();
  say(`sandbox: imago is ready at ${lab.baseUrl}`);
  for (const [index, firmware] of options.machines.entries()) {
    signal.throwIfAborted();
    const { spec } = await lab.powerOn(index + 1, firmware);
    say(`sandbox: ${spec.serial} is powered on (${firmware}, ${spec.mac}, blank disk)`);
  }
  if (options.machines.length > 0) {
    await watchUntilRunning(lab, options.timeoutSeconds, signal);
    await showOutcome(lab);
  }
  showWhatToTry(lab, options.keep);
  while (options.keep) await delay(60_000, undefined, { signal });
}

/** Keeps what tells why it failed: logs and consoles, not disks. */
async function keepEvidence(lab: Lab): Promise<void> {
  const folder = join(home, '.cache/sandbox/last-failure');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const isEvidence = (path: string): boolean => path === lab.folder || /\.(log|console|yaml)$/.test(path);
  await cp(lab.folder, folder, { recursive: true, filter: isEvidence });
  const log = await readFile(lab.imagoLog, 'utf8').catch(() => '');
  process.stderr.write(
    `${log.split('\n').slice(-12).join('\n')}\nsandbox: logs and consoles are kept in ${folder}\n`,
  );
}

async function runSandbox(options: SandboxOptions): Promise<void> {
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => interruption.abort());
  }
  for (const name of await removeLeftovers())
    say(`sandbox: removed ${name}, left behind by a run that was killed`);
  const lab = await Lab.build();
  try {
    await play(lab, options, interruption.signal);
  } catch (error) {
    if (!interruption.signal.aborted) {
      await keepEvidence(lab);
      throw error;
    }
    process.exitCode = INTERRUPTED;
  } finally {
    say('\nsandbox: removing the machines, the network and all files');
    await lab.close();
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options) await runSandbox(options);
  else process.stdout.write(USAGE);
} catch (error) {
  const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
  const text =
    error instanceof Error && !isUsage && !(error instanceof LabFailure) ? error.stack : String(error);
  process.stderr.write(
    `sandbox: ${isUsage && error instanceof Error ? `${error.message}\n\n${USAGE}` : text}\n`,
  );
  process.exitCode = isUsage ? 2 : 1;
}
