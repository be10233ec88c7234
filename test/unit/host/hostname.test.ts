import { expect } from 'chai';
import { hostnameOf } from '../../../src/host/hostname.js';
import type { Serial } from '../../../src/host/serial.js';

describe('the name of a host', () => {
  for (const { serial, hostname, want } of [
    { serial: 'ser1', hostname: 'core-1', want: 'core-1' },
    { serial: 'ser_1.x', want: 'ser-1-x' },
    { serial: '_a_', want: 'a' },
    { serial: `${'a'.repeat(62)}-b`, want: 'a'.repeat(62) },
    { serial: 'a'.repeat(70), want: 'a'.repeat(63) },
  ]) {
    it(`of ${serial}${hostname === undefined ? '' : `, called ${hostname},`} is ${want}`, () => {
      const host = {
        serial: serial as Serial,
        ...(hostname !== undefined && { hostname }),
      };
      expect(hostnameOf(host)).to.equal(want);
    });
  }
});
