import { expect } from 'chai';
import { requests } from '../pcap.js';
import { ascii } from '../packets.js';
import { BOOT_URL, DhcpWorld, SERVER, type Answer } from './dhcp-world.js';

/** Answers a capture's client as it spoke to a server of the same address and pool. */
function answers(name: string, world = new DhcpWorld()): (Answer | undefined)[] {
  return requests(name).map((request) => world.sayBytes(request));
}

const types = (given: readonly (Answer | undefined)[]) => given.map((answer) => answer?.options[53]);

describe('real clients, from captures', () => {
  it('OVMF fetches our iPXE by TFTP, which fetches its script', () => {
    const given = answers('ovmf-pxe');
    expect(types(given)).to.deep.equal(['02', '05', '02', '05']);
    expect(given[0]).to.include({ file: 'snponly.efi', siaddr: SERVER, yiaddr: '10.75.0.20' });
    expect(given[0]?.options).to.include({ 66: ascii(SERVER), 67: ascii('snponly.efi') });
    expect(given[2]).to.include({ file: BOOT_URL, yiaddr: '10.75.0.20' });
    expect(given[3]?.options).to.include({ 67: ascii(BOOT_URL), 175: 'b00101' });
  });

  it('OVMF boots by HTTP', () => {
    const [offer, ack] = answers('ovmf-http').slice(-4);
    for (const answer of [offer, ack]) {
      expect(answer?.options).to.include({ 60: ascii('HTTPClient') });
      expect(answer?.options[67]).to.equal(ascii('http://10.75.0.1:4080/boot/snponly.efi'));
    }
  });

  it('the iPXE in QEMU’s network card gets its script at once', () => {
    const given = answers('qemu-rom-ipxe');
    expect(types(given)).to.deep.equal(['02', '05']);
    for (const answer of given) expect(answer).to.include({ file: BOOT_URL });
  });

  it('OVMF finds its boot file beside another server', () => {
    const given = answers('proxy-ovmf', new DhcpWorld({ mode: 'proxy' }));
    expect(types(given)).to.deep.equal(['02', undefined, '02', undefined]);
    expect(given[0]).to.include({ yiaddr: '0.0.0.0', file: 'snponly.efi' });
    expect(given[2]).to.include({ yiaddr: '0.0.0.0', file: BOOT_URL });
  });

  it('udhcpc gets a plain lease', () => {
    const given = answers('udhcpc');
    expect(types(given)).to.deep.equal(['02', '05']);
    expect(given[1]).to.include({
      file: '',
      siaddr: '0.0.0.0',
      yiaddr: '10.75.0.20',
      to: '255.255.255.255:68',
    });
  });

  it('dhclient gets a lease, renews it by unicast, and gives it back', () => {
    const given = answers('dhclient');
    expect(types(given)).to.deep.equal(['02', '05', '05', '05', undefined]);
    expect(given[2]).to.include({ to: '10.75.0.20:68', ciaddr: '10.75.0.20' });
  });

  it('a relay gets its option 82 back, last', () => {
    const given = answers('relay-option82');
    expect(given).to.have.length(4);
    for (const answer of given) {
      expect(answer).to.include({ giaddr: '10.75.0.2', to: '10.75.0.2:67' });
      expect(answer?.options[82]).to.equal('0106000400010005020600112233445566');
      expect(answer?.order.at(-1)).to.equal(82);
    }
  });
});
