import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ETHERNET_AND_IP = 14;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;

/** The UDP payloads of a capture of Ethernet frames (test/fixtures/pcap, the classic format), in order. */
export function payloads(name: string): Buffer[] {
  // From dist/test/unit/dhcp, where this runs, to the sources.
  const file = readFileSync(
    fileURLToPath(new URL(`../../../../test/fixtures/pcap/${name}.pcap`, import.meta.url)),
  );
  if (file.readUInt32LE(0) !== MAGIC_MICROSECONDS) throw new Error(`${name} is no classic pcap file`);
  const found: Buffer[] = [];
  for (let offset = 24; offset < file.length;) {
    const length = file.readUInt32LE(offset + 8);
    const frame = file.subarray(offset + 16, offset + 16 + length);
    const ipHeader = (frame.readUInt8(ETHERNET_AND_IP) & 15) * 4;
    const udp = ETHERNET_AND_IP + ipHeader;
    found.push(frame.subarray(udp + 8, udp + frame.readUInt16BE(udp + 4)));
    offset += 16 + length;
  }
  return found;
}

/** What the client said in a capture. */
export function requests(name: string): Buffer[] {
  return payloads(name).filter((payload) => payload[0] === 1);
}
