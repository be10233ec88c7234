import { expect } from 'chai';
import { powerSection } from '../../../src/config/power-section.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseSubnet } from '../../../src/net/ipv4.js';
import { Secret } from '../../../src/power/secret.js';
import type { SecretSource } from '../../../src/power/secret-source.js';
import { bmcOfHost } from '../../../src/provision/bmc-of-host.js';
import { codeOf } from '../../support/rejection.js';

const all = { driver: 'ipmi', user: 'admin', password: { file: '/etc/imago/bmc' } };

const networks = { own: ['10.75.0.1'], provisioned: [parseSubnet('10.75.0.0/24')] };

const target = (power: unknown, facts: Partial<Host> = {}) => {
  const asked: SecretSource[] = [];
  const host = newHost(parseSerial('ser1'), { profile: 'core', ipmiAddress: '10.76.0.9', ...facts });
  const found = bmcOfHost(host, powerSection.parse(power), networks, async (source) => {
    asked.push(source);
    return new Secret('x');
  });
  const { password, ...rest } = found;
  return { ...rest, password, asked };
};

describe('bmcOfHost', () => {
  it('fills in what nobody says', () => {
    expect(target(all)).to.deep.include({
      driver: 'ipmi',
      address: '10.76.0.9',
      port: 623,
      user: 'admin',
      cipherSuites: [17, 3],
      privilege: 'administrator',
      retrySeconds: 3,
      packetTries: 2,
      timeoutSeconds: 75,
    });
    expect(target({ ...all, driver: 'redfish' })).to.deep.include({
      driver: 'redfish',
      port: 443,
      scheme: 'https',
      authentication: 'session',
      tls: { verify: true, fingerprint: undefined, caFile: undefined },
    });
  });

  it('takes each setting from the host, else its profile, else from all', async () => {
    const found = target({
      ...all,
      ipmi: { cipherSuite: 3, privilege: 'operator' },
      profiles: { core: { user: 'core', ipmi: { cipherSuite: 17 }, password: { variable: 'CORE' } } },
      hosts: { SER1: { ipmi: { port: 9623 }, address: '127.0.0.1' } },
    });
    expect(found).to.deep.include({
      address: '127.0.0.1',
      user: 'core',
      port: 9623,
      cipherSuites: [17],
      privilege: 'operator',
    });
    await found.password();
    expect(found.asked).to.deep.equal([{ variable: 'CORE' }]);
  });

  it('lets one host be reached another way', () => {
    const found = target({
      ...all,
      hosts: {
        ser1: {
          driver: 'redfish',
          redfish: { scheme: 'http', tls: { fingerprint: 'AB:'.repeat(31) + 'AB' } },
        },
      },
    });
    expect(found).to.deep.include({
      driver: 'redfish',
      port: 80,
      tls: { verify: true, fingerprint: 'ab'.repeat(32), caFile: undefined },
    });
  });

  const refused = [
    { name: 'no driver', power: {}, code: 'BMC_UNKNOWN' },
    {
      name: 'a host that is exempt',
      power: { ...all, hosts: { ser1: { driver: 'none' } } },
      code: 'BMC_UNKNOWN',
    },
    { name: 'no user', power: { ...all, user: undefined }, code: 'BMC_UNKNOWN' },
    { name: 'no password', power: { ...all, password: undefined }, code: 'BMC_UNKNOWN' },
    { name: 'no address', power: all, facts: { ipmiAddress: undefined }, code: 'BMC_UNKNOWN' },
    { name: 'an option for an address', power: all, facts: { ipmiAddress: '-Iopen' }, code: 'INVALID_VALUE' },
    {
      name: 'an address from elsewhere that the machine reported',
      power: { ...all, networks: ['10.99.0.0/24'] },
      code: 'BMC_ADDRESS_FORBIDDEN',
    },
    {
      name: 'a public address in the record, without power.networks',
      power: all,
      facts: { ipmiAddress: '192.0.2.7' },
      code: 'BMC_ADDRESS_FORBIDDEN',
    },
  ];
  for (const { name, power, facts = {}, code } of refused) {
    it(`${name}: ${code}`, () => {
      let got = 'nothing';
      try {
        target(power, facts);
      } catch (error) {
        got = codeOf(error);
      }
      expect(got).to.equal(code);
    });
  }
});
