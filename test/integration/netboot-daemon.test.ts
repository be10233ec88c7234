import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';
import { OperatorsShell } from '../support/operators-shell.js';

const BOOTCFG = 'http://10.75.0.1:8080';
const PXE_INIT = 'http://10.75.0.1:8081';

describe('a daemon in place of a bootcfg and of a pxe-init', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let shell: OperatorsShell;

  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(lab.folder, path)), { recursive: true });
    writeFileSync(join(lab.folder, path), content);
  };
  const prints = async (command: string) => {
    const { stdout, stderr } = await shell.type(command);
    return stdout + stderr;
  };

  before(async () => {
    lab = await DaemonLab.create('netboot');
    shell = new OperatorsShell(lab);
    write('bootcfg/boot/default', '{"kernel": "/images/sandbox/vmlinuz", "cmdline": {"quiet": ""}}');
    lab.configure(
      (text) => `${text.replace('tftp: { port: 69 }', 'tftp: { port: 69 }\n  pxeInit: { port: 8081 }')}
bootcfg: { data: bootcfg }
pxeInit: { enabled: true }
boot: { sources: [hosts, pxe-init, bootcfg] }
`,
    );
    await lab.start();
  });
  after(() => lab.remove());

  it('answers the clients of each at its own port, and imago’s at imago’s', async () => {
    expect(await prints(`curl -s ${BOOTCFG}/ipxe?mac=52-54-00-00-00-01`)).to.equal(
      '#!ipxe\nkernel /images/sandbox/vmlinuz quiet\nboot\n',
    );
    expect(await prints(`curl -s ${BOOTCFG}/images/sandbox/vmlinuz`)).to.equal('the vmlinuz of a test');
    expect(await prints(`curl -s -w '%{http_code}' ${BOOTCFG}/api/v1/hosts`)).to.equal(
      '404 page not found\n404',
    );
    expect(await prints(`curl -s -w '%{http_code}' ${PXE_INIT}/ipxe?mac=52-54-00-00-00-01`)).to.equal('404');
    expect(await prints('curl -s "http://10.75.0.1:4080/ipxe?serial=x1&mac=52-54-00-00-00-01"')).to.include(
      'kernel http://10.75.0.1:8080/images/sandbox/vmlinuz quiet',
    );
  });

  it('has the images and machines of before after a restart, each change a commit', async () => {
    expect(await prints('imagoctl netboot images add live --kernel /images/sandbox/vmlinuz')).to.equal(
      'live: registered\n',
    );
    expect(await prints('imagoctl netboot tie 52:54:00:00:00:01 live')).to.equal(
      '52:54:00:00:00:01: tied to live\n',
    );
    await lab.stop();
    await lab.start();
    expect(await prints(`curl -s ${PXE_INIT}/ipxe?mac=52-54-00-00-00-01`)).to.equal(
      '#!ipxe\nkernel http://10.75.0.1:8081/images/sandbox/vmlinuz coreos.first_boot=1 coreos.autologin\nboot\n',
    );
    const log = await prints('git -C clusters/* log --format=%s');
    expect(log.split('\n').filter((line) => line.startsWith('netboot-'))).to.deep.equal([
      'netboot-machines/52:54:00:00:00:01: tied to live',
      'netboot-images/live: registered',
    ]);
    expect(await prints('imagoctl explain 52:54:00:00:00:01')).to.include('pxe-init: image live');
  });

  it('tells a faulty file to whoever asks whether all is well', async () => {
    write('bootcfg/boot/mac/52:54:00:00:00:02', '{\n"kernel": 7}');
    expect(await prints(`curl -s ${BOOTCFG}/ipxe?mac=52-54-00-00-00-02`)).to.equal('404 page not found\n');
    const fault = "boot/mac/52:54:00:00:00:02:2: kernel: '7' is no text";
    expect(await prints('imagoctl check')).to.include(`BOOTCFG_FILE: ${fault}`);
    expect(await prints('curl -s http://10.75.0.1:4080/health')).to.include(fault);
    expect(await prints('imago --check-config --config conf/imago.yaml')).to.include(
      `bootcfg.data: ${fault}`,
    );
    expect(lab.log()).to.include(fault);
    write('bootcfg/boot/mac/52:54:00:00:00:02', '{"kernel": "k"}');
    expect(await prints(`curl -s ${BOOTCFG}/ipxe?mac=52-54-00-00-00-02`)).to.equal(
      '#!ipxe\nkernel k\nboot\n',
    );
    expect(await prints('imagoctl check')).not.to.include('BOOTCFG_FILE');
  });
});
