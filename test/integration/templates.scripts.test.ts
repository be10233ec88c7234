import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createTemplates } from '../../src/template/catalog.js';
import { sampleContext } from '../unit/template/template-folder.js';

const templates = createTemplates({ templatesDir: 'templates', snippetsDir: 'template_snippets' });

/** A machine's /sys/class and /sys/block, and a server that answers with the given statuses, the last one for ever. */
class ScriptLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'imago-scripts-'));
  readonly bodies: string[] = [];
  readonly #server: Server;

  constructor(statuses: readonly number[]) {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
      request.on('end', () => {
        this.bodies.push(body);
        const status = statuses[Math.min(this.bodies.length, statuses.length) - 1] ?? 500;
        response.writeHead(status).end(status === 200 ? 'the answer\n' : `answer ${status}\nmore`);
      });
    });
    mkdirSync(join(this.folder, 'class/dmi/id'), { recursive: true });
    mkdirSync(join(this.folder, 'block'));
    mkdirSync(join(this.folder, 'bin'));
    mkdirSync(join(this.folder, 'tmp'));
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  serial(name: string, text: string): void {
    writeFileSync(join(this.folder, 'class/dmi/id', name), text);
  }

  nic(name: string, facts: { address: string; type?: number; device?: boolean }): void {
    const folder = join(this.folder, 'class/net', name);
    mkdirSync(join(folder, facts.device === false ? 'statistics' : 'device'), { recursive: true });
    writeFileSync(join(folder, 'address'), `${facts.address}\n`);
    writeFileSync(join(folder, 'type'), `${facts.type ?? 1}\n`);
    writeFileSync(join(folder, 'carrier'), '1\n');
  }

  disk(name: string, facts: Readonly<Record<'size' | 'removable' | 'ro' | 'hidden', string>>): void {
    const folder = join(this.folder, 'block', name);
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(facts)) writeFileSync(join(folder, file), `${text}\n`);
  }

  /** Makes these the only programs there are. */
  programs(...paths: readonly string[]): string {
    for (const path of paths) symlinkSync(path, join(this.folder, 'bin', path.split('/').at(-1) ?? ''));
    return join(this.folder, 'bin');
  }

  async run(
    shell: readonly string[],
    code: string,
  ): Promise<{ output: string; errors: string; status: number | null }> {
    const mounts = ['class', 'block'].map((name) => `mount --bind ${join(this.folder, name)} /sys/${name}`);
    const world = `${mounts.join(' && ')} && exec "$@"`;
    const child = spawn('unshare', ['-m', 'sh', '-c', world, 'sh', ...shell, '-c', code], {
      env: { ...process.env, TMPDIR: join(this.folder, 'tmp') },
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number | null];
    return { output, errors, status };
  }

  remove(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('the script by which a machine tells what it is made of', function () {
  this.timeout(60_000);

  /** imago as the script meets it: the helper, and what it answers to what the helper posts. */
  async function runs(answers: readonly (readonly [status: number, script: string])[]) {
    const lab = new ScriptLab([200]);
    const asked: string[] = [];
    let posted = 0;
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      request.resume();
      request.on('end', () => {
        if (request.method === 'GET') {
          response.end(templates.render('hostinfo-helper.sh', sampleContext()));
          return;
        }
        const [status, script] = answers[Math.min(posted, answers.length - 1)] ?? [500, ''];
        posted += 1;
        response.writeHead(status).end(script);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { urls, ...context } = sampleContext();
    const own = {
      ...urls,
      hostinfoHelper: `${base}/hostinfo-helper`,
      firstStage: `${base}/first-stage-script/s1`,
    };
    const file = join(lab.folder, 'describe.sh');
    writeFileSync(file, templates.render('describe.sh', { ...context, urls: own }));
    try {
      return { ...(await lab.run(['dash'], `sleep() { :; }; . ${file}`)), asked };
    } finally {
      server.closeAllConnections();
      server.close();
      lab.remove();
    }
  }
  const profile = sampleContext().profile?.name;

  it('runs the answer, and names the profile whose installer it is', async () => {
    const { output, status, asked } = await runs([[200, 'echo the first stage runs']]);
    expect(status).to.equal(0);
    expect(output).to.match(/telling imago\nthe first stage runs\n$/);
    expect(asked).to.deep.equal(['GET /hostinfo-helper', `POST /first-stage-script/s1?booted=${profile}`]);
  });

  it('asks again until it has an answer', async () => {
    const { output, asked } = await runs([
      [503, 'later'],
      [429, 'wait'],
      [200, 'echo the first stage runs'],
    ]);
    expect(output).to.match(/answers HTTP 503: later; asking again in \d+ s\n[^]*the first stage runs\n$/);
    expect(asked.filter((line) => line.startsWith('POST'))).to.have.length(3);
  });

  it('ends where imago refuses the installation', async () => {
    const { output, status } = await runs([[409, 'it is running']]);
    expect(status).to.equal(4);
    expect(output).to.include('STOPPED: ').and.include('it is running');
  });
});

describe('the helper that gathers what a machine is', function () {
  this.timeout(30_000);
  let lab: ScriptLab | undefined;
  afterEach(() => lab?.remove());

  const helper = async (
    statuses: readonly number[],
    shell: readonly string[] = ['dash'],
    prefix = '',
    arguments_ = '',
  ) => {
    lab ??= new ScriptLab(statuses);
    const url = await lab.start();
    const file = join(lab.folder, 'helper.sh');
    writeFileSync(file, templates.render('hostinfo-helper.sh', sampleContext()));
    return lab.run(shell, `${prefix} set -- -post-url=${url}/x ${arguments_}; . ${file}`);
  };
  const machine = (statuses: readonly number[]) => {
    lab = new ScriptLab(statuses);
    lab.serial('product_serial', '  \n');
    lab.serial('chassis_serial', 'VMware 56 "4d"\\\u0001ü \n');
    lab.nic('eth0', { address: '52:54:00:00:00:01' });
    lab.nic('eth1', { address: '52:54:00:00:00:02' });
    lab.nic('lo', { address: '00:00:00:00:00:00', type: 772, device: false });
    lab.nic('bond0', { address: '52:54:00:00:00:01', device: false });
    lab.nic('ib0', { address: '80:00:02:08:fe:80', type: 32 });
    return lab;
  };

  for (const shell of [['dash'], ['bash', '--posix'], ['busybox', 'sh']]) {
    it(`posts it as sound JSON, whatever the firmware says, and prints the answer (${shell[0]})`, async () => {
      const { bodies } = machine([200]);
      const { output, status, errors } = await helper([200], shell);
      expect({ output, status, errors }).to.deep.equal({ output: 'the answer\n', status: 0, errors: '' });
      const body = JSON.parse(bodies[0] ?? '') as Record<string, unknown>;
      expect(body).to.deep.include({
        Serial: 'VMware-56-"4d"\\',
        NetDevs: [
          { Name: 'eth0', MacAddress: '52:54:00:00:00:01' },
          { Name: 'eth1', MacAddress: '52:54:00:00:00:02' },
        ],
        IPMIAddress: '',
      });
      expect(Object.keys(body)).to.deep.equal([
        'Serial',
        'NetDevs',
        'IPMIAddress',
        'ConnectedNIC',
        'Manufacturer',
        'Product',
        'MemoryBytes',
        'Disks',
      ]);
    });

    it(`tells what the machine is made of, without what no system is written to (${shell[0]})`, async () => {
      const it = machine([200]);
      const disk = { size: '2048', removable: '0', ro: '0', hidden: '0' };
      it.serial('sys_vendor', ' Dell "Inc." \n');
      it.serial('product_name', 'PowerEdge R740\u001b[2J\n');
      for (const [name, facts] of Object.entries({
        sda: { size: '937703088' },
        nvme0n1: { size: '7501476528' },
        'cciss!c0d0': {},
        sdb: { removable: '1' },
        sdc: { ro: '1' },
        nvme0c0n1: { hidden: '1' },
        sdd: { size: '0' },
        loop0: {},
        sr0: {},
        'dm-0': {},
        md127: {},
        zram0: {},
      }))
        it.disk(name, { ...disk, ...facts });
      const { errors } = await helper([200], shell);
      expect(errors).to.equal('');
      const [, kilobytes] = /^MemTotal: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
      expect(JSON.parse(it.bodies[0] ?? '')).to.deep.include({
        Manufacturer: 'Dell "Inc."',
        Product: 'PowerEdge R740[2J',
        MemoryBytes: Number(kilobytes) * 1024,
        Disks: [
          { Name: 'cciss!c0d0', Bytes: 1048576 },
          { Name: 'nvme0n1', Bytes: 3840755982336 },
          { Name: 'sda', Bytes: 480103981056 },
        ],
      });
    });
  }

  const lanOf = (addresses: Readonly<Record<number, string>>, otherwise: string) =>
    `ipmitool() { echo "$3" >>$TMPDIR/channels; case $3 in ${Object.entries(addresses)
      .map(
        ([channel, address]) =>
          `${channel}) printf 'Set in Progress : Set Complete\\nIP Address Source : Static Address\\nIP Address              : %s\\nSubnet Mask : 255.255.255.0\\n' ${address} ;;`,
      )
      .join(' ')} *) ${otherwise} ;; esac; };`;
  const notLan = 'echo "Channel $3 is not a LAN channel" >&2; return 1';
  const bmcs = [
    { name: 'on channel 1', lan: lanOf({ 1: '10.76.0.9' }, notLan), want: '10.76.0.9', asks: 1 },
    {
      name: 'on 3, while 1 and 2 have no address',
      lan: lanOf({ 1: '0.0.0.0', 2: '0.0.0.0', 3: '10.76.0.9' }, notLan),
      want: '10.76.0.9',
      asks: 3,
    },
    {
      name: 'on 8, beyond what is no LAN, and an address for the machine alone',
      lan: lanOf({ 1: '0.0.0.0', 2: '169.254.0.17', 8: '10.76.0.9' }, notLan),
      want: '10.76.0.9',
      asks: 8,
    },
    { name: 'on none', lan: lanOf({ 1: '0.0.0.0' }, notLan), want: '', asks: 11 },
    { name: 'that hangs', lan: lanOf({ 1: '0.0.0.0' }, 'return 124'), want: '', asks: 2 },
  ];
  for (const shell of [['dash'], ['busybox', 'sh']]) {
    for (const { name, lan, want, asks } of bmcs) {
      it(`B11: reports the BMC ${name}: ${want || 'none'} (${shell[0]})`, async () => {
        const { bodies, folder } = machine([200]);
        // A function is found before a program, and `timeout` knows programs only.
        const { errors } = await helper([200], shell, `${lan} timeout() { shift; "$@"; };`);
        expect(errors).to.equal('');
        expect(JSON.parse(bodies[0] ?? '')).to.include({ IPMIAddress: want });
        const asked = readFileSync(join(folder, 'tmp', 'channels'), 'utf8')
          .trim()
          .split('\n');
        expect(asked).to.deep.equal(Array.from({ length: asks }, (_, index) => String(index + 1)));
      });
    }
  }

  it('posts the serial that the server knows it by', async () => {
    const { bodies } = machine([200]);
    await helper([200], ['dash'], '', '-serial=known-0001');
    expect(JSON.parse(bodies[0] ?? '')).to.include({ Serial: 'known-0001' });
  });

  for (const { answer, want } of [
    { answer: 200, want: { output: 'the answer\n', status: 0 } },
    { answer: 409, want: { output: '', status: 4 } },
    { answer: 503, want: { output: '', status: 1 } },
  ]) {
    it(`does with the wget of busybox where there is no curl (${answer})`, async () => {
      const programs = machine([answer]).programs('/usr/bin/busybox');
      const { output, status, errors } = await helper([answer], ['busybox', 'sh'], `PATH=${programs};`);
      expect({ output, status }, errors).to.deep.equal(want);
    });
  }

  for (const { answer, status, says } of [
    { answer: 409, status: 4, says: 'refuses (HTTP 409): answer 409' },
    { answer: 503, status: 1, says: 'answers HTTP 503: answer 503' },
    { answer: 400, status: 1, says: 'answers HTTP 400: answer 400' },
  ]) {
    it(`ends with ${status} and says why when the server answers ${answer}`, async () => {
      machine([answer]);
      const result = await helper([answer]);
      expect(result.status).to.equal(status);
      expect(result.errors).to.include(says);
      expect(result.output).to.equal('');
    });
  }

  it('ends with 1 when nobody answers, and 2 when it is used wrongly', async () => {
    machine([200]);
    const nobody = await helper([200], ['dash'], '', '-post-url=http://127.0.0.1:9/');
    expect(nobody.status).to.equal(1);
    expect(nobody.errors).to.include('http://127.0.0.1:9/');
  });

  it('ends with 2 and its usage when it is asked for something else', async () => {
    machine([200]);
    const wrong = await helper([200], ['dash'], '', '-x');
    expect(wrong.status).to.equal(2);
    expect(wrong.errors).to.include('usage: hostinfo-helper -post-url=URL');
  });
});

describe('the script that reports that a machine is up', function () {
  this.timeout(30_000);

  for (const { name, statuses, posts, says, status } of [
    { name: 'is heard', statuses: [202], posts: 1, says: /imago knows that this machine is up/, status: 0 },
    {
      name: 'tries until it is heard',
      statuses: [503, 500, 202],
      posts: 3,
      says: /HTTP 503, trying again in 2 s/,
      status: 0,
    },
    {
      name: 'stops where it is not expected',
      statuses: [409],
      posts: 1,
      says: /does not expect this machine/,
      status: 0,
    },
  ]) {
    it(name, async () => {
      const lab = new ScriptLab(statuses);
      try {
        const base = await lab.start();
        const context = sampleContext();
        const urls = { ...context.urls, bootComplete: `${base}/x` };
        const file = join(lab.folder, 'script');
        writeFileSync(file, templates.render('imago-boot-complete.sh', { ...context, urls }));
        const result = await lab.run(['dash'], `sleep() { :; }; . ${file}`);
        expect(result.output + result.errors).to.match(says);
        expect(result.status).to.equal(status);
        expect(lab.bodies).to.have.length(posts);
        expect(JSON.parse(lab.bodies[0] ?? '')).to.be.an('object');
      } finally {
        lab.remove();
      }
    });
  }
});
