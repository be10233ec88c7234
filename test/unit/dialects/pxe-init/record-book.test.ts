import { expect } from 'chai';
import { imageKind, machineKind } from '../../../../src/dialects/pxe-init/netboot-kinds.js';
import { RecordBook } from '../../../../src/dialects/pxe-init/record-book.js';
import { parseMac } from '../../../../src/net/mac-address.js';
import { InMemoryHostStore } from '../../../support/fake-host-store.js';
import { rejection } from '../../../support/rejection.js';

const ada = { name: 'ada', kind: 'operator' } as const;

describe('records of images and machines', () => {
  const image = { kernel: 'k', initrd: 'i', rootfs: '', arguments: ['a=b'] };

  it('are files that operators can write', () => {
    const text =
      '{\n  "kernel": "k",\n  "initrd": "i",\n  "rootfs": "",\n  "arguments": [\n    "a=b"\n  ]\n}\n';
    expect(imageKind.format(image)).to.equal(text);
    expect(imageKind.parse(text, 'netboot-images/a')).to.deep.equal(image);
    expect(imageKind.parse('{"kernel":"k"}', 'a')).to.deep.equal({
      kernel: 'k',
      initrd: '',
      rootfs: '',
      arguments: [],
    });
    expect(machineKind.format({ image: null })).to.equal('{\n  "image": null\n}\n');
    for (const machine of [{ image: null }, { image: 'a' }])
      expect(machineKind.parse(machineKind.format(machine), 'm')).to.deep.equal(machine);
  });

  for (const { text, says } of [
    { text: '{}', says: "a.json:1: kernel: '' is empty: write its URL or path" },
    {
      text: '{"kernel":"k",\n"arguments":["a b"]}',
      says: "a.json:2: arguments: 'a b' is not one word of iPXE: it holds blanks or other characters",
    },
    { text: `{"kernel":"${'k'.repeat(3000)}"}`, says: 'is longer than 2048 characters' },
    {
      text: JSON.stringify({ kernel: 'k', arguments: Array.from({ length: 65 }, () => 'a') }),
      says: "'65 arguments' are too many: 64 at most",
    },
    { text: '{"kernel":"k","arguments":[""]}', says: "'' is not one word of iPXE: it is empty" },
    { text: '[', says: 'a.json:1: ' },
  ]) {
    it(`name the line of what cannot be: ${text.slice(0, 60)}`, () => {
      expect(() => imageKind.parse(text, 'a.json')).to.throw(says);
    });
  }

  it('have an end', async () => {
    const reached: string[] = [];
    const store = new InMemoryHostStore([], 'token', [imageKind, machineKind]);
    const book = new RecordBook(store, (name) => void reached.push(name), { images: 1, machines: 1 });
    await book.register({ name: 'a', ...image }, ada);
    await book.register({ name: 'a', ...image, kernel: 'other' }, ada);
    expect(await rejection(book.register({ name: 'b', ...image }, ada))).to.include({
      code: 'NETBOOT_FULL',
      message: 'there are 1 images already, as many as there may be: take some away first',
    });
    await book.tie({ mac: parseMac('52:54:00:00:00:01'), image: 'a' }, ada);
    await book.tie({ mac: parseMac('52:54:00:00:00:01'), image: null }, ada);
    const second = { mac: parseMac('52:54:00:00:00:02'), image: 'a' };
    expect(await rejection(book.tie(second, ada))).to.include({ code: 'NETBOOT_FULL' });
    expect(reached).to.deep.equal(['netboot-images', 'netboot-machines']);
    await book.untie(parseMac('52:54:00:00:00:01'), ada);
    const both = ['52:54:00:00:00:03', '52:54:00:00:00:04'].map((mac) =>
      book.tie({ mac: parseMac(mac), image: 'a' }, ada),
    );
    await Promise.allSettled(both);
    expect(await book.machines(), 'at once as well').to.have.length.below(2);
  });

  it('of machines become durable together, those of images alone', async () => {
    const store = new InMemoryHostStore([], 'token', [imageKind, machineKind]);
    const book = new RecordBook(store, () => undefined);
    await book.register({ name: 'a', ...image }, ada);
    const macs = Array.from({ length: 50 }, (_, index) => parseMac(`52:54:00:00:01:${10 + index}`));
    const outcomes = await Promise.allSettled([
      ...macs.map((mac) => book.tie({ mac, image: 'a' }, ada)),
      book.unregister('a', ada),
      book.tie({ mac: parseMac('52:54:00:00:00:01'), image: 'a' }, ada),
    ]);
    expect(outcomes.filter(({ status }) => status === 'rejected')).to.have.length(1);
    expect(await book.machines()).to.have.length(51);
    const [gone, late] = await Promise.allSettled([
      book.unregister('a', ada, true),
      book.tie({ mac: parseMac('52:54:00:00:00:02'), image: 'a' }, ada),
    ]);
    expect(gone).to.include({ status: 'fulfilled', value: true });
    expect(late.status).to.equal('rejected');
    expect(await book.machines()).to.deep.equal([]);
  });
});
