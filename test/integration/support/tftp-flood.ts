import { setTimeout as sleep } from 'node:timers/promises';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { SendBatch } from '../../../src/net/linux/datagrams.js';
import { AF_INET, loadLibc, SOCK_RAW } from '../../../src/net/linux/libc.js';
import { floods, type FloodKind } from './tftp-floods.js';

/** Sends datagrams of one kind, whoever they claim to be from: SERVER KIND COUNT PER_SECOND. Wants root. */
const [, , server = '', kind = '', count = '0', perSecond = '0'] = process.argv;
const IPPROTO_RAW = 255;
const TURN_MS = 10;

const libc = await loadLibc();
if (typeof libc === 'string') throw new Error(libc);
const fd = libc.socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
if (fd < 0) throw new Error(libc.errorName());
// What cannot be sent, since it is too long to be one packet, is passed over.
const batch = new SendBatch(libc, fd, () => undefined);
const address = parseIpv4(server);
const datagram = floods[kind as FloodKind];
const perTurn = (Number(perSecond) * TURN_MS) / 1000;
const began = performance.now();

for (let sent = 0; sent < Number(count);) {
  const until = Math.min(sent + perTurn, Number(count));
  for (; sent < until; sent += 1) {
    const { from, port, bytes } = datagram(sent, address);
    batch.addPacket({ address, port: 0 }, ipPacket(from, port, bytes));
  }
  batch.flush();
  const ahead = began + (sent / Number(perSecond)) * 1000 - performance.now();
  if (ahead > 1) await sleep(ahead);
}

/** RFC 791 and 768, without options and without the checksum of UDP; Linux writes that of IP. */
function ipPacket(from: number, port: number, bytes: Uint8Array): Uint8Array {
  const packet = Buffer.alloc(28 + bytes.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = 64;
  packet[9] = 17;
  packet.writeUInt32BE(from, 12);
  packet.writeUInt32BE(address, 16);
  packet.writeUInt16BE(port, 20);
  packet.writeUInt16BE(69, 22);
  packet.writeUInt16BE(8 + bytes.length, 24);
  packet.set(bytes, 28);
  return packet;
}
