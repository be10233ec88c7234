import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { ApiHost } from '../src/api/schemas.js';
import { bmcAddress } from './bmc.js';
import { home, Lab, LabFailure } from './lab.js';
import { commandRunning } from './running.js';
import { removeLeftovers, runningLabs } from './leftovers.js';
import { LiveTable, type MachineView } from './live-table.js';
import type { Machine } from './machine.js';
import { parseOptions, USAGE, UsageError, type SandboxOptions } from './options.js';
import { tour, tourLines, tourWithoutMachines } from './tour.js';

const say = (text: string): boolean => process.stdout.write(`${text}\n`);

async function viewOf(machine: Machine, host: ApiHost | undefined): Promise<MachineView> {
  const { serial, firmware } = machine.spec;
  const progress = host?.state === 'installing' ? host.progress : undefined;
  return {
    serial,
    firmware,
    address: host?.address ?? '',
    profile: host?.profile ?? '',
    state: host?.state ?? (machine.isOn ? 'powered on' : ''),
    activity: machine.isOn ? (progress?.message ?? (await machine.lastWords())) : 'is off',
  };
}

/** One look at the machines; true when all are running. */
async function look(lab: Lab, table: LiveTable): Promise<boolean> {
  const hosts = new Map((await lab.hosts()).map((host) => [host.serial, host]));
  const views = await Promise.all(
    lab.machines.map((machine) => viewOf(machine, hosts.get(machine.spec.serial.toLowerCase()))),
  );
  table.show(views);
  return views.every(({ state }) => state === 'running');
}

async function showOutcome(lab: Lab): Promise<void> {
  say('\nWhat happened, from the Git log of the cluster, oldest first:');
  for (const line of await lab.log()) say(`  ${line}`);
  say('');
  say(await lab.imagoctl('list'));
}

async function showWhatToTry(lab: Lab, keep: boolean): Promise<void> {
  const first = lab.machines[0];
  const stops = first ? tour(first.spec.serial.toLowerCase()) : tourWithoutMachines();
  say(
    keep
      ? '\nTry in another terminal, as root (Ctrl-C here ends it and removes everything):'
      : '\nWhat to try next: ./bin/sandbox --keep, and then in another terminal, as root:',
  );
  const isAlone = (await runningLabs()).length < 2;
  for (const line of tourLines(stops, isAlone ? undefined : lab.namespace)) say(line);
  if (keep) say(`\nLogs, consoles and the cluster's Git repository are in ${lab.folder}`);
}

async function play(lab: Lab, options: SandboxOptions, signal: AbortSignal): Promise<void> {
  say(`sandbox: network namespace ${lab.namespace}, files in ${lab.folder}`);
  await lab.startImago();
  say(`sandbox: imago is ready, its operators come through ${lab.socket}`);
  for (const [index, firmware] of options.machines.entries()) {
    signal.throwIfAborted();
    const machine = await lab.addMachine(index + 1, firmware);
    await machine.powerOn();
    const { spec } = machine;
    say(
      `sandbox: ${spec.serial} is powered on (${firmware}, ${spec.mac}, blank disk, BMC at ${bmcAddress(index + 1)})`,
    );
  }
  const table = new LiveTable(process.stdout);
  if (options.machines.length > 0) {
    const patienceMs = options.timeoutSeconds * 1000;
    await lab.until('all machines are running', patienceMs, () => look(lab, table), signal);
    await showOutcome(lab);
  }
  await showWhatToTry(lab, options.keep);
  if (options.keep) {
    table.startAnew();
    await lab.until('interrupted', Infinity, async () => (await look(lab, table)) && false, signal);
  }
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
    process.on(name, () => interruption.abort(name));
  }
  // Ctrl-C also ends whoever reads this, as tee: what was made is removed all the same.
  for (const output of [process.stdout, process.stderr])
    output.on('error', () => interruption.abort('SIGPIPE'));
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
    process.exitCode = 128 + constants.signals[interruption.signal.reason as NodeJS.Signals];
  } finally {
    say('\nsandbox: removing the machines, the network and all files');
    await lab.close();
  }
}

try {
  const [first = '', ...rest] = process.argv.slice(2);
  if (first !== '' && !first.startsWith('-')) {
    process.exitCode = await commandRunning(first, rest);
  } else {
    const options = parseOptions(process.argv.slice(2));
    if (options) await runSandbox(options);
    else process.stdout.write(USAGE);
  }
} catch (error) {
  const isUsage = error instanceof UsageError || isOptionFault(error);
  process.stderr.write(`sandbox: ${faultText(error)}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

function faultText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UsageError) return error.message;
  // What Node says of an option goes on with advice on positional arguments.
  if (isOptionFault(error)) return `${error.message.split('. ')[0]}: see ./bin/sandbox --help`;
  return error instanceof LabFailure ? error.message : (error.stack ?? error.message);
}

function isOptionFault(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
