import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fleetOf } from './storm/fleet-repository.js';
import { ImagoProcess } from './storm/imago-process.js';

/**
 * How long an operator waits for `imagoctl list`, and what it costs, with a daemon of its own on loopback; beside it, in the same run
 * and in turn, a Node.js that does nothing, below which no program written for it can come.
 */
const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '10' },
    'most-ms': { type: 'string' },
  },
});

interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
}

const imagoctl = resolve('bin/imagoctl');

function cost(command: readonly string[], environment: Readonly<Record<string, string>>): Cost {
  const words = ['-c', 'TIMEFORMAT=\'%U %S %R\'; time "$@" >/dev/null', 'bash', ...command];
  const { status, stderr } = spawnSync('bash', words, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  const [user, system, real] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  if (status !== 0 || user === undefined || system === undefined || real === undefined) {
    throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`);
  }
  return { cpuMs: (user + system) * 1000, wallMs: real * 1000 };
}

/** The lower one of the two in the middle. */
function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)] ?? 0;
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'imago-bench-'));
  const imago = await ImagoProcess.prepare(folder, await fleetOf(Number(values.hosts), '.cache/bench'));
  try {
    await imago.start({ hasGit: false });
    const { host, port } = imago.server;
    const environment = { IMAGO_HOST: host, IMAGO_PORT: String(port), IMAGO_NO_TLS: '1' };
    const commands = {
      'node -e 0': [process.execPath, '-e', '0'],
      'imagoctl list': [imagoctl, 'list'],
      'imagoctl list --json': [imagoctl, 'list', '--json'],
      'imagoctl complete -- status ': [imagoctl, 'complete', '--', 'status', ''],
      'imagoctl version --client': [imagoctl, 'version', '--client'],
    };
    const costs = Object.entries(commands).map(([name, command]) => ({ name, command, runs: [] as Cost[] }));
    for (const { command } of costs) cost(command, environment);
    for (let run = 0; run < Number(values.runs); run += 1) {
      for (const { command, runs } of costs) runs.push(cost(command, environment));
    }
    print(`${values.hosts} hosts, medians of ${values.runs} runs in turn, in milliseconds`);
    print(`${''.padEnd(30)}${'user + sys'.padStart(12)}${'wall'.padStart(8)}`);
    for (const { name, runs } of costs) {
      const [cpu, wall] = [median(runs.map(({ cpuMs }) => cpuMs)), median(runs.map(({ wallMs }) => wallMs))];
      print(`${name.padEnd(30)}${cpu.toFixed(0).padStart(12)}${wall.toFixed(0).padStart(8)}`);
      if (name === 'imagoctl list' && values['most-ms'] !== undefined && cpu > Number(values['most-ms'])) {
        print(`imagoctl list took more than ${values['most-ms']} ms of a processor`);
        process.exitCode = 1;
      }
    }
  } finally {
    await imago.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await measure();
