import { expect } from 'chai';
import { FetchedFiles } from '../../../src/boots/fetched-files.js';
import { parseMac } from '../../../src/net/mac-address.js';

const mac = parseMac('52:54:00:00:00:01');
const other = parseMac('52:54:00:00:00:02');
const boot = { id: 'a', files: ['kernel', 'initrd0'].map((name) => ({ name, label: name, bytes: 1 })) };

describe('what a machine has fetched of a boot', () => {
  it('is all of it with the last file, in any order, each machine for itself', () => {
    const fetched = new FetchedFiles();
    expect(fetched.has(boot, 'initrd0', mac)).to.equal(false);
    expect(fetched.has(boot, 'initrd0', mac)).to.equal(false);
    expect(fetched.has(boot, 'kernel', other)).to.equal(false);
    expect(fetched.has(boot, 'kernel', mac)).to.equal(true);
    expect(fetched.has(boot, 'kernel', mac), 'it begins anew').to.equal(false);
  });

  it('is forgotten with the boot', () => {
    const fetched = new FetchedFiles();
    fetched.has(boot, 'kernel', mac);
    fetched.has({ ...boot, id: 'ab' }, 'kernel', mac);
    fetched.forget('a');
    expect(fetched.has(boot, 'initrd0', mac)).to.equal(false);
    expect(fetched.has({ ...boot, id: 'ab' }, 'initrd0', mac)).to.equal(true);
  });

  it('is remembered of 10,000 machines', () => {
    const fetched = new FetchedFiles();
    fetched.has(boot, 'kernel', mac);
    for (let count = 0; count < 10_000; count += 1) fetched.has({ ...boot, id: `b${count}` }, 'kernel', mac);
    expect(fetched.has(boot, 'initrd0', mac)).to.equal(false);
  });
});
