import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { provisioningSettings } from '../../../src/provision/provisioning-settings.js';
import { houseConfig } from '../../support/http-house.js';

describe('machines.proof', () => {
  const table = [
    { text: 'dhcp: { mode: server }', want: 'required' },
    { text: 'dhcp: { mode: server }\nnewHosts: { requireLease: false }', want: 'log' },
    { text: 'dhcp: { mode: proxy }', want: 'log' },
    { text: 'dhcp: { mode: off }', want: 'log' },
    { text: 'dhcp: { mode: server }\nmachines: { proof: off }', want: 'off' },
    { text: 'dhcp: { mode: server }\nmachines: { proof: log }', want: 'log' },
    { text: 'dhcp: { mode: proxy }\nmachines: { proof: required }', want: 'required' },
  ];
  for (const { text, want } of table) {
    it(`${text.replace('\n', ', ')}: ${want}`, () =>
      expect(provisioningSettings(parseConfig(`${houseConfig}\n${text}\n`, 'x.yaml')).proof).to.equal(want));
  }

  it('is one of three', () => {
    expect(() => parseConfig(`${houseConfig}\nmachines: { proof: maybe }\n`, 'x.yaml')).to.throw(
      'machines.proof',
    );
  });
});
