import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Server } from 'node:http';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { createHash } from 'node:crypto';
import { parseConfig } from '../../src/config/parse-config.js';
import { newHost } from '../../src/host/host.js';
import { parseSerial } from '../../src/host/serial.js';
import { createTemplates } from '../../src/template/catalog.js';
import { templateContext } from '../../src/template/context.js';

const MEBIBYTE = 1024 * 1024;
const DISK_BYTES = 24 * MEBIBYTE;

export type ImageAnswer = 'whole' | 'slow' | 'corrupt' | 'half' | 'unavailable' | 'absent';

export interface Script {
  /** How the image is packed: its extension. */
  readonly packing?: 'bz2' | 'gz' | 'xz' | 'zst' | 'bin';
  /** One after the other; the last one stays. */
  readonly images?: readonly ImageAnswer[];
  readonly configStatuses?: readonly number[];
  /** What is said beside a status other than 200. */
  readonly refusal?: string;
  readonly installedStatuses?: readonly number[];
  /** Changes the profile's settings in the YAML text. */
  readonly profile?: string;
  readonly label?: string;
  /** Shell functions that take the place of programs. */
  readonly before?: string;
  /** Ends the run when this many attempts have failed. */
  readonly giveUpAfter?: number;
  readonly imageMebibytes?: number;
  /** How often the progress is looked at, in seconds. */
  readonly tickSeconds?: number;
}

export interface Outcome {
  readonly output: string;
  readonly status: number | null;
  /** Every request, as `GET /path`, with the offset of a range behind it. */
  readonly requests: readonly string[];
  /** `phase: message`, in order. */
  readonly reports: readonly string[];
  /** The machine's own description, as it was posted. */
  readonly hostInfo: unknown;
  /** Whether the start of the disk was blank when a failure was reported. */
  readonly blankAtFailure: readonly boolean[];
}

/**
 * A machine without a machine: the served script runs under a real shell, against a loop device as its disk, in mount and process
 * namespaces where /sys/block shows nothing else, beside an HTTP server that lies as it is told to.
 */
export class FirstStageLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'imago-first-stage-'));
  readonly disk = `imagotest${process.pid}`;
  readonly label = `IT${process.pid}`;
  readonly finalConfig = '{"ignition":{"version":"3.3.0"}}';
  readonly cloudConfig = '#cloud-config\nhostname: sbx0001\n';
  /** What the last run was told to write to the disk. */
  unpacked: Buffer = Buffer.alloc(0);
  readonly #loop: string;
  #child: ChildProcess | undefined;
  readonly #sys = join(this.folder, 'sys-block');

  constructor() {
    const file = join(this.folder, 'disk.img');
    execFileSync('truncate', ['-s', String(DISK_BYTES), file]);
    this.#loop = execFileSync('losetup', ['-P', '-f', '--show', file], { encoding: 'utf8' }).trim();
    symlinkSync(this.#loop, `/dev/${this.disk}`);
    mkdirSync(this.#sys);
    symlinkSync(resolve('/sys/devices/virtual/block', basename(this.#loop)), join(this.#sys, this.disk));
    this.addDisk('sr0', { size: 100 });
    this.addDisk('loop7', { size: 100_000 });
    this.addDisk('sdstick', { size: 50_000, removable: 1 });
    this.addDisk('sdlocked', { size: 50_000, ro: 1 });
    this.addDisk('sdempty', { size: 0 });
    this.addDisk('sdsmall', { size: 2 });
    this.addDisk('sdbig', { size: 900_000_000 });
  }

  /** A disk that is only there to be passed over; `size` in sectors of 512 bytes. */
  addDisk(name: string, facts: { size: number; removable?: number; ro?: number }): void {
    mkdirSync(join(this.#sys, name));
    for (const [fact, value] of Object.entries({ removable: 0, ro: 0, ...facts })) {
      writeFileSync(join(this.#sys, name, fact), `${value}\n`);
    }
  }

  remove(): void {
    this.#child?.kill('SIGKILL');
    execFileSync('losetup', ['-d', this.#loop]);
    rmSync(`/dev/${this.disk}`, { force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The first bytes of the disk. */
  start(bytes = MEBIBYTE): Buffer {
    const buffer = Buffer.alloc(bytes);
    const file = openSync(this.#loop, 'r');
    readSync(file, buffer, 0, bytes, 0);
    closeSync(file);
    return buffer;
  }

  /** A file on the first partition; empty where there is none. */
  fileOnDisk(path: string): string {
    return execFileSync('debugfs', ['-R', `cat ${path}`, `${this.#loop}p1`], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  }

  /** A disk image with one ext4 partition; its bytes, unpacked. */
  #image(label: string, mebibytes: number): Buffer {
    const file = join(this.folder, `image-${label}`);
    const part = join(this.folder, `part-${label}`);
    execFileSync('truncate', ['-s', `${mebibytes}M`, file]);
    execFileSync('truncate', ['-s', `${mebibytes - 3}M`, part]);
    execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-L', label, part]);
    execFileSync('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', file], {
      input: `label: gpt\nstart=2048, size=${(mebibytes - 3) * 2048}\n`,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    execFileSync('dd', [`if=${part}`, `of=${file}`, 'bs=1M', 'seek=1', 'conv=notrunc', 'status=none']);
    return readFileSync(file);
  }

  async run(shell: readonly string[], script: Script = {}): Promise<Outcome> {
    const packing = script.packing ?? 'bz2';
    this.unpacked = this.#image(script.label ?? this.label, script.imageMebibytes ?? 8);
    const packed = pack(this.unpacked, packing);
    const seen = {
      requests: [] as string[],
      reports: [] as string[],
      blankAtFailure: [] as boolean[],
      hostInfo: null as unknown,
    };
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { files, args } = this.#prepare(shell, script, packing, packed, port(server));
    const child = (this.#child = spawn('unshare', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: this.folder },
    }));
    const next = {
      image: turns<ImageAnswer>(script.images ?? ['whole']),
      config: turns(script.configStatuses ?? [200]),
      installed: turns(script.installedStatuses ?? [202]),
    };
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const path = request.url ?? '';
      const offset = /bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1];
      seen.requests.push(`${request.method} ${path}${offset === undefined ? '' : ` from ${offset}`}`);
      const body: Buffer[] = [];
      request.on('data', (chunk: Buffer) => body.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(body).toString();
        const phase = /^\/report\/[^/]+\/(\w+)$/.exec(path)?.[1];
        if (phase !== undefined) {
          seen.reports.push(`${phase}: ${text}`);
          if (phase === 'failed') {
            seen.blankAtFailure.push(this.start().every((byte) => byte === 0));
            if (seen.blankAtFailure.length === (script.giveUpAfter ?? 5)) child.kill('SIGKILL');
          }
          return void response.writeHead(204).end();
        }
        if (path === '/hostinfo-helper') return void response.end(files.helper);
        if (path === '/final-ignition-config.json') {
          seen.hostInfo = JSON.parse(text);
          const status = next.config();
          return void response
            .writeHead(status)
            .end(status === 200 ? this.#answerTo(request) : (script.refusal ?? `answer ${status}`));
        }
        if (path === '/final-cloud-config.yaml') return void response.end(this.cloudConfig);
        if (path.endsWith('/set_installed')) return void response.writeHead(next.installed()).end();
        if (path.includes('/images/'))
          return sendImage(response, packed, next.image(), offset === undefined ? undefined : Number(offset));
        return void response.writeHead(404).end();
      });
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number | null];
    server.closeAllConnections();
    server.close();
    return { output, status, ...seen };
  }

  /** Sealed by the program `age`, where a recipient is named. */
  #answerTo({ headers }: IncomingMessage): string | Buffer {
    const recipient = headers['x-imago-recipient'];
    if (typeof recipient !== 'string' || recipient === '') return this.finalConfig;
    return execFileSync('age', ['-r', recipient], { input: this.finalConfig });
  }

  #prepare(shell: readonly string[], script: Script, packing: string, packed: Buffer, httpPort: number) {
    const yaml = readFileSync('conf/imago.yaml', 'utf8')
      .replace(
        'disk: { choose: smallest, minGigabytes: 0.1 }',
        script.profile ?? 'disk: { choose: smallest, minGigabytes: 0.001 }',
      )
      .replace(
        'install:',
        `install:\n      image: image.${packing}${script.profile?.includes('layout: mayu') ? '' : `\n      configLabel: ${this.label}`}`,
      );
    const config = parseConfig(yaml, 'imago.yaml');
    const profile = config.profiles[0]!;
    const { firstStage } = profile.templates;
    const context = templateContext({
      config: {
        ...config,
        listeners: { ...config.listeners, http: { ...config.listeners.http, port: httpPort } },
      },
      profile,
      host: newHost(parseSerial('sbx0001'), {
        state: 'configured',
        internalAddress: config.network.hostRange.first,
      }),
      image: { sha256: createHash('sha256').update(packed).digest('hex') },
    });
    const urls = Object.fromEntries(
      Object.entries(context.urls).map(([key, url]) => [key, url.replace('10.75.0.1', '127.0.0.1')]),
    ) as unknown as typeof context.urls;
    const image = context.image && {
      ...context.image,
      url: context.image.url.replace('10.75.0.1', '127.0.0.1'),
    };
    const templates = createTemplates({ templatesDir: 'templates', snippetsDir: 'template_snippets' });
    const file = join(this.folder, 'first-stage.sh');
    writeFileSync(file, templates.render(firstStage, { ...context, urls, image }));
    // Functions come before commands: the script itself runs as it is served, but nobody waits, except who watches the progress,
    // and nothing reboots. The partition table is read by partx, as this kernel may know none.
    const world = `mount --bind ${this.#sys} /sys/block && { [ ! -e /proc/sysrq-trigger ] || mount --bind /dev/null /proc/sysrq-trigger; } && exec "$@"`;
    const run = `${script.before ?? ''} sleep() { echo "slept $1" >&2; [ "$1" != 15 ] || command sleep ${script.tickSeconds ?? 60}; }; reboot() { echo "rebooted $*"; exit 0; }; systemctl() { reboot "$@"; }; blockdev() { partx -u "$2" 2>/dev/null || partx -a "$2" 2>/dev/null; }; . ${file}`;
    return {
      files: { helper: templates.render('hostinfo-helper.sh', context) },
      args: ['-m', '-p', '-f', '--kill-child', '--mount-proc', 'sh', '-c', world, 'sh', ...shell, '-c', run],
    };
  }
}

function sendImage(response: ServerResponse, packed: Buffer, answer: ImageAnswer, offset?: number): void {
  if (answer === 'unavailable') return void response.writeHead(503).end('not now');
  if (answer === 'absent') return void response.writeHead(404).end('no such file');
  const bytes = Buffer.from(packed.subarray(offset ?? 0));
  if (answer === 'corrupt') bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff;
  response.writeHead(offset === undefined ? 200 : 206, {
    'Content-Length': bytes.length,
    ...(offset !== undefined && { 'Content-Range': `bytes ${offset}-${packed.length - 1}/${packed.length}` }),
  });
  if (answer === 'slow') {
    response.write(bytes.subarray(0, bytes.length >> 1));
    setTimeout(() => response.end(bytes.subarray(bytes.length >> 1)), 1500);
    return;
  }
  if (answer === 'half') {
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
    return;
  }
  response.end(bytes);
}

function pack(bytes: Buffer, packing: string): Buffer {
  const commands: Readonly<Record<string, readonly string[]>> = {
    bz2: ['bzip2', '-c'],
    gz: ['gzip', '-c'],
    xz: ['xz', '-0', '-c'],
    zst: ['zstd', '-q', '-c'],
  };
  const [command, ...args] = commands[packing] ?? ['cat'];
  return execFileSync(command!, args, { input: bytes, maxBuffer: 64 * MEBIBYTE });
}

/** The items one after the other, then the last one for ever. */
function turns<T>(items: readonly T[]): () => T {
  let index = 0;
  return () => items[Math.min(index++, items.length - 1)]!;
}

function port(server: Server): number {
  return (server.address() as AddressInfo).port;
}
