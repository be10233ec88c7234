import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';
import { OperatorsShell } from '../support/operators-shell.js';

const MAC = '52:54:00:00:00:01';
const KERNEL = resolve('images/sandbox/vmlinuz');
const OVMF = '/usr/share/OVMF/OVMF_CODE.fd';

/** An API server of Pixiecore's kind, in plain Node, as a machine beside imago's. What it is asked goes to its output. */
const API = `
const { createServer } = require('node:http');
const { readFileSync } = require('node:fs');
const [folder] = process.argv.slice(1);
createServer((request, response) => {
  console.log(request.method + ' ' + request.url);
  const files = { '/vmlinuz': 'vmlinuz', '/initrd': 'initrd', '/note.txt': 'note.txt' };
  if (request.url === '/api/v1/boot/${MAC}') {
    const cmdline = 'console=ttyS0 panic=1 note={{ URL "/note.txt" }} who=api';
    response.end(JSON.stringify({ kernel: '/vmlinuz', initrd: ['/initrd'], cmdline, message: 'from the API' }));
  } else if (files[request.url]) response.end(readFileSync(folder + '/' + files[request.url]));
  else response.writeHead(404).end();
}).listen(8080, '10.75.0.5', () => console.log('listens'));
`;

/** The whole user space: it shows its command line and switches off. */
const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
echo "a user space is up: $(/bin/busybox cat /proc/cmdline)"
/bin/busybox poweroff -f
`;

describe('a machine that boots as Pixiecore would have it', () => {
  let lab: DaemonLab;
  let shell: OperatorsShell;
  let api: ChildProcess;
  const asked: string[] = [];

  before(async () => {
    lab = await DaemonLab.create('pixie');
    shell = new OperatorsShell(lab);
    lab.configure((text) => `${text}\npixiecore: { api: http://10.75.0.5:8080/api }\n`);
    buildFiles();
    await lab.onServer('ip', 'tuntap', 'add', 'dev', 'tap0', 'mode', 'tap');
    await lab.onServer('ip', 'link', 'set', 'tap0', 'master', 'br0', 'up');
    await lab.onClient('ip', 'addr', 'add', '10.75.0.5/24', 'dev', 'eth0');
    api = spawn('ip', ['netns', 'exec', lab.client, process.execPath, '-e', API, join(lab.folder, 'api')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    api.stdout?.on('data', (text: Buffer) => asked.push(...text.toString().trim().split('\n')));
    await until(() => asked.includes('listens'));
    await lab.start();
  });
  after(async () => {
    api.kill('SIGKILL');
    await lab.remove();
  });

  function buildFiles(): void {
    const root = join(lab.folder, 'root');
    mkdirSync(join(root, 'bin'), { recursive: true });
    mkdirSync(join(root, 'proc'));
    mkdirSync(join(root, 'dev'));
    copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
    writeFileSync(join(root, 'init'), INIT);
    chmodSync(join(root, 'init'), 0o755);
    mkdirSync(join(lab.folder, 'api'));
    const archive = 'find . | cpio --quiet -o -H newc';
    writeFileSync(
      join(lab.folder, 'api/initrd'),
      execFileSync('sh', ['-c', archive], { cwd: root, maxBuffer: 1 << 26 }),
    );
    copyFileSync(KERNEL, join(lab.folder, 'api/vmlinuz'));
    writeFileSync(join(lab.folder, 'api/note.txt'), 'a note of the API server');
    copyFileSync(resolve('tftproot/snponly.efi'), join(lab.folder, 'tftproot/snponly.efi'));
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await delay(200);
  }

  /** Power-on, until it is off again. @returns what it wrote to its serial line */
  async function powerOn(name: string, firmware: 'bios' | 'uefi' = 'bios'): Promise<string> {
    const consoleFile = join(lab.folder, name);
    const machine = [
      '-accel',
      'tcg',
      '-m',
      '512',
      '-display',
      'none',
      '-monitor',
      'none',
      '-no-reboot',
      '-boot',
      'n',
    ];
    const network = [
      '-netdev',
      'tap,id=n0,ifname=tap0,script=no,downscript=no',
      '-device',
      `virtio-net-pci,netdev=n0,mac=${MAC}${firmware === 'uefi' ? ',romfile=' : ''}`,
    ];
    const board =
      firmware === 'uefi'
        ? ['-machine', 'q35', '-drive', `if=pflash,format=raw,readonly=on,file=${OVMF}`]
        : [];
    const serial = ['-serial', `file:${consoleFile}`, '-smbios', 'type=1,serial=PIX0001'];
    const { stderr } = await lab.onServer(
      'timeout',
      '240',
      'qemu-system-x86_64',
      ...machine,
      ...board,
      ...network,
      ...serial,
    );
    if (!existsSync(consoleFile)) throw new Error(stderr);
    return readFileSync(consoleFile, 'utf8');
  }
  const upWith = (console: string) =>
    /a user space is up: (.*?)\r?\n/.exec(console)?.[1] ?? console.slice(-2000);
  const hosts = async () => (await shell.type('imagoctl list --no-legend')).stdout;

  it('boots a Linux that somebody’s API server names, and reaches imago alone for it', async () => {
    const cmdline = upWith(await powerOn('console-api'));
    expect(cmdline).to.match(/ who=api$/);
    expect(cmdline).to.include('console=ttyS0 panic=1 note=http://10.75.0.1:4080/pixiecore/file/');
    expect(asked).to.include(`GET /api/v1/boot/${MAC}`);
    expect(lab.log()).to.match(/"source":"pixiecore-api","by":"GET \/v1\/boot\/52:54:00:00:00:01"/);
    const note = /note=(\S+)/.exec(cmdline)?.[1] ?? '';
    expect((await shell.type(`curl -sf '${note}'`)).stdout).to.equal('a note of the API server');
    expect(await hosts()).to.equal('');
  });

  it('boots the same by UEFI', async () => {
    expect(upWith(await powerOn('console-uefi', 'uefi'))).to.match(/^vmlinuz .* who=api$/);
  });

  it('boots once what an operator orders, and then as before', async () => {
    const order = `imagoctl boot --kernel api/vmlinuz --initrd api/initrd --cmdline 'console=ttyS0 panic=1 who=operator' ${MAC}`;
    const { stdout, stderr } = await shell.type(order);
    expect(stdout, stderr).to.include(`${MAC} boots vmlinuz once`);
    expect(upWith(await powerOn('console-static'))).to.match(/ who=operator$/);
    expect((await shell.type('imagoctl boot --list --no-legend')).stdout).to.equal('');
    expect(lab.log()).to.include('a machine was booted as an operator ordered');
    const { stdout: explained } = await shell.type(`imagoctl explain ${MAC}`);
    expect(explained).to.include('pixiecore-api: GET /v1/boot/');
    expect(await hosts()).to.equal('');
  });
});
