import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { home, Lab } from '../../sandbox/lab.js';
import { removeLeftovers } from '../../sandbox/leftovers.js';
import type { Machine } from '../../sandbox/machine.js';
import { SERVER_ADDRESS } from '../../sandbox/network.js';
import { run } from '../../sandbox/process.js';

const BOOT_MS = 300_000;
const MATCHBOX = `${SERVER_ADDRESS}:8080`;

/** What GRUB loads first, as operators of matchbox build it: it asks for its menu by the card that it booted from. */
const grubStart = `set timeout=0
configfile (http,${MATCHBOX})/grub?mac=$net_default_mac
`;
const grubModules = 'normal configfile echo net efinet http linux linuxefi test sleep reboot';

describe('machines of other systems, on real firmware', () => {
  let lab: Lab;
  let byGroup: Machine;
  let byGrub: Machine;
  let byFile: Machine;

  const put = async (path: string, content: object | string): Promise<void> => {
    const file = join(lab.folder, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content, null, '\t'));
  };
  const group = (id: string, { spec }: Machine) =>
    put(`matchbox/groups/${id}.json`, { id, name: id, profile: id, selector: { mac: spec.mac } });
  const hasBooted = async (machine: Machine, word: string): Promise<boolean> => {
    const console = await machine.console();
    return (
      /Command line: .*/.exec(console)?.[0]?.includes(word) === true &&
      /imago-sandbox: kernel \S+ installer/.test(console)
    );
  };

  before(async function () {
    this.timeout(90_000);
    await removeLeftovers();
    lab = await Lab.build();
    byGroup = await lab.addMachine(1, 'bios');
    byGrub = await lab.addMachine(2, 'uefi');
    byFile = await lab.addMachine(3, 'bios');

    for (const file of ['vmlinuz', 'initrd.cpio.gz']) {
      await mkdir(join(lab.folder, 'assets'), { recursive: true });
      await cp(join(home, 'images/sandbox', file), join(lab.folder, 'assets', file));
    }
    await group('by-group', byGroup);
    await put('matchbox/profiles/by-group.json', {
      id: 'by-group',
      boot: {
        kernel: `http://${MATCHBOX}/assets/vmlinuz`,
        initrd: [`--name main http://${MATCHBOX}/assets/initrd.cpio.gz`],
        args: ['initrd=main', 'console=ttyS0', 'booted=by-group'],
      },
    });
    await group('by-grub', byGrub);
    await put('matchbox/profiles/by-grub.json', {
      id: 'by-grub',
      boot: {
        kernel: `(http,${MATCHBOX})/assets/vmlinuz`,
        initrd: [`(http,${MATCHBOX})/assets/initrd.cpio.gz`],
        args: ['console=ttyS0', 'booted=by-grub'],
      },
    });
    await put(`bootcfg/boot/mac/${byFile.spec.mac}`, {
      kernel: '/images/vmlinuz',
      initrd: ['/images/initrd.cpio.gz'],
      cmdline: { console: 'ttyS0', booted: 'by-file', nomodeset: '' },
    });
    await put('grub.cfg', grubStart);
    await mkdir(join(lab.folder, 'tftproot'));
    await run(
      'grub-mkimage',
      '--format=x86_64-efi',
      `--output=${join(lab.folder, 'tftproot/grub.efi')}`,
      `--config=${join(lab.folder, 'grub.cfg')}`,
      '--prefix=(memdisk)',
      ...grubModules.split(' '),
    );
    await lab.startImago({
      'paths.tftpRoot': join(lab.folder, 'tftproot'),
      'dhcp.loaders': { 'efi-x64': { tftp: 'grub.efi' } },
      matchbox: { data: join(lab.folder, 'matchbox'), assets: join(lab.folder, 'assets') },
      bootcfg: { data: join(lab.folder, 'bootcfg'), images: join(lab.folder, 'assets') },
      'listeners.bootcfg.port': 8090,
    });
    for (const machine of [byGroup, byFile, byGrub]) await machine.powerOn();
  });

  after(async function () {
    this.timeout(60_000);
    await lab?.close();
  });

  it('boots one by its group of matchbox, through iPXE', async function () {
    this.timeout(BOOT_MS);
    await lab.until('its Linux is up', BOOT_MS - 10_000, () => hasBooted(byGroup, 'booted=by-group'));
  });

  it('boots one by its file of bootcfg, through iPXE', async function () {
    this.timeout(BOOT_MS);
    await lab.until('its Linux is up', BOOT_MS - 10_000, () => hasBooted(byFile, 'booted=by-file'));
  });

  it('boots one by its group of matchbox, through GRUB on UEFI', async function () {
    this.timeout(BOOT_MS);
    await lab.until('its Linux is up', BOOT_MS - 10_000, () => hasBooted(byGrub, 'booted=by-grub'));
  });

  it('makes a host of none of them, and explains which group or file decided', async () => {
    expect(await lab.hosts()).to.deep.equal([]);
    expect(await lab.imagoctl('explain', byGroup.spec.mac)).to.include('matchbox: group by-group');
    expect(await lab.imagoctl('explain', byFile.spec.mac)).to.include(`bootcfg: boot/mac/${byFile.spec.mac}`);
  });
});
