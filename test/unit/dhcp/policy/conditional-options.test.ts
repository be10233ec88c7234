import { expect } from 'chai';
import { compileNetwork, networkFor } from '../../../../src/dhcp/policy/network.js';
import type { ExtraOption, OptionCondition } from '../../../../src/dhcp/policy/settings.js';
import { classifyClient } from '../../../../src/boot/classify-client.js';
import { decodeMessage } from '../../../../src/dhcp/message.js';
import { parseIpv4, parseSubnet } from '../../../../src/net/ipv4.js';
import { ascii, packet, type PacketFields } from '../packets.js';
import { DhcpWorld, provisioning, settings, type Answer } from './dhcp-world.js';

/** What dnsmasq sends for `pxe-service=0,"Raspberry Pi Boot"`. */
const PI_MENU = '0601030a04005058450914000011' + ascii('Raspberry Pi Boot') + 'ff';
const ALL = '06010b';
const PI = 'b8:27:eb:00:00:01';
const OTHER = '52:54:00:00:00:01';
const PXE = 'PXEClient:Arch:00000:UNDI:002001';
const PXE_DISCOVERY_CONTROL = '060108ff';

function option(code: number, hex: string, when?: OptionCondition): ExtraOption {
  return { code, value: Buffer.from(hex, 'hex'), ...(when && { when }) };
}

const byPrefix: OptionCondition = { macPrefix: ['dc:a6:32', 'b8:27:eb'] };
const forPis = [option(43, PI_MENU, byPrefix), option(60, ascii('PXEClient'), byPrefix)];

interface Machine {
  readonly mac?: string;
  readonly vendorClass?: string;
  readonly codes?: string;
  readonly more?: readonly [number, string][];
}

function discover({ mac = OTHER, vendorClass, codes, more = [] }: Machine): PacketFields {
  return {
    chaddr: mac,
    options: [
      [53, '01'],
      ...(vendorClass === undefined ? [] : [[60, ascii(vendorClass)] as [number, string]]),
      ...(codes === undefined ? [] : [[93, codes] as [number, string]]),
      ...more,
    ],
  };
}

function answerTo(
  machine: Machine,
  extraOptions: readonly ExtraOption[],
  mode: 'server' | 'proxy' = 'server',
): Answer | undefined {
  return new DhcpWorld({ mode, subnets: [{ ...provisioning, extraOptions }] }).say(discover(machine));
}

describe('N11: options with a condition', () => {
  const conditions: { when: OptionCondition; met: Machine; unmet: Machine }[] = [
    { when: byPrefix, met: { mac: PI }, unmet: { mac: 'b8:27:ec:00:00:01' } },
    { when: { vendorClass: 'PXE' }, met: { vendorClass: PXE }, unmet: { vendorClass: 'a PXE' } },
    { when: { vendorClass: 'PXEClient' }, met: { vendorClass: PXE }, unmet: {} },
    {
      when: { vendorClass: '*:Arch:0000?:*' },
      met: { vendorClass: PXE },
      unmet: { vendorClass: 'PXEClient' },
    },
    {
      when: { architecture: 'efi-arm64' },
      met: { vendorClass: 'PXEClient', codes: '000b' },
      unmet: { vendorClass: 'PXEClient', codes: '0007' },
    },
    {
      when: { architecture: 'efi-arm64' },
      met: { vendorClass: 'U-Boot.armv8', codes: '0016' },
      unmet: { vendorClass: 'U-Boot.armv8' },
    },
    {
      when: { architecture: 41 },
      met: { vendorClass: 'PXEClient', codes: '0029' },
      unmet: { vendorClass: 'PXEClient', codes: '0000' },
    },
    {
      when: { ...byPrefix, architecture: 'bios', vendorClass: 'PXEClient' },
      met: { mac: PI, vendorClass: PXE, codes: '0000' },
      unmet: { mac: PI, vendorClass: PXE, codes: '000b' },
    },
    {
      when: { ...byPrefix, vendorClass: 'PXEClient' },
      met: { mac: PI, vendorClass: PXE },
      unmet: { vendorClass: PXE },
    },
  ];
  for (const { when, met, unmet } of conditions) {
    it(`N11: ${JSON.stringify(when)} holds for ${JSON.stringify(met)}, not for ${JSON.stringify(unmet)}`, () => {
      expect(answerTo(met, [option(43, PI_MENU, when)])?.options[43]).to.equal(PI_MENU);
      const others = answerTo(unmet, [option(43, PI_MENU, when)]);
      expect(others?.options).to.include({ 53: '02' }).and.not.have.property('43');
    });
  }

  for (const extra of [
    [option(43, ALL), option(43, PI_MENU, byPrefix)],
    [option(43, PI_MENU, byPrefix), option(43, ALL)],
    [option(43, '00', { vendorClass: 'PXE' }), option(43, PI_MENU, byPrefix), option(43, ALL)],
  ]) {
    it(`N11: wins over the one without, once in the answer (${extra.length} in this order)`, () => {
      expect(answerTo({ mac: PI, vendorClass: PXE }, extra)?.options[43]).to.equal(PI_MENU);
      expect(answerTo({}, extra)?.options[43]).to.equal(ALL);
    });
  }

  it('N11: may be a router, which then stands in its place', () => {
    const extra = [option(3, '0a4b0009', byPrefix)];
    expect(answerTo({ mac: PI }, extra)?.options[3]).to.equal('0a4b0009');
    expect(answerTo({}, extra)?.options[3]).to.equal('0a4b00fe');
  });

  it('N11: a Raspberry Pi gets 43 and 60 in server mode, and nobody else', () => {
    const pi = answerTo({ mac: PI, vendorClass: PXE, codes: '0000' }, forPis);
    expect(pi?.options).to.include({ 43: PI_MENU, 60: ascii('PXEClient') });
    const other = answerTo({ vendorClass: PXE, codes: '0000' }, forPis);
    expect(other?.file).to.equal('undionly.kpxe');
    expect(other?.options).to.not.have.any.keys('43', '60');
  });

  it('N11: in proxy mode its 43 and 60 are in place of the proxy’s own, and nobody else’s', () => {
    const extra = [option(43, PI_MENU, byPrefix), option(60, ascii('PXEClient:Pi'), byPrefix)];
    const pi = answerTo({ mac: PI, vendorClass: PXE, codes: '0000' }, extra, 'proxy');
    expect(pi?.options).to.include({ 43: PI_MENU, 60: ascii('PXEClient:Pi') });
    expect(pi?.options).to.not.have.any.keys('1', '3', '6', '51');
    const other = answerTo({ vendorClass: PXE, codes: '0000' }, extra, 'proxy');
    expect(other?.options).to.include({ 43: PXE_DISCOVERY_CONTROL, 60: ascii('PXEClient') });
  });

  it('N11: in proxy mode a 43 for all leaves the proxy’s own', () => {
    const other = answerTo({ vendorClass: PXE, codes: '0000' }, [option(43, ALL)], 'proxy');
    expect(other?.options[43]).to.equal(PXE_DISCOVERY_CONTROL);
  });

  for (const mode of ['server', 'proxy'] as const) {
    it(`N11: UEFI HTTP boot keeps the class that it needs, in ${mode} mode`, () => {
      const machine = { mac: PI, vendorClass: 'HTTPClient:Arch:00019', codes: '0013' };
      expect(answerTo(machine, forPis, mode)?.options[60]).to.equal(ascii('HTTPClient'));
    });
  }

  it('N11: those of a network behind a relay are its own', () => {
    const relayed = { ...provisioning, subnet: parseSubnet('10.76.0.0/24'), extraOptions: forPis };
    const pool = { first: parseIpv4('10.76.0.20'), last: parseIpv4('10.76.0.99') };
    const world = new DhcpWorld({ subnets: [...settings.subnets, { ...relayed, pool }] });
    const pi = discover({ mac: PI, vendorClass: PXE });
    expect(world.say({ ...pi, giaddr: '10.76.0.1' })?.options[43]).to.equal(PI_MENU);
    expect(world.say({ ...pi, giaddr: '0.0.0.0' })?.options).to.not.have.property('43');
  });

  it('N11: without any, and where none holds, the network is answered with as it was made', () => {
    const request = decodeMessage(packet(discover({})));
    const asker = { request, client: classifyClient(request), mac: undefined };
    const plain = compileNetwork({ ...provisioning, extraOptions: [option(43, ALL)] });
    expect(plain).to.not.have.property('conditional');
    expect(networkFor(plain, asker)).to.equal(plain);
    const conditional = compileNetwork({ ...provisioning, extraOptions: forPis });
    expect(networkFor(conditional, asker)).to.equal(conditional);
  });
});
