import { expect } from 'chai';
import type { DhcpDecision } from '../../../../src/dhcp/decision.js';
import { describeMessage } from '../../../../src/dhcp/answering.js';
import { explainDhcp } from '../../../../src/dhcp/policy/explain-dhcp.js';
import {
  discoverOf,
  firmwareClients,
  ipxeOn,
  ipxePlatform,
  requestOf,
} from '../../../../src/dhcp/policy/simulated-client.js';
import type { DhcpMessage } from '../../../../src/dhcp/message.js';
import { parseIpv4 } from '../../../../src/net/ipv4.js';
import { parseMac } from '../../../../src/net/mac-address.js';
import { ascii, ip } from '../packets.js';

const mac = parseMac('52:54:00:00:00:01');
const shown = ({ options, ...fields }: DhcpMessage) => ({
  ...fields,
  chaddr: Buffer.from(fields.chaddr).toString('hex'),
  options: Object.fromEntries(
    [...options].map(([code, value]) => [code, Buffer.from(value).toString('hex')]),
  ),
});

describe('a client that is only thought of', () => {
  const asked = '01 03 06 0c 0f 2a 2b 33 3c 42 43'.replaceAll(' ', '');
  const iPxe = { 77: ascii('iPXE'), 175: 'eb03011501' };
  for (const [firmware, want] of Object.entries({
    bios: { 60: ascii('PXEClient:Arch:00000:UNDI:003016'), 93: '0000' },
    uefi: { 60: ascii('PXEClient:Arch:00007:UNDI:003016'), 93: '0007' },
    'uefi-http': { 60: ascii('HTTPClient:Arch:00016:UNDI:003016'), 93: '0010' },
    ipxe: { 60: ascii('PXEClient:Arch:00000:UNDI:003016'), 93: '0000', ...iPxe },
    arm64: { 60: ascii('PXEClient:Arch:00011:UNDI:003016'), 93: '000b' },
  })) {
    it(`says what ${firmware} says`, () => {
      const client = { mac, ...firmwareClients[firmware as keyof typeof firmwareClients] };
      const { options, chaddr, giaddr, hops, op } = shown(discoverOf(client));
      expect(options).to.deep.equal({ 53: '01', 55: asked, ...want });
      expect({ chaddr, giaddr, hops, op }).to.deep.equal({
        chaddr: '525400000001',
        giaddr: 0,
        hops: 0,
        op: 1,
      });
    });
  }

  it('says nothing of booting where a system is installed, and comes by its relay', () => {
    const relay = parseIpv4('10.75.0.7');
    const message = shown(discoverOf({ mac, vendor: undefined, relay }));
    expect(message.options).to.deep.equal({ 53: '01', 55: asked });
    expect(message).to.deep.include({ giaddr: relay, hops: 1 });
  });

  it('takes what it is offered, from the server that is named there', () => {
    const offer: DhcpMessage = {
      ...discoverOf({ mac, vendor: undefined }),
      yiaddr: parseIpv4('10.75.0.20'),
      siaddr: parseIpv4('10.75.0.2'),
      options: new Map([[54, Buffer.from(ip('10.75.0.1'), 'hex')]]),
    };
    const given = { 53: '03', 55: asked, 50: ip('10.75.0.20') };
    const { options } = shown(requestOf({ mac, vendor: undefined }, offer));
    expect(options).to.deep.equal({ ...given, 54: ip('10.75.0.1') });
    const nameless = shown(requestOf({ mac, vendor: undefined }, { ...offer, options: new Map() }));
    expect(nameless.options).to.deep.equal({ ...given, 54: ip('10.75.0.2') });
  });

  it('loads an iPXE, which runs where it runs', () => {
    const loaded = ipxeOn({ mac, ...firmwareClients.arm64, relay: parseIpv4('10.75.0.7') }, 'imago');
    const { options, giaddr } = shown(discoverOf(loaded));
    expect(options).to.include({ 93: '000b', 77: ascii('imago'), 175: 'eb03011501' });
    expect(giaddr).to.equal(parseIpv4('10.75.0.7'));
  });

  for (const { architecture, want } of [
    { architecture: 0, want: { platform: 'pcbios', arch: 'i386' } },
    { architecture: 7, want: { platform: 'efi', arch: 'x86_64' } },
    { architecture: 16, want: { platform: 'efi', arch: 'x86_64' } },
    { architecture: 11, want: { platform: 'efi', arch: 'arm64' } },
    { architecture: 19, want: { platform: 'efi', arch: 'arm64' } },
  ]) {
    it(`runs an iPXE on ${architecture} as ${want.platform}, ${want.arch}`, () =>
      expect(ipxePlatform(architecture)).to.deep.equal(want));
  }

  it('is described by what it says', () => {
    const message = discoverOf({ mac, ...firmwareClients.bios });
    expect(describeMessage(message)).not.to.have.any.keys('relay', 'clientAddress', 'leftOut');
    expect(describeMessage(message)).to.deep.include({
      type: 'discover',
      client: mac,
      vendorClass: 'PXEClient:Arch:00000:UNDI:003016',
      hostname: undefined,
    });
  });
});

describe('what DHCP answers, in sentences', () => {
  const address = parseIpv4('10.75.0.20');
  const reply = (yiaddr: number, boots?: string) =>
    ({ kind: 'reply', reply: { yiaddr }, ...(boots !== undefined && { boots }) }) as unknown as DhcpDecision;
  const none = parseIpv4('0.0.0.0');
  const dynamic = 'a dynamic address of network.bootstrapRange: the one it had, or a free one';
  const nothing = 'it boots nothing from the network';
  const firmware = 'firmware gets the boot loader of its architecture by TFTP';
  const url = 'what boots over HTTP gets a URL: iPXE that of its script, firmware that of a boot loader';

  for (const { decision, fixed, answer, rule } of [
    { decision: reply(address), answer: 'address 10.75.0.20', rule: `${dynamic}; ${nothing}` },
    { decision: reply(address, ''), answer: 'address 10.75.0.20', rule: `${dynamic}; ${nothing}` },
    {
      decision: reply(address, 'ipxe.efi'),
      fixed: address,
      answer: 'address 10.75.0.20, boot file ipxe.efi',
      rule: `the fixed address of its host; ${firmware}`,
    },
    {
      decision: reply(address, 'https://x/y'),
      answer: 'address 10.75.0.20, boot file https://x/y',
      rule: `${dynamic}; ${url}`,
    },
    {
      decision: reply(address, 'http://x/y'),
      answer: 'address 10.75.0.20, boot file http://x/y',
      rule: `${dynamic}; ${url}`,
    },
    {
      decision: reply(none, 'ipxe.efi'),
      answer: 'no address, boot file ipxe.efi',
      rule: `another server gives addresses; ${firmware}`,
    },
    {
      decision: { kind: 'ignore', reason: 'denied' } as const,
      answer: 'no answer',
      rule: 'it is in dhcp.deny, or not in dhcp.allow',
    },
  ]) {
    it(`${answer}: ${rule}`, () => expect(explainDhcp(decision, fixed)).to.deep.equal({ answer, rule }));
  }
});
