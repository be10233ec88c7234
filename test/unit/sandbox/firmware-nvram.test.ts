import { expect } from 'chai';
import { nvramWithBootOrder } from '../../../sandbox/firmware-nvram.js';

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
});
