import { expect } from 'chai';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { canBeAnswered } from '../../../src/tftp/transport.js';

describe('the sender of a datagram', () => {
  const table: { address: string; port: number; want: boolean }[] = [
    { address: '10.75.0.9', port: 1, want: true },
    { address: '223.255.255.255', port: 65535, want: true },
    { address: '127.0.0.1', port: 69, want: true }, // this machine's own checks
    { address: '10.75.0.9', port: 0, want: false },
    { address: '0.0.0.0', port: 2000, want: false },
    { address: '224.0.0.1', port: 2000, want: false },
    { address: '239.255.255.250', port: 2000, want: false },
    { address: '255.255.255.255', port: 2000, want: false },
  ];
  for (const { address, port, want } of table) {
    it(`${address}:${port} ${want ? 'is answered' : 'is nobody'}`, () =>
      expect(canBeAnswered({ address: parseIpv4(address), port })).to.equal(want));
  }
});
