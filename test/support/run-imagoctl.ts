import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { captureOutput } from '@oclif/test';
import { main } from '../../src/cli/main.js';
import { main as mayuMain } from '../../src/cli/mayu/main.js';

/** The folder of package.json, seen from dist/test/unit/cli. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Tests speak plain HTTP unless they are about TLS, and with no login of whoever runs them. */
export const operatorsOfTests = { IMAGO_NO_TLS: '1', XDG_CONFIG_HOME: '/nonexistent' } as const;

type Environment = Readonly<Record<string, string>>;

/** Runs a command as bin/imagoctl does, in this process. */
export function imagoctl(argv: readonly string[], environment: Environment = {}): Promise<Outcome> {
  return inEnvironment(environment, () => main(argv, { root, bin: 'imagoctl' }));
}

/** Runs a command as bin/mayuctl does, in this process. */
export function mayuctl(argv: readonly string[], environment: Environment = {}): Promise<Outcome> {
  return inEnvironment(environment, () => mayuMain(argv, { root, version: '0.1.0' }));
}

async function inEnvironment(environment: Environment, run: () => Promise<number>): Promise<Outcome> {
  const before = { ...process.env };
  Object.assign(process.env, { NO_COLOR: '1', ...operatorsOfTests, ...environment });
  try {
    const { stdout, stderr, result, error } = await captureOutput(run);
    if (error) throw error;
    return { stdout, stderr, code: Number(result) };
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** Runs the real thing, in a process of its own without a terminal. */
export function spawnImagoctl(
  argv: readonly string[],
  {
    path = `${root}bin/imagoctl`,
    cwd = '/',
    environment = {},
    input = '',
  }: { path?: string; cwd?: string; environment?: Environment; input?: string } = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...operatorsOfTests, ...environment };
    const child = execFile(path, argv, { cwd, env }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ stdout, stderr, code: Number(error?.code ?? 0) });
    });
    // Whoever has failed before reads nothing.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** Each line as its words: what awk sees. */
export function words(text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ +/));
}
