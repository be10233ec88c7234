import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { houseConfig } from '../../support/http-house.js';

const defaults = {
  mode: 'auto',
  maxPending: 500,
  perAddressPerHour: 10,
  perMinute: 1000,
  forgetAfterHours: 72,
};

describe('newHosts', () => {
  const table = [
    { text: '', want: defaults },
    { text: 'newHosts: {}', want: defaults },
    {
      text: 'newHosts: { perAddressPerHour: 0, perMinute: 0 }',
      want: { ...defaults, perAddressPerHour: 0, perMinute: 0 },
    },
    { text: 'newHosts: { requireLease: true }', want: { ...defaults, requireLease: true } },
    {
      text: 'newHosts: { requireLease: true }\ndhcp: { mode: server }',
      want: { ...defaults, requireLease: true },
    },
    {
      text: 'newHosts: { requireLease: false }\ndhcp: { mode: proxy }',
      want: { ...defaults, requireLease: false },
    },
    {
      text: 'newHosts: { requireLease: true }\ndhcp: { mode: proxy }',
      want: "newHosts.requireLease: needs dhcp.mode server: with 'proxy' imago leases no addresses",
    },
    { text: 'newHosts: { requireLease: true }\ndhcp: { mode: off }', want: 'newHosts.requireLease' },
    { text: 'newHosts: { perMinute: -1 }', want: 'newHosts.perMinute' },
    { text: 'newHosts: { perAddressPerHour: 1.5 }', want: 'newHosts.perAddressPerHour' },
    { text: 'newHosts: { forgetAfterHours: 0.5 }', want: { ...defaults, forgetAfterHours: 0.5 } },
    { text: 'newHosts: { forgetAfterHours: -1 }', want: 'newHosts.forgetAfterHours' },
    { text: 'newHosts: { perHour: 1 }', want: 'perHour' },
  ];
  for (const { text, want } of table) {
    it(`${text.replace('\n', ', ') || 'left out'}: ${typeof want === 'string' ? want : 'sound'}`, () => {
      const parse = () => parseConfig(`${houseConfig}\n${text}\n`, 'x.yaml').newHosts;
      if (typeof want === 'string') expect(parse).to.throw(want);
      else expect(parse()).to.deep.equal(want);
    });
  }
});
