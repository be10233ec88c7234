import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort, ImagoProcess } from './storm/imago-process.js';

/**
 * What `/ipxe` of matchbox costs one machine, of a data folder and of records, with few groups and with many: daemons of their own on
 * loopback, asked in turn. Each machine has a group by its card, and one more by `os`.
 */
const { values } = parseArgs({
  options: {
    few: { type: 'string', default: '10' },
    many: { type: 'string', default: '10000' },
    requests: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '5' },
    'most-ratio': { type: 'string' },
  },
});
const requests = Number(values.requests);

const macOf = (index: number): string =>
  `52:54:${index
    .toString(16)
    .padStart(8, '0')
    .replace(/(..)(?!$)/g, '$1:')}`;

function fill(folder: string, groups: number): void {
  for (const kind of ['groups', 'profiles']) mkdirSync(join(folder, kind), { recursive: true });
  const boot = { kernel: '/assets/vmlinuz', initrd: ['--name main /assets/initrd'], args: ['initrd=main'] };
  writeFileSync(join(folder, 'profiles/p.json'), JSON.stringify({ id: 'p', boot }));
  for (let index = 0; index < groups; index += 1) {
    const selector = { mac: macOf(index >> 1), ...(index % 2 === 1 && { os: 'installed' }) };
    const group = { id: `g${index}`, profile: 'p', selector, metadata: { name: `node${index}` } };
    writeFileSync(join(folder, `groups/g${index}.json`), JSON.stringify(group));
  }
}

class Matchbox {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly waits: number[] = [];

  private constructor(
    readonly imago: ImagoProcess,
    private readonly port: number,
    private readonly groups: number,
  ) {}

  static async start(folder: string, groups: number, isRecords: boolean): Promise<Matchbox> {
    const data = join(folder, 'data');
    fill(data, groups);
    const port = await freePort();
    const matchbox = isRecords ? { records: true } : { data };
    const imago = await ImagoProcess.prepare(folder, undefined, {
      matchbox,
      listeners: { matchbox: { port } },
    });
    const config = join(folder, 'conf/imago.yaml');
    if (isRecords) execFileSync(resolve('bin/imago'), ['--import-matchbox', data, '--config', config]);
    await imago.start({ hasGit: false });
    return new Matchbox(imago, port, groups);
  }

  /** One request after the other, each of another machine. */
  async ask(): Promise<void> {
    for (let each = 0; each < requests; each += 1) {
      const mac = macOf((each * 7919) % (this.groups >> 1)).replaceAll(':', '-');
      const began = performance.now();
      const script = await this.#get(`/ipxe?uuid=u&mac=${mac}&domain=&hostname=&serial=s&os=installed`);
      this.waits.push(performance.now() - began);
      if (!script.startsWith('#!ipxe\nkernel /assets/vmlinuz ')) throw new Error(`answered ${script}`);
    }
  }

  #get(path: string): Promise<string> {
    return new Promise((done, fail) => {
      get({ host: this.imago.server.host, port: this.port, path, agent: this.#agent }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => done(text));
      }).on('error', fail);
    });
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await this.imago.stop();
  }
}

/** The lower one of the two in the middle. */
function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)] ?? 0;
}

async function compare(isRecords: boolean): Promise<number> {
  const counts = [Number(values.few), Number(values.many)];
  const folders = counts.map(() => mkdtempSync(join(tmpdir(), 'imago-bench-matchbox-')));
  const running: Matchbox[] = [];
  try {
    for (const [index, folder] of folders.entries())
      running.push(await Matchbox.start(folder, counts[index] ?? 0, isRecords));
    for (const each of running) {
      await each.ask();
      each.waits.length = 0;
    }
    const before = running.map(({ imago }) => imago.cpu().mainSeconds);
    for (let round = 0; round < Number(values.rounds); round += 1)
      for (const each of running) await each.ask();
    const waits = running.map((each) => median(each.waits));
    const cpu = running.map(
      ({ imago, waits: all }, index) =>
        ((imago.cpu().mainSeconds - (before[index] ?? 0)) * 1000) / all.length,
    );
    const ratio = (waits[1] ?? 0) / (waits[0] ?? 1);
    const shown = counts.map(
      (count, index) =>
        `${count} groups: p50 ${waits[index]?.toFixed(3)} ms, cpu ${cpu[index]?.toFixed(3)} ms`,
    );
    print(`${isRecords ? 'records' : 'data folder'}: ${shown.join(' · ')} · ratio ${ratio.toFixed(2)}`);
    return ratio;
  } finally {
    for (const each of running) await each.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const ratios = [await compare(false), await compare(true)];
const most = values['most-ratio'];
if (most !== undefined && ratios.some((ratio) => ratio > Number(most))) process.exitCode = 1;
