import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { settings } from '../unit/dhcp/policy/dhcp-world.js';
import { WHOLE_SCRIPT_URL } from './dhcp-boot-daemon.js';
import { DhcpLab, type Daemon, type DaemonEvent } from './dhcp-lab.js';

const LOADERS = fileURLToPath(new URL('../../../tftproot', import.meta.url));
const TAP = 'netdev=n0,mac=52:54:00:00:00:01';
const OVMF = '/usr/share/OVMF/OVMF_CODE.fd';

const bios = ['-boot', 'n', '-device', `virtio-net-pci,${TAP}`];
const firmware = ['-machine', 'q35', '-drive', `if=pflash,format=raw,readonly=on,file=${OVMF}`];
const uefi = [...firmware, '-boot', 'n', '-device', `virtio-net-pci,${TAP},romfile=`];
const withoutPxe = ['IPv4PXESupport', 'IPv6PXESupport'].flatMap((name) => [
  '-fw_cfg',
  `name=opt/org.tianocore/${name},string=no`,
]);

describe('DHCP with real firmware', function () {
  this.timeout(150_000);
  let lab: DhcpLab;
  beforeEach(async () => {
    lab = new DhcpLab('fw');
    const ip = (...args: string[]) => lab.onClient('ip', ...args);
    await ip('link', 'add', 'br0', 'type', 'bridge');
    await ip('tuntap', 'add', 'dev', 'tap0', 'mode', 'tap');
    for (const device of ['eth0', 'tap0']) await ip('link', 'set', device, 'master', 'br0');
    for (const device of ['br0', 'tap0']) await ip('link', 'set', device, 'up');
  });
  afterEach(() => lab.remove());

  function powerOn(...machine: string[]): void {
    const network = ['-netdev', 'tap,id=n0,ifname=tap0,script=no,downscript=no'];
    const quiet = ['-accel', 'tcg', '-m', '512', '-display', 'none', '-monitor', 'none', '-serial', 'null'];
    lab.start(lab.client, 'qemu-system-x86_64', ...quiet, ...network, ...machine);
  }

  async function otherServer(...further: string[]): Promise<void> {
    await lab.onClient('ip', 'addr', 'add', '10.75.0.5/24', 'dev', 'br0');
    const range = '--dhcp-range=10.75.0.200,10.75.0.220,10m';
    lab.start(
      lab.client,
      'dnsmasq',
      '-d',
      '--conf-file=/dev/null',
      '-i',
      'br0',
      '--port=0',
      range,
      '--leasefile-ro',
      ...further,
    );
  }

  const fetched = (daemon: Daemon, url: string) =>
    daemon.seen((event) => event.event === 'http' && event['method'] === 'GET' && event['url'] === url);
  const answersOf = (daemon: Daemon, type: string) =>
    daemon.events.filter((event) => event['type'] === type).map((event: DaemonEvent) => event['boots']);

  it('iPXE is at its script a moment after its DISCOVER', async () => {
    const daemon = await lab.daemon(settings, { loaders: LOADERS });
    powerOn(...bios);
    const script = await fetched(daemon, '/boot.ipxe');
    const discover = await daemon.seen(({ type }) => type === 'discover');
    // 0.05 s on a quiet machine; 16 s where nobody answers for IPv6.
    expect(Number(script['at']) - Number(discover['at'])).to.be.lessThan(8000);
  });

  it('iPXE fetches a file by TFTP, whole', async () => {
    const daemon = await lab.daemon(settings, { loaders: LOADERS });
    powerOn(...bios);
    await fetched(daemon, WHOLE_SCRIPT_URL);
    const transfer = await daemon.seen(
      ({ event, filename }) => event === 'tftp' && filename === 'counting.ipxe',
    );
    expect(transfer['outcome']).to.equal('completed');
  });

  it('OVMF boots by TFTP into iPXE and on to its script', async () => {
    const daemon = await lab.daemon(settings, { loaders: LOADERS });
    powerOn(...uefi);
    await fetched(daemon, '/boot.ipxe');
    expect(answersOf(daemon, 'request')).to.deep.equal(['snponly.efi', settings.boot.bootUrl]);
    const transfers = daemon.events.filter(({ filename }) => filename === 'snponly.efi');
    expect(transfers.map(({ outcome }) => outcome)).to.deep.equal(['declined', 'completed']);
    expect(daemon.events.map(({ type }) => type)).to.not.include('decline');
  });

  it('OVMF boots by HTTP into iPXE and on to its script', async () => {
    const daemon = await lab.daemon(settings, { loaders: LOADERS });
    powerOn(...uefi, ...withoutPxe);
    await fetched(daemon, '/boot/snponly.efi');
    await fetched(daemon, '/boot.ipxe');
  });

  for (const { name, machine } of [
    { name: 'iPXE', machine: bios },
    { name: 'OVMF', machine: uefi },
  ]) {
    it(`${name} boots from a proxy beside dnsmasq, which leases the address`, async () => {
      await otherServer();
      const daemon = await lab.daemon({ ...settings, mode: 'proxy' }, { loaders: LOADERS });
      powerOn(...machine);
      await fetched(daemon, '/boot.ipxe');
      expect(daemon.events.map(({ event }) => event)).to.not.include('address leased');
    });
  }

  it('N1: OVMF that dnsmasq sends to port 4011 asks from there, is answered there, and boots', async () => {
    // iPXE would ask dnsmasq itself, where it says so to iPXE as well: that one has nothing for it.
    await otherServer(
      '--dhcp-userclass=set:ipxe,iPXE',
      '--dhcp-option-force=tag:!ipxe,60,PXEClient',
      '--dhcp-boot=,,10.75.0.1',
    );
    const daemon = await lab.daemon({ ...settings, mode: 'proxy' }, { loaders: LOADERS });
    powerOn(...uefi);
    await fetched(daemon, '/boot.ipxe');
    // A proxy answers REQUESTs on port 4011 only.
    expect(answersOf(daemon, 'request')).to.include('snponly.efi');
  });
});
