import { expect } from 'chai';
import { limitedBytes } from '../../../src/net/limited-bytes.js';

async function* body(...chunks: readonly unknown[]) {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

describe('the bytes of a body', () => {
  it('are all there are, up to the bound', async () => {
    const bytes = await limitedBytes(body(Buffer.from('ab'), Buffer.from('c')), 3);
    expect(bytes?.toString()).to.equal('abc');
    expect((await limitedBytes(body(), 0))?.length).to.equal(0);
  });

  it('are none where there is one more, and the rest is not read', async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read += 1;
        yield await Promise.resolve(Buffer.alloc(2));
      }
    }
    expect(await limitedBytes(endless(), 3)).to.equal(undefined);
    expect(read).to.equal(2);
  });
});
