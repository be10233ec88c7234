import { expect } from 'chai';
import { nvramWithBootOnce, nvramWithBootOrder } from '../../../sandbox/firmware-nvram.js';

/** A variable store that holds one variable of four bytes. */
function storeWithOneVariable(): Buffer {
  const store = Buffer.alloc(1024, 0xff);
  const header = Buffer.alloc(60);
  header.writeUInt16LE(0x55aa, 0);
  header.writeUInt32LE(4, 36);
  header.writeUInt32LE(4, 40);
  header.copy(store, 0x64);
  store.write('A\0', 0x64 + 60, 'utf16le');
  return store;
}

describe('the memory of a UEFI firmware', () => {
  const empty = storeWithOneVariable();
  const nvram = nvramWithBootOrder(empty, { device: 0x10, mac: '52:54:00:1a:96:01' }, { device: 0x11 });
  const endOfFirst = 0x64 + 68;

  it('leaves what is there already, and its own size', () => {
    expect(nvram).to.have.lengthOf(empty.length);
    expect(nvram.subarray(0, endOfFirst)).to.deep.equal(empty.subarray(0, endOfFirst));
  });

  it('names two boot options, and their order', () => {
    const names = ['Boot1000', 'Boot1001', 'BootOrder'].map((name) => Buffer.from(`${name}\0`, 'utf16le'));
    const places = names.map((name) => nvram.indexOf(name));
    expect(places.every((place, index) => place > (places[index - 1] ?? endOfFirst))).to.equal(true);
    const [lastName, lastPlace] = [names.at(-1)!, places.at(-1)!];
    const order = nvram.subarray(lastPlace + lastName.length).subarray(0, 4);
    expect(order.toString('hex')).to.equal('00100110');
  });

  it('leads to the card by its slot and MAC address, over IPv4', () => {
    const path = `010106000010030b25005254001a9601${'00'.repeat(26)}01030c1b00`;
    expect(nvram.toString('hex')).to.include(path);
  });

  it('leads to the disk by its slot', () => {
    expect(nvram.toString('hex')).to.include('0101060000117fff0400');
  });

  const once = [
    { from: 'pxe', name: 'BootNext', want: '0010' },
    { from: 'disk', name: 'BootNext', want: '0110' },
    { from: 'bios', name: 'OsIndications', want: '0100000000000000' },
  ] as const;
  for (const { from, name, want } of once) {
    it(`boots from ${from} once by ${name}`, () => {
      const key = Buffer.from(`${name}\0`, 'utf16le');
      const after = nvramWithBootOnce(nvram, from);
      const value = after.indexOf(key) + key.length;
      expect(after.subarray(value, value + want.length / 2).toString('hex')).to.equal(want);
    });
  }

  it('holds one BootNext only: what was there before is marked as deleted', () => {
    const key = Buffer.from('BootNext\0', 'utf16le');
    const twice = nvramWithBootOnce(nvramWithBootOnce(nvram, 'pxe'), 'disk');
    const first = twice.indexOf(key);
    const second = twice.indexOf(key, first + 1);
    const states = [first, second].map((place) => twice.readUInt8(place - 60 + 2));
    expect(states).to.deep.equal([0x3d, 0x3f]);
    expect(twice.readUInt16LE(second + key.length)).to.equal(0x1001);
  });

  it('refuses what its store has no room for', () => {
    const small = Buffer.from(nvram);
    small.writeUInt32LE(endOfFirst, 0x64 - 12);
    expect(() => nvramWithBootOnce(small, 'pxe')).to.throw('no room for BootNext');
  });
});
