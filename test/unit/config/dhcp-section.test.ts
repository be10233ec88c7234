import { expect } from 'chai';
import { dhcpSection } from '../../../src/config/dhcp-section.js';

function faultsOf(section: unknown): string[] {
  const result = dhcpSection.safeParse(section);
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the dhcp section', () => {
  it('needs nothing', () => {
    expect(dhcpSection.parse({})).to.deep.include({
      mode: 'server',
      authoritative: false,
      conflictProbe: true,
      deny: [],
    });
  });

  const values = [
    { type: 'uint8', value: 255, hex: 'ff' },
    { type: 'uint16', value: 1500, hex: '05dc' },
    { type: 'uint32', value: 4294967295, hex: 'ffffffff' },
    { type: 'boolean', value: true, hex: '01' },
    { type: 'ipv4', value: '10.75.0.1', hex: '0a4b0001' },
    { type: 'ipv4-list', value: ['10.75.0.1', '10.75.0.2'], hex: '0a4b00010a4b0002' },
    { type: 'text', value: 'häh', hex: '68c3a468' },
    { type: 'hex', value: '01:02 Ff', hex: '0102ff' },
  ];
  for (const { type, value, hex } of values) {
    it(`writes an option of type ${type}`, () => {
      const [option] = dhcpSection.parse({ options: [{ code: 200, type, value }] }).options;
      expect(option?.code).to.equal(200);
      expect(Buffer.from(option?.value ?? []).toString('hex')).to.equal(hex);
    });
  }

  const wrong = [
    { type: 'uint8', value: 256 },
    { type: 'uint8', value: -1 },
    { type: 'uint16', value: 1.5 },
    { type: 'uint32', value: '7' },
    { type: 'boolean', value: 'yes' },
    { type: 'ipv4', value: '10.75.0.256' },
    { type: 'ipv4-list', value: [] },
    { type: 'text', value: '' },
    { type: 'text', value: 'x'.repeat(256) },
    { type: 'hex', value: '012' },
  ];
  for (const { type, value } of wrong) {
    it(`refuses ${JSON.stringify(value).slice(0, 20)} as ${type}, with an example`, () => {
      const [fault, ...more] = faultsOf({ options: [{ code: 200, type, value }] });
      expect(fault).to.match(/^options\.0\.value: is no value of type .*: write /);
      expect(more).to.deep.equal([]);
    });
  }

  it('refuses options that the server itself sets', () => {
    for (const code of [50, 51, 53, 54, 61, 67, 82]) {
      expect(faultsOf({ options: [{ code, type: 'uint8', value: 1 }] })[0]).to.include(
        'by the server itself',
      );
    }
  });

  it('finds what is wrong between settings', () => {
    expect(
      faultsOf({
        subnets: [
          { subnet: '10.76.0.0/24', range: { first: '10.76.0.9', last: '10.76.0.5' }, router: '10.77.0.1' },
          { subnet: '10.76.0.0/16', range: { first: '10.76.1.1', last: '10.78.0.1' } },
        ],
        reservations: [
          { mac: '52:54:00:00:00:01', address: '10.75.0.9' },
          { mac: '52-54-00-00-00-01', address: '10.75.0.9' },
        ],
      }),
    ).to.deep.equal([
      'subnets.0.range: begins after its end: exchange first and last',
      'subnets.0.router: 10.77.0.1 is not an address of 10.76.0.0/24',
      'subnets.1.range.last: 10.78.0.1 is not an address of 10.76.0.0/16',
      'subnets.1.subnet: overlaps 10.76.0.0/24',
      'reservations.1.mac: is reserved already further up',
      'reservations.1.address: is reserved already further up',
    ]);
  });

  it('wants one name for the client of a reservation', () => {
    expect(faultsOf({ reservations: [{ address: '10.75.0.9' }] })[0]).to.include('needs a mac or a clientId');
    expect(
      dhcpSection.parse({ reservations: [{ clientId: 'FF:00:01' }] }).reservations[0]?.clientId,
    ).to.equal('ff0001');
  });
});
