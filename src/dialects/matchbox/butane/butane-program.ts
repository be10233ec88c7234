import PQueue from 'p-queue';
import { cleanText } from '../../../errors.js';
import type { ReachLimit } from '../../../limits.js';
import { TemplateFault } from '../../../template/template-fault.js';
import { MOST_TEXT, TOO_LONG } from './bounds.js';

/** Makes Ignition of a Butane config; what it throws is a TemplateFault. `name` is of the template. */
export type TranslateByProgram = (text: string, name: string) => Promise<string>;

export interface ButaneProgram {
  /** The path of its file. */
  readonly program: string;
  readonly timeoutSeconds: number;
  readonly reach: ReachLimit;
}

const MOST_OUTPUT_BYTES = 4 << 20;
const AT_ONCE = 2;
const MOST_WAITING = 100;

/** The translator by the program `butane`, which gets the config on its standard input and no files of this machine. */
export function butaneProgram(
  { program, timeoutSeconds, reach }: ButaneProgram,
  mostBytes = MOST_OUTPUT_BYTES,
): TranslateByProgram {
  const queue = new PQueue({ concurrency: AT_ONCE });
  return async (text, name) => {
    if (text.length > MOST_TEXT) throw new TemplateFault({ template: name }, TOO_LONG);
    if (queue.size >= MOST_WAITING) {
      reach('butane-programs', { template: name });
      throw new TemplateFault({ template: name }, `${MOST_WAITING} others wait for ${program}: ask again`);
    }
    return await queue.add(() => run({ program, timeoutSeconds, mostBytes, text, name }));
  };
}

interface Run {
  readonly program: string;
  readonly timeoutSeconds: number;
  readonly mostBytes: number;
  readonly text: string;
  readonly name: string;
}

async function run({ program, timeoutSeconds, mostBytes, text, name }: Run): Promise<string> {
  const { execa } = await import('execa'); // not at the start: see docs/decisions/start.md
  const result = await execa(program, [], {
    env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' },
    extendEnv: false,
    cwd: '/',
    input: text,
    reject: false,
    timeout: timeoutSeconds * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: mostBytes,
  });
  if (!result.failed) return result.stdout;
  const fault = (reason: string, line?: number) => new TemplateFault({ template: name, line }, reason);
  if (result.timedOut) throw fault(`${program} took longer than ${timeoutSeconds} s to translate it`);
  if (result.isMaxBuffer) throw fault(`${program} made more than ${mostBytes} bytes of it`);
  if (result.exitCode === undefined) {
    throw fault(`${program} was not run or was ended: ${result.code ?? result.signal ?? 'unknown reason'}`);
  }
  const complaint = firstComplaint(result.stderr);
  throw fault(`${program} refuses it: ${complaint.text}`, complaint.line);
}

/** As in `error at $.storage.files.0.path, line 5 col 13: path not absolute`. */
function firstComplaint(stderr: string): { readonly text: string; readonly line: number | undefined } {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const error = lines.find((line) => line.startsWith('error ')) ?? lines.at(-1) ?? 'it does not say why';
  const place = /, line (\d{1,9}) /.exec(error)?.[1];
  return { text: cleanText(error).slice(0, 300), line: place === undefined ? undefined : Number(place) };
}
