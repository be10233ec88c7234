import { expect } from 'chai';
import fc from 'fast-check';
import { ExpiryHeap, type Expiring } from '../../../src/dhcp/lease-pool.js';

describe('ExpiryHeap', () => {
  it('has the earliest end on top, whatever is added, moved and removed', () => {
    const step = fc.record({
      what: fc.constantFrom('add', 'move', 'remove'),
      which: fc.nat(50),
      at: fc.nat(100),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new ExpiryHeap<Expiring>();
        const items: Expiring[] = [];
        for (const { what, which, at } of steps) {
          const item = items[which % Math.max(items.length, 1)];
          if (what === 'add' || item === undefined) {
            const added = { expiresAt: at, heapIndex: -1 };
            items.push(added);
            heap.add(added);
          } else if (what === 'move') {
            item.expiresAt = at;
            heap.moved(item);
          } else {
            heap.remove(item);
            items.splice(items.indexOf(item), 1);
            expect(item.heapIndex).to.equal(-1);
          }
          expect(heap.size).to.equal(items.length);
          expect(heap.first()?.expiresAt).to.equal(
            items.length === 0 ? undefined : Math.min(...items.map(({ expiresAt }) => expiresAt)),
          );
        }
      }),
    );
  });
});
