import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import type { Config } from '../../../src/config/schema.js';
import { LoaderWatch } from '../../../src/daemon/loader-watch.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { houseConfig } from '../../support/http-house.js';

const SHIPPED = ['undionly.kpxe', 'snponly.efi'];
const CLIENT = parseIpv4('10.75.0.100');
const configured = `
dhcp:
  loaders: { efi-x64: { tftp: own/x64.efi }, codes: { 41: { tftp: bootcode.bin } } }
  reservations: [{ mac: "52:54:00:00:00:07", loader: { tftp: memtest.efi } }]
`;

describe('N7: boot loaders that are not there', () => {
  let root: string;
  let now: Date;
  let lines: { level: string; facts: object; text: string }[];
  let config: Config;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'imago-loaders-'));
    now = new Date('2026-11-21T02:00:00Z');
    lines = [];
    put(...SHIPPED);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function put(...files: string[]): void {
    for (const file of files) {
      mkdirSync(join(root, file, '..'), { recursive: true });
      writeFileSync(join(root, file), 'loader');
    }
  }

  function use(yaml: string): void {
    const parsed = parseConfig(houseConfig + yaml, 'test.yaml');
    config = { ...parsed, paths: { ...parsed.paths, tftpRoot: root } };
  }

  function watch(yaml: string): LoaderWatch {
    use(yaml);
    const tell = (level: string) => (facts: object, text: string) => void lines.push({ level, facts, text });
    return new LoaderWatch({
      config: () => config,
      macOf: (address) => (address === CLIENT ? parseMac('52:54:00:00:00:01') : undefined),
      log: { info: tell('info'), warn: tell('warn') },
      clock: () => now,
    });
  }

  const told = (): string[] => lines.map(({ level, text }) => `${level}: ${text}`);
  const others =
    'info: there is no boot loader for efi-ia32 (ipxe-i386.efi), efi-arm32 (ipxe-arm32.efi), efi-arm64 (ipxe-arm64.efi): to boot such machines put the file into paths.tftpRoot, or name another in dhcp.loaders';

  it('as imago is shipped: one line, no warning, no alarm', () => {
    expect(watch('').alarms()).to.deep.equal([]);
    expect(told()).to.deep.equal([others]);
  });

  it('nothing is told where all are there, or where another server gives boot files', () => {
    put('ipxe-i386.efi', 'ipxe-arm32.efi', 'ipxe-arm64.efi');
    watch('');
    rmSync(join(root, 'snponly.efi'));
    watch('dhcp: { mode: off }');
    expect(told()).to.deep.equal([]);
  });

  it('each that the configuration names is a warning and an alarm, until it is there', () => {
    const loaders = watch(configured);
    expect(told()).to.deep.equal([
      'warn: dhcp.loaders.efi-x64.tftp: own/x64.efi is not in paths.tftpRoot: put it there, or name another',
      'warn: dhcp.loaders.codes.41.tftp: bootcode.bin is not in paths.tftpRoot: put it there, or name another',
      'warn: dhcp.reservations[0].loader.tftp: memtest.efi is not in paths.tftpRoot: put it there, or name another',
      others,
    ]);
    put('own/x64.efi', 'bootcode.bin');
    expect(loaders.alarms()).to.deep.equal([
      {
        code: 'LOADER_MISSING',
        message:
          'dhcp.reservations[0].loader.tftp: memtest.efi is not in paths.tftpRoot: put it there, or name another',
        since: now,
      },
    ]);
    put('memtest.efi');
    expect(loaders.alarms()).to.deep.equal([]);
  });

  it('a folder of that name, or a file outside, is no loader', () => {
    mkdirSync(join(root, 'folder'));
    const loaders = watch(`
dhcp: { loaders: { bios: { tftp: folder }, efi-x64: { tftp: ../../etc/passwd } } }`);
    expect(loaders.alarms()).to.have.length(2);
  });

  it('one that a machine asks for in vain is a warning with the machine, and an alarm', () => {
    const loaders = watch('');
    lines.length = 0;
    for (const name of ['ipxe-arm64.efi', '/ipxe-arm64.efi', 'ipxe-arm64.efi']) loaders.asked(name, CLIENT);
    expect(lines).to.deep.equal([
      {
        level: 'warn',
        facts: { client: '10.75.0.100', mac: '52:54:00:00:00:01', file: 'ipxe-arm64.efi' },
        text: 'a machine cannot boot: the boot loader for efi-arm64, ipxe-arm64.efi, is not in paths.tftpRoot: put it there, or name another in dhcp.loaders',
      },
    ]);
    expect(loaders.alarms().map(({ code }) => code)).to.deep.equal(['LOADER_MISSING']);
    put('ipxe-arm64.efi');
    expect(loaders.alarms()).to.deep.equal([]);
  });

  it('what clients look for of themselves is not told of', () => {
    const loaders = watch('');
    lines.length = 0;
    for (const name of ['revocations.efi', 'pxelinux.cfg/default', 'ipxe-arm64.efi.sig', ''])
      loaders.asked(name, CLIENT);
    expect([...told(), ...loaders.alarms()]).to.deep.equal([]);
  });

  it('a reload tells of what it names, and an alarm keeps its time', () => {
    const loaders = watch(configured);
    put('own/x64.efi', 'bootcode.bin');
    now = new Date('2026-11-21T03:00:00Z');
    lines.length = 0;
    use(
      `${configured}    - { mac: "52:54:00:00:00:08", loader: { tftp: other.efi } }\n`.replace(
        'reservations: [{ mac: "52:54:00:00:00:07", loader: { tftp: memtest.efi } }]',
        'reservations:\n    - { mac: "52:54:00:00:00:07", loader: { tftp: memtest.efi } }',
      ),
    );
    loaders.follow();
    expect(told().filter((line) => line.startsWith('warn'))).to.have.length(2);
    expect(loaders.alarms().map(({ since }) => since.toISOString())).to.deep.equal([
      '2026-11-21T02:00:00.000Z',
      '2026-11-21T03:00:00.000Z',
    ]);
  });
});
