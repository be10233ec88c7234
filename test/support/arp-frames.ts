import { macToBytes, parseMac } from '../../src/net/mac-address.js';

const REPLY = 2;

/** An ARP reply (RFC 826) in a frame of its own, in hex: that the address is at that card, said to all. */
export function arpReply(address: string, card: string): string {
  const mac = macToBytes(parseMac(card));
  const ip = address.split('.').map(Number);
  const everyone = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
  const ethernet = [...everyone, ...mac, 0x08, 0x06];
  const arp = [0, 1, 0x08, 0, 6, 4, 0, REPLY, ...mac, ...ip, ...everyone, ...ip];
  return Buffer.from([...ethernet, ...arp]).toString('hex');
}
