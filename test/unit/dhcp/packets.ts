/**
 * DHCP messages built and taken apart by hand, straight from RFC 2131 figure 1: nothing here is shared with the codec
 * under test.
 */

export interface PacketFields {
  readonly op?: number;
  readonly htype?: number;
  readonly hlen?: number;
  readonly hops?: number;
  readonly xid?: number;
  readonly secs?: number;
  readonly flags?: number;
  readonly ciaddr?: string;
  readonly yiaddr?: string;
  readonly siaddr?: string;
  readonly giaddr?: string;
  /** Hex, colons allowed. */
  readonly chaddr?: string;
  readonly sname?: string;
  readonly file?: string;
  /** Hex of whole fields, over the texts. */
  readonly snameHex?: string;
  readonly fileHex?: string;
  readonly cookie?: string;
  /** Number and value in hex, in order. */
  readonly options?: readonly (readonly [number, string])[];
  /** Hex instead of `options`, written as it is. */
  readonly rawOptions?: string;
}

export const MAC = '52:54:00:00:00:01';

export function packet(fields: PacketFields): Buffer {
  const head = Buffer.alloc(240);
  head[0] = fields.op ?? 1;
  head[1] = fields.htype ?? 1;
  head[2] = fields.hlen ?? 6;
  head[3] = fields.hops ?? 0;
  head.writeUInt32BE(fields.xid ?? 0x11223344, 4);
  head.writeUInt16BE(fields.secs ?? 0, 8);
  head.writeUInt16BE(fields.flags ?? 0, 10);
  [fields.ciaddr, fields.yiaddr, fields.siaddr, fields.giaddr].forEach((address, index) => {
    Buffer.from(octets(address ?? '0.0.0.0')).copy(head, 12 + 4 * index);
  });
  bytes(fields.chaddr ?? MAC).copy(head, 28);
  head.write(fields.sname ?? '', 44, 'latin1');
  head.write(fields.file ?? '', 108, 'latin1');
  bytes(fields.snameHex ?? '').copy(head, 44);
  bytes(fields.fileHex ?? '').copy(head, 108);
  bytes(fields.cookie ?? '63825363').copy(head, 236);
  if (fields.rawOptions !== undefined) return Buffer.concat([head, bytes(fields.rawOptions)]);
  const parts = (fields.options ?? []).map(([code, hex]) => {
    const value = bytes(hex);
    return Buffer.concat([Buffer.from([code, value.length]), value]);
  });
  return Buffer.concat([head, ...parts, Buffer.from([255])]);
}

export interface ParsedPacket {
  readonly length: number;
  readonly op: number;
  readonly htype: number;
  readonly hlen: number;
  readonly xid: number;
  readonly secs: number;
  readonly flags: number;
  readonly ciaddr: string;
  readonly yiaddr: string;
  readonly siaddr: string;
  readonly giaddr: string;
  readonly chaddr: string;
  readonly sname: string;
  readonly file: string;
  /** Hex by number. */
  readonly options: Readonly<Record<number, string>>;
  /** Numbers in the order of the wire. */
  readonly order: readonly number[];
}

export function parse(datagram: Buffer): ParsedPacket {
  const options: Record<number, string> = {};
  const order: number[] = [];
  let offset = 240;
  while (datagram[offset] !== 255) {
    if (offset >= datagram.length) throw new Error('no end option');
    const code = datagram[offset] ?? 0;
    const length = datagram[offset + 1] ?? 0;
    if (code === 0) {
      offset += 1;
      continue;
    }
    options[code] = (options[code] ?? '') + datagram.toString('hex', offset + 2, offset + 2 + length);
    order.push(code);
    offset += 2 + length;
  }
  const address = (at: number): string => [...datagram.subarray(at, at + 4)].join('.');
  const text = (at: number, length: number): string =>
    datagram.toString('latin1', at, at + length).replace(/\0.*$/s, '');
  return {
    length: datagram.length,
    op: datagram.readUInt8(0),
    htype: datagram.readUInt8(1),
    hlen: datagram.readUInt8(2),
    xid: datagram.readUInt32BE(4),
    secs: datagram.readUInt16BE(8),
    flags: datagram.readUInt16BE(10),
    ciaddr: address(12),
    yiaddr: address(16),
    siaddr: address(20),
    giaddr: address(24),
    chaddr: datagram.toString('hex', 28, 34).replace(/(..)(?!$)/g, '$1:'),
    sname: text(44, 64),
    file: text(108, 128),
    options,
    order,
  };
}

/** An address as the value of an option, in hex. */
export function ip(address: string): string {
  return Buffer.from(octets(address)).toString('hex');
}

/** A text as the value of an option, in hex. */
export function ascii(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

export function uint32(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function octets(address: string): number[] {
  return address.split('.').map(Number);
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(':', ''), 'hex');
}
