/** Sends an Ethernet frame, given in hex, by an interface of this namespace, as often as is said. */
import { readFileSync } from 'node:fs';
import { check, loadLibc, SOCK_RAW } from '../../../src/net/linux/libc.js';

const AF_PACKET = 17;

const [, , interfaceName = '', hex = '', times = '1'] = process.argv;
const libc = await loadLibc();
if (typeof libc === 'string') throw new Error(libc);
const frame = Buffer.from(hex, 'hex');
const index = Number(readFileSync(`/sys/class/net/${interfaceName}/ifindex`, 'utf8'));
const address = Buffer.alloc(20); // struct sockaddr_ll of packet(7)
new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_PACKET;
new Int32Array(address.buffer, address.byteOffset + 4, 1)[0] = index;
const fd = check(libc, 'socket', libc.socket(AF_PACKET, SOCK_RAW, 0));
for (let sent = 0; sent < Number(times); sent += 1) {
  check(libc, 'sendto', libc.sendto(fd, frame, frame.length, 0, address, address.length));
}
