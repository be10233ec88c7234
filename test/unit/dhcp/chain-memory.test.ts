import { expect } from 'chai';
import { ChainMemory } from '../../../src/dhcp/lease-table.js';

describe('the memory of chains', () => {
  it('forgets the oldest when strangers make up too many', () => {
    const memory = new ChainMemory();
    for (let number = 0; number <= 20_000; number += 1)
      memory.remember(`hw-${number}`, { xid: number, until: 1 });
    expect(memory.find('hw-0')).to.equal(undefined);
    expect(memory.find('hw-1')).to.deep.equal({ xid: 1, until: 1 });
    expect(memory.find('hw-20000')).to.deep.equal({ xid: 20_000, until: 1 });
  });

  it('keeps the latest of a client', () => {
    const memory = new ChainMemory();
    memory.remember('hw-1', { xid: 1, until: 1 });
    memory.remember('hw-1', { xid: 2, until: 2 });
    expect(memory.find('hw-1')).to.deep.equal({ xid: 2, until: 2 });
  });
});
