import { expect } from 'chai';
import { layoutOf, type Abi } from '../../../../src/net/linux/datagrams.js';
import { parseIpv4 } from '../../../../src/net/ipv4.js';

/** Offsets in bytes, as a C compiler of each ABI gives them (`man 7 cmsg`, `man 2 recvmmsg`). */
const abis: readonly (Abi & { readonly name: string; readonly sizes: object })[] = [
  ...[true, false].map((isLittleEndian) => ({
    name: `64 bits, ${isLittleEndian ? 'little' : 'big'}-endian`,
    wordBytes: 8 as const,
    isLittleEndian,
    sizes: {
      mmsghdr: 64,
      msg_namelen: 8,
      msg_iov: 16,
      msg_iovlen: 24,
      msg_control: 32,
      msg_controllen: 40,
      msg_flags: 48,
      msg_len: 56,
      iovec: 16,
      iov_len: 8,
      CMSG_SPACE: 24,
      CMSG_LEN: 18,
      cmsg_level: 8,
      cmsg_type: 12,
      CMSG_DATA: 16,
    },
  })),
  ...[true, false].map((isLittleEndian) => ({
    name: `32 bits, ${isLittleEndian ? 'little' : 'big'}-endian`,
    wordBytes: 4 as const,
    isLittleEndian,
    sizes: {
      mmsghdr: 32,
      msg_namelen: 4,
      msg_iov: 8,
      msg_iovlen: 12,
      msg_control: 16,
      msg_controllen: 20,
      msg_flags: 24,
      msg_len: 28,
      iovec: 8,
      iov_len: 4,
      CMSG_SPACE: 16,
      CMSG_LEN: 14,
      cmsg_level: 4,
      cmsg_type: 8,
      CMSG_DATA: 12,
    },
  })),
];

describe('the layout of structures of system calls', () => {
  for (const abi of abis) {
    const { message, vector, control, ...put } = layoutOf(abi);

    it(`${abi.name}: sizes and offsets are those of the ABI`, () => {
      expect({
        mmsghdr: message.words * 4,
        msg_namelen: message.nameLength * 4,
        msg_iov: message.vectors * 4,
        msg_iovlen: message.vectorCount * 4,
        msg_control: message.control * 4,
        msg_controllen: message.controlLength * 4,
        msg_flags: message.flags * 4,
        msg_len: message.length * 4,
        iovec: vector.words * 4,
        iov_len: vector.length * 4,
        CMSG_SPACE: control.words * 4,
        CMSG_LEN: control.length,
        cmsg_level: control.level * 4,
        cmsg_type: control.type * 4,
        CMSG_DATA: control.value * 4,
      }).to.deep.equal(abi.sizes);
    });

    it(`${abi.name}: numbers are written in its byte order, addresses and ports in that of the network`, () => {
      const words = new Uint32Array(4);
      put.putWord(words, 0, 0xcafe);
      expect(inMemory(words, abi).subarray(0, abi.wordBytes)).to.deep.equal(
        inOrder('cafe', abi.wordBytes, abi),
      );
      expect(put.wordAt(words, 0)).to.equal(0xcafe);
      put.putUint16(words, 3, 1472);
      expect(inMemory(words, abi).subarray(12, 14)).to.deep.equal(inOrder('05c0', 2, abi));
      const end = { address: parseIpv4('10.75.0.200'), port: 69 };
      put.putEndpoint(words, 0, end);
      expect(inMemory(words, abi).subarray(0, 2)).to.deep.equal(inOrder('0002', 2, abi));
      expect(inMemory(words, abi).subarray(2, 8).toString('hex')).to.equal('00450a4b00c8');
      expect({ address: put.addressAt(words, 0), port: put.portAt(words, 0) }).to.deep.equal(end);
    });
  }

  it('an address above 4 GiB takes both halves of a pointer of 64 bits', () => {
    for (const abi of abis.filter(({ wordBytes }) => wordBytes === 8)) {
      const words = new Uint32Array(2);
      layoutOf(abi).putWord(words, 0, 0x7f12_3456_789a);
      expect(inMemory(words, abi)).to.deep.equal(inOrder('7f123456789a', 8, abi));
      expect(layoutOf(abi).wordAt(words, 0)).to.equal(0x7f12_3456_789a);
    }
  });
});

/** What the words are in the memory of such a machine. */
function inMemory(words: Uint32Array, { isLittleEndian }: Abi): Buffer {
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((word, index) => {
    if (isLittleEndian) bytes.writeUInt32LE(word, index * 4);
    else bytes.writeUInt32BE(word, index * 4);
  });
  return bytes;
}

/** A number in hex as that machine has it in so many bytes. */
function inOrder(hex: string, length: number, { isLittleEndian }: Abi): Buffer {
  const bytes = Buffer.from(hex.padStart(length * 2, '0'), 'hex');
  return isLittleEndian ? bytes.reverse() : bytes;
}
