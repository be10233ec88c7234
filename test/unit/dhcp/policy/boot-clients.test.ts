import { expect } from 'chai';
import { parseIpv4 } from '../../../../src/net/ipv4.js';
import { parseMac } from '../../../../src/net/mac-address.js';
import { ascii, ip, MAC, parse, type PacketFields } from '../packets.js';
import { BOOT_URL, DhcpWorld, SERVER, settings } from './dhcp-world.js';

const MACHINE = '00112233445566778899aabbccddeeff00';

/** What firmware sends, by the numbers of RFC 4578. */
function firmware(vendorClass: string, architecture: string, requested = ''): PacketFields {
  const list: [number, string][] = requested === '' ? [] : [[55, requested]];
  return {
    options: [
      [53, '01'],
      [57, '05c0'],
      ...list,
      [97, MACHINE],
      [93, architecture],
      [94, '010310'],
      [60, ascii(vendorClass)],
    ],
  };
}

const ipxe: PacketFields = {
  options: [
    [53, '01'],
    [57, '05c0'],
    [60, ascii('PXEClient:Arch:00007:UNDI:003010')],
    [93, '0007'],
    [77, ascii('iPXE')],
    [175, 'b105018086100eeb03010000'],
    [97, MACHINE],
  ],
};

describe('what boots', () => {
  let world: DhcpWorld;
  beforeEach(() => {
    world = new DhcpWorld();
  });

  const byTftp = [
    { name: 'BIOS', code: '0000', file: 'undionly.kpxe' },
    { name: 'EFI IA32', code: '0006', file: 'ipxe-i386.efi' },
    { name: 'EFI x64 (7)', code: '0007', file: 'snponly.efi' },
    { name: 'EFI x64 (9)', code: '0009', file: 'snponly.efi' },
    { name: 'ARM32', code: '000a', file: 'ipxe-arm32.efi' },
    { name: 'ARM64', code: '000b', file: 'ipxe-arm64.efi' },
  ];
  for (const { name, code, file } of byTftp) {
    it(`${name} fetches ${file} by TFTP`, () => {
      const offer = world.say(firmware(`PXEClient:Arch:000${code.slice(2)}:UNDI:003016`, code));
      expect(offer).to.include({ siaddr: SERVER, file, sname: SERVER });
      expect(offer?.options).to.include({ 97: MACHINE });
      // Without a vendor class the firmware takes the file as it is and does not look for a boot server on port 4011.
      expect(offer?.options).to.not.have.any.keys('60', '43', '66', '67');
    });
  }

  it('options 66 and 67 go to firmware that asks for them', () => {
    const offer = world.say(firmware('PXEClient:Arch:00007:UNDI:003016', '0007', '014243'));
    expect(offer?.options).to.include({ 66: ascii(SERVER), 67: ascii('snponly.efi') });
  });

  describe('N10: where space is short', () => {
    const longId = `00${'ab'.repeat(306)}`;
    const asked = (id: string, maximum = '0240'): PacketFields => ({
      options: [
        [53, '01'],
        [57, maximum],
        [55, '0103060f424361'],
        [97, MACHINE],
        [93, '0007'],
        [60, ascii('PXEClient:Arch:00007:UNDI:003016')],
        [61, id.slice(0, 510)],
        ...(id.length > 510 ? [[61, id.slice(510)] as [number, string]] : []),
      ],
    });

    it('an identifier that does not fit whole is left out, and nothing that follows it', () => {
      const offer = world.say(asked(longId));
      expect(offer?.order).to.deep.equal([53, 54, 51, 58, 59, 1, 3, 97, 67, 66, 6, 15, 28, 42]);
    });

    it('mask, router, machine and client identifier come first, then the boot file, then its server', () => {
      expect(world.say(asked(longId, '05dc'))?.order.slice(5, 12)).to.deep.equal([1, 3, 97, 61, 61, 67, 66]);
      const offer = world.say(asked(`00${'ab'.repeat(228)}`));
      expect(offer?.order).to.deep.equal([53, 54, 51, 58, 59, 1, 3, 97, 61, 67]);
      expect(offer?.options).to.include({ 67: ascii('snponly.efi') });
    });
  });

  it('leaves EDK2 a byte behind option 67 to write its NUL into', () => {
    const clients = [
      firmware('PXEClient:Arch:00007', '0007', '43'),
      firmware('HTTPClient:Arch:00016', '0010'),
      ipxe,
    ];
    for (const client of clients) {
      const bytes = world.say(client)?.bytes ?? Buffer.alloc(0);
      const name = parse(bytes).options[67] ?? 'none';
      const end = bytes.indexOf(Buffer.from(name, 'hex'), 240) + name.length / 2;
      expect(bytes[end]).to.equal(0);
    }
  });

  /** As the PXE option carries it: two bytes each. */
  const codes = (...numbers: number[]): string =>
    numbers.map((number) => number.toString(16).padStart(4, '0')).join('');
  const bare = 'PXEClient';
  const named: { name: string; vendorClass: string; sent: string; file?: string; url?: string }[] = [
    { name: 'U-Boot ARM', vendorClass: bare, sent: codes(21), file: 'ipxe-arm32.efi' },
    { name: 'U-Boot ARM64', vendorClass: bare, sent: codes(22), file: 'ipxe-arm64.efi' },
    { name: 'U-Boot ARM by HTTP', vendorClass: bare, sent: codes(23), url: 'ipxe-arm32.efi' },
    { name: 'U-Boot ARM64 by HTTP', vendorClass: bare, sent: codes(24), url: 'ipxe-arm64.efi' },
    { name: 'a list, of which one is known', vendorClass: bare, sent: codes(999, 7), file: 'snponly.efi' },
    { name: 'a list: the first counts', vendorClass: bare, sent: codes(7, 0), file: 'snponly.efi' },
    {
      name: 'an unknown code, and a known one in the class',
      vendorClass: 'PXEClient:Arch:00007:UNDI:003016',
      sent: codes(999),
      file: 'snponly.efi',
    },
    {
      name: 'a known code, and another in the class',
      vendorClass: 'PXEClient:Arch:00000:UNDI:002001',
      sent: codes(11),
      file: 'ipxe-arm64.efi',
    },
    { name: 'no code at all: BIOS', vendorClass: bare, sent: '', file: 'undionly.kpxe' },
    { name: 'a class whose number is none', vendorClass: 'PXEClient:Arch:', sent: '', file: 'undionly.kpxe' },
  ];
  for (const { name, vendorClass, sent, file = '', url } of named) {
    it(`N6: ${name} → ${url ?? file}`, () => {
      const { options } = firmware(vendorClass, sent);
      const offer = world.say({ options: (options ?? []).filter(([code]) => code !== 93 || sent !== '') });
      if (url === undefined) expect(offer).to.include({ siaddr: SERVER, file });
      else {
        expect(offer?.options).to.include({
          60: ascii('HTTPClient'),
          67: ascii(`http://10.75.0.1:4080/boot/${url}`),
        });
      }
      expect(world.unserved).to.equal(0);
    });
  }

  for (const mode of ['server', 'proxy'] as const) {
    it(`N6: who gets nothing is counted, and named with its codes once in ten seconds (${mode})`, () => {
      world = new DhcpWorld({ mode });
      const unknown = [999, 41, 27].map((code) => firmware(bare, codes(code)));
      for (const fields of unknown) world.say(fields);
      expect(world.unserved).to.equal(3);
      const told = world.lines.filter((line) => line.startsWith('a machine wants to boot'));
      expect(told).to.have.length(1);
      expect(told[0]).to.include(MAC).and.include('"codes":[999]').and.include('dhcp.loaders');
      world.pass(11);
      world.say(firmware(bare, codes(27)));
      expect(world.lines.at(-1)).to.include('"codes":[27],"architecture":"efi-riscv64","leftOut":2');
    });
  }

  it('N6: a loader can be named for each code, known or not, over that of its architecture', () => {
    const loaders = {
      'efi-riscv64': { tftp: 'ipxe-riscv64.efi' },
      codes: { 41: { tftp: 'bootcode.bin' }, 22: { tftp: 'u-boot.efi' }, 999: { tftp: 'new.efi' } },
    };
    world = new DhcpWorld({ boot: { ...settings.boot, loaders } });
    const files = [41, 22, 11, 999, 27].map((code) => world.say(firmware(bare, codes(code)))?.file);
    expect(files).to.deep.equal([
      'bootcode.bin',
      'u-boot.efi',
      'ipxe-arm64.efi',
      'new.efi',
      'ipxe-riscv64.efi',
    ]);
    const host = { loaders: [{ codes: { 41: { tftp: 'own.bin' } } }] };
    world = new DhcpWorld({ boot: { ...settings.boot, loaders } }, { [MAC]: host });
    expect(world.say(firmware(bare, codes(41)))?.file).to.equal('own.bin');
  });

  it('an architecture that nobody has a loader for boots nothing, but gets its address', () => {
    const offer = world.say(firmware('PXEClient', '0002'));
    expect(offer).to.include({ yiaddr: '10.75.0.20', siaddr: '0.0.0.0', file: '' });
  });

  it('an odd-length option 93 is ignored: the vendor class says the same', () => {
    const offer = world.say(firmware('PXEClient:Arch:00007:UNDI:003016', '000700'));
    expect(offer).to.include({ file: 'snponly.efi' });
  });

  it('a plain client boots nothing', () => {
    const offer = world.say({
      options: [
        [53, '01'],
        [60, ascii('udhcp 1.35.0')],
      ],
    });
    expect(offer).to.include({ siaddr: '0.0.0.0', sname: '', file: '' });
    expect(offer?.options).to.not.have.any.keys('66', '67', '175', '60');
  });

  const byHttp = [
    { name: 'EFI IA32', code: '000f', file: 'ipxe-i386.efi' },
    { name: 'EFI x64', code: '0010', file: 'snponly.efi' },
    { name: 'ARM64', code: '0013', file: 'ipxe-arm64.efi' },
  ];
  for (const { name, code, file } of byHttp) {
    it(`${name} HTTP boot gets the URL and the vendor class without which OVMF ignores it`, () => {
      const offer = world.say(firmware('HTTPClient:Arch:00016:UNDI:003001', code));
      const url = `http://10.75.0.1:4080/boot/${file}`;
      expect(offer?.options).to.include({ 60: ascii('HTTPClient'), 67: ascii(url) });
    });
  }

  describe('iPXE', () => {
    it('gets its script at once: 175.176 spares it the wait for a proxyDHCP server', () => {
      const offer = world.say(ipxe);
      expect(offer).to.include({ file: BOOT_URL, siaddr: SERVER });
      expect(offer?.options).to.include({ 67: ascii(BOOT_URL), 175: 'b00101' });
    });

    it('is known by its user class in the form of RFC 3004 too, and by option 175 alone', () => {
      const forms: [number, string][] = [
        [77, `04${ascii('iPXE')}`],
        [77, ascii('gPXE')],
        [175, 'b105018086100e'],
      ];
      for (const form of forms) expect(world.say({ options: [[53, '01'], form] })?.file).to.equal(BOOT_URL);
    });

    it('gets a URL of up to 255 bytes whole, in option 67 alone', () => {
      const bootUrl = `http://10.75.0.1:4080/${'x'.repeat(233)}`;
      world = new DhcpWorld({ boot: { ...settings.boot, bootUrl } });
      const offer = world.say(ipxe);
      expect(offer?.file).to.equal('');
      expect(offer?.options[67]).to.equal(ascii(bootUrl));
      expect(offer?.order.filter((code) => code === 67)).to.have.length(1);
    });

    it('of another make is chained into ours once, and never in a loop', () => {
      world = new DhcpWorld({ boot: { ...settings.boot, ownUserClass: 'imago' } });
      const [, ...rest] = ipxe.options ?? [];
      const request: PacketFields = {
        options: [[53, '03'], [50, ip('10.75.0.20')], [54, ip(SERVER)], ...rest],
      };
      expect(world.say(ipxe)?.file).to.equal('snponly.efi');
      expect(world.say(request)?.file).to.equal('snponly.efi');
      // What was chained: the user class of Debian's build is still iPXE.
      expect(world.say(ipxe)?.file).to.equal(BOOT_URL);
      expect(world.say(request)?.file).to.equal(BOOT_URL);
      // The next power-on.
      world.pass(600);
      expect(world.say(ipxe)?.file).to.equal('snponly.efi');
    });

    it('with our user class needs no other', () => {
      world = new DhcpWorld({ boot: { ...settings.boot, ownUserClass: 'imago' } });
      const options = (ipxe.options ?? []).map(([code, hex]): [number, string] => [
        code,
        code === 77 ? ascii('imago') : hex,
      ]);
      expect(world.say({ options })?.file).to.equal(BOOT_URL);
    });
  });

  describe('is overridden', () => {
    const snp = { 'efi-x64': { tftp: 'snponly.efi', http: 'http://10.75.0.1/special.efi' } };
    const uefi = firmware('PXEClient:Arch:00007:UNDI:003016', '0007');
    const http = firmware('HTTPClient:Arch:00016:UNDI:003001', '0010');

    it('per architecture', () => {
      world = new DhcpWorld({ boot: { ...settings.boot, loaders: snp } });
      expect(world.say(uefi)?.file).to.equal('snponly.efi');
      expect(world.say(http)?.options[67]).to.equal(ascii('http://10.75.0.1/special.efi'));
      expect(world.say(firmware('PXEClient', '0000'))?.file).to.equal('undionly.kpxe');
    });

    it('per host and profile', () => {
      world = new DhcpWorld({}, { [MAC]: { loaders: [snp] } });
      expect(world.say(uefi)?.file).to.equal('snponly.efi');
      expect(world.say({ ...uefi, chaddr: '52:54:00:00:00:02' })?.file).to.equal('snponly.efi');
    });

    it('per reservation', () => {
      const reservations = [
        {
          mac: parseMac(MAC),
          address: parseIpv4('10.75.0.15'),
          hostname: 'printer',
          loader: { tftp: 'memtest.efi' },
        },
        { clientId: MACHINE, address: parseIpv4('10.75.0.16') },
      ];
      world = new DhcpWorld({ reservations });
      const offer = world.say(uefi);
      expect(offer).to.include({ yiaddr: '10.75.0.15', file: 'memtest.efi' });
      expect(offer?.options[12]).to.equal(ascii('printer'));
      expect(world.lease('52:54:00:00:00:02', { options: [[61, MACHINE]] })).to.equal('10.75.0.16');
    });
  });
});

describe('proxyDHCP', () => {
  const uefi = firmware('PXEClient:Arch:00007:UNDI:003016', '0007');
  const asRequest = (fields: PacketFields): PacketFields => ({
    ...fields,
    ciaddr: '10.75.0.44',
    options: (fields.options ?? []).map(([code, hex]): [number, string] => [code, code === 53 ? '03' : hex]),
  });
  let world: DhcpWorld;
  beforeEach(() => {
    world = new DhcpWorld({ mode: 'proxy' });
  });

  it('offers a boot file and no address', () => {
    const offer = world.say(uefi);
    expect(offer).to.include({
      yiaddr: '0.0.0.0',
      siaddr: SERVER,
      file: 'snponly.efi',
      to: '255.255.255.255:68',
    });
    expect(offer?.options).to.include({ 53: '02', 54: ip(SERVER), 60: ascii('PXEClient'), 97: MACHINE });
    expect(offer?.options).to.not.have.any.keys('51', '58', '1', '3');
  });

  it('acknowledges on port 4011', () => {
    const ack = world.say(asRequest(uefi), 'proxy', '10.75.0.44:68');
    expect(ack).to.include({ yiaddr: '0.0.0.0', file: 'snponly.efi', to: '10.75.0.44:68' });
    expect(ack?.options).to.include({ 53: '05', 60: ascii('PXEClient') });
  });

  const senders: { name: string; sender: string; ciaddr: string; giaddr?: string; to?: string }[] = [
    { name: 'EDK2 asks from 4011 and listens there', sender: '10.75.0.44:4011', ciaddr: '10.75.0.44' },
    { name: 'a client that does not show its address', sender: '10.75.0.44:2070', ciaddr: '0.0.0.0' },
    { name: 'one behind a router', sender: '10.99.0.7:4011', ciaddr: '10.99.0.7', giaddr: '10.99.0.1' },
    {
      name: 'one without an address is reached by everyone only',
      sender: '0.0.0.0:4011',
      ciaddr: '0.0.0.0',
      to: '255.255.255.255:4011',
    },
  ];
  for (const { name, sender, to = sender, ...fields } of senders) {
    it(`N1: what comes to port 4011 is answered to where it came from: ${name}`, () => {
      expect(world.say({ ...asRequest(uefi), ...fields }, 'proxy', sender)).to.include({
        to,
        ciaddr: fields.ciaddr,
        file: 'snponly.efi',
      });
    });
  }

  it('N1: what comes to port 67 is answered to the client, wherever it was sent from', () => {
    expect(world.say(uefi, 'server', '10.75.0.44:4011')?.to).to.equal('255.255.255.255:68');
  });

  for (const mode of ['server', 'proxy'] as const) {
    it(`N2: a reservation by client identifier names the boot file, in ${mode} mode`, () => {
      const reservations = [{ clientId: '00aabbcc', loader: { tftp: 'memtest.efi' } }];
      world = new DhcpWorld({ mode, reservations });
      const asking = (id: string): PacketFields => ({ options: [...(uefi.options ?? []), [61, id]] });
      expect(world.say(asking('00aabbcc'))).to.include({ file: 'memtest.efi' });
      expect(world.say(asking('00aabbcd'))).to.include({ file: 'snponly.efi' });
    });
  }

  it('answers who is on a network that only the other server knows, and echoes the identifier', () => {
    const offer = world.say({ giaddr: '10.99.0.1', options: [...(uefi.options ?? []), [61, '00aabbcc']] });
    expect(offer).to.include({ file: 'snponly.efi', to: '10.99.0.1:67' });
    expect(offer?.options[61]).to.equal('00aabbcc');
  });

  it('gives iPXE its script', () => {
    expect(world.say(ipxe)).to.include({ file: BOOT_URL, yiaddr: '0.0.0.0' });
  });

  it('chains iPXE of another make into ours once, and never in a loop', () => {
    world = new DhcpWorld({ mode: 'proxy', boot: { ...settings.boot, ownUserClass: 'imago' } });
    expect(world.say({ ...ipxe, xid: 1 })?.file).to.equal('snponly.efi');
    // The same exchange: other servers were slow, and it asks again.
    expect(world.say({ ...ipxe, xid: 1 })?.file).to.equal('snponly.efi');
    expect(world.say({ ...asRequest(ipxe), xid: 1 }, 'proxy')?.file).to.equal('snponly.efi');
    // What was chained: the user class of Debian's build is still iPXE.
    expect(world.say({ ...ipxe, xid: 2 })?.file).to.equal(BOOT_URL);
    expect(world.say({ ...asRequest(ipxe), xid: 2 }, 'proxy')?.file).to.equal(BOOT_URL);
    expect(world.say({ ...ipxe, xid: 3, chaddr: '52:54:00:00:00:02' })?.file).to.equal('snponly.efi');
    // The next power-on.
    world.pass(600);
    expect(world.say({ ...ipxe, xid: 4 })?.file).to.equal('snponly.efi');
  });

  it('leaves REQUESTs on port 67 to the server that they are for', () => {
    expect(world.say(asRequest(uefi))).to.equal(undefined);
  });

  for (const type of ['01', '03', '04', '07', '08']) {
    it(`is silent to type ${type} of what is no PXE client`, () => {
      expect(
        world.say({
          options: [
            [53, type],
            [50, ip('10.75.0.30')],
          ],
        }),
      ).to.equal(undefined);
      expect(world.say({ options: [[53, type]] }, 'proxy')).to.equal(undefined);
    });
  }
});
