import { DhcpWorld, provisioning, settings } from '../unit/dhcp/policy/dhcp-world.js';
import { parseIpv4, parseSubnet } from '../../src/net/ipv4.js';

const remote = {
  ...provisioning,
  subnet: parseSubnet('10.76.0.0/24'),
  pool: { first: parseIpv4('10.76.0.50'), last: parseIpv4('10.76.0.60') },
};
const server = new DhcpWorld({ subnets: [provisioning, remote], leasesPerRelayPort: 3 });
const boot = { ...settings.boot, ownUserClass: 'imago' };
const own = new DhcpWorld({ boot, authoritative: true });
const proxy = new DhcpWorld({ mode: 'proxy', boot });

/**
 * Whole requests, from decoding to the bytes of the answer and the lease table, at debug log level: no fault whatever
 * comes. The table stays as large as the pools at most.
 */
export function fuzz(bytes: Buffer): void {
  const datagram = framed(bytes);
  for (const world of [server, own, proxy]) {
    world.forget();
    world.sayBytes(datagram);
    world.sayBytes(datagram, 'proxy');
    if (world.ignored.includes('fault')) throw new Error(`a fault: ${world.lines.join('\n')}`);
    if (world.leases.size > 400)
      throw new Error(`${world.leases.size} leases: more than there are addresses`);
    world.pass(1);
  }
}

/** Half of the time a header is made right, so that not all effort is spent on the magic cookie. */
function framed(bytes: Buffer): Buffer {
  if (bytes.length < 2 || (bytes[0] ?? 0) % 2 === 0) return bytes;
  const header = Buffer.alloc(240);
  bytes.copy(header, 0, 1, Math.min(bytes.length, 29));
  header[0] = 1;
  header[1] = 1;
  header[2] = 6;
  header.writeUInt32BE(0x63825363, 236);
  const ours = [0, 0x0a4b0001, 0x0a4c0001][(bytes[1] ?? 0) % 3] ?? 0;
  header.writeUInt32BE(ours, 24);
  return Buffer.concat([header, bytes.subarray(Math.min(bytes.length, 29))]);
}
