import { expect } from 'chai';
import { renderIpxe } from '../../../../src/boot/render-ipxe.js';
import { renderPixiecoreJson } from '../../../../src/boot/render-pixiecore.js';
import type { BootAsker } from '../../../../src/boot/boot-source.js';
import { NoMatch } from '../../../../src/dialects/matchbox/errors.js';
import { matchboxSource } from '../../../../src/dialects/matchbox/matchbox-source.js';
import type { NetBoot } from '../../../../src/dialects/matchbox/profile.js';
import { parseMac } from '../../../../src/net/mac-address.js';
import { MemoryBook } from './memory-book.js';

const by = { name: 'ci', kind: 'operator' } as const;
const MAC = '52:54:00:00:00:01';

describe('matchbox as a source of boot plans', () => {
  let book: MemoryBook;
  const source = () =>
    matchboxSource({
      book,
      base: () => 'http://10.75.0.1:8080',
      retry: () => 'http://10.75.0.1:4080/boot.ipxe',
    });
  const asker = (more: Partial<BootAsker> = {}): BootAsker => ({
    mac: parseMac(MAC),
    uuid: undefined,
    serial: undefined,
    labels: {},
    ...more,
  });
  const putGroup = (id: string, selector: Record<string, string>, profile = 'p') =>
    book.groups.put({ id, name: '', profile, selector }, by);
  const putBoot = (boot?: NetBoot) =>
    book.profiles.put(
      { id: 'p', name: '', ignitionId: '', cloudId: '', genericId: '', ...(boot && { boot }) },
      by,
    );
  const boot = (more: Partial<NetBoot> = {}): NetBoot => ({
    kernel: '/assets/k',
    initrd: [],
    args: [],
    ...more,
  });

  beforeEach(() => {
    book = new MemoryBook();
  });

  it('knows nothing of a machine that no group matches', async () => {
    await putGroup('other', { mac: '52:54:00:00:00:02' });
    expect(await source().find(asker())).to.equal(undefined);
  });

  it('boots what /ipxe would, with URLs of its own listener, and says which group and why', async () => {
    await putGroup('node1', { mac: MAC, os: 'installed' });
    await putGroup('all', {});
    await putBoot(
      boot({
        initrd: ['--name main /assets/i.img', 'http://other/x/second.img?a=b', 'assets/third'],
        args: [
          'initrd=main',
          'console=ttyS0 quiet',
          'ignition.config.url=http://m/ignition?mac=${mac:hexhyp}',
        ],
      }),
    );
    const found = await source().find(asker({ labels: { os: 'installed' } }));
    expect(found?.by).to.equal('group node1');
    expect(found?.rule).to.equal(
      'of the groups that match it has most selectors (mac=52:54:00:00:00:01, os=installed), and gives profile p; its UUID is not known here',
    );
    expect(found && renderIpxe(found.plan)).to.equal(`#!ipxe
echo imago: group node1 of matchbox, profile p

imgfree
kernel http://10.75.0.1:8080/assets/k initrd=main initrd=second.img initrd=third console=ttyS0 quiet ignition.config.url=http://m/ignition?mac=\${mac:hexhyp} || goto failed
initrd --name main http://10.75.0.1:8080/assets/i.img || goto failed
initrd --name second.img http://other/x/second.img?a=b || goto failed
initrd --name third http://10.75.0.1:8080/assets/third || goto failed
boot || goto failed

:failed
echo imago: kernel or initial ramdisk of p could not be loaded, asking again in 10 seconds
sleep 10
chain --replace --autofree http://10.75.0.1:4080/boot.ipxe || goto failed
`);
    expect(found && renderPixiecoreJson(found.plan)).to.deep.include({
      kernel: 'http://10.75.0.1:8080/assets/k',
    });
    expect((await source().find(asker()))?.rule).to.equal(
      'it takes every machine, and gives it profile p; its UUID is not known here',
    );
  });

  for (const { name, asks, selector, fits } of [
    {
      name: 'the card that it leased to',
      asks: { labels: { mac: '52:54:00:00:00:09' } },
      selector: { mac: MAC },
      fits: true,
    },
    {
      name: 'no card that a machine only claims',
      asks: { labels: { mac: '52:54:00:00:00:09' } },
      selector: { mac: '52:54:00:00:00:09' },
      fits: false,
    },
    {
      name: 'a claimed card in any form, where there is no other',
      asks: { mac: undefined, labels: { mac: '52-54-00-00-00-01' } },
      selector: { mac: MAC },
      fits: true,
    },
    {
      name: 'a serial that somebody else found out',
      asks: { serial: 'S1' },
      selector: { serial: 'S1' },
      fits: true,
    },
    {
      name: 'a serial as the machine writes it',
      asks: { serial: 's1', labels: { serial: 'S1' } },
      selector: { serial: 'S1' },
      fits: true,
    },
  ]) {
    it(`goes by ${name}`, async () => {
      await putGroup('a', selector);
      await putBoot(boot());
      expect((await source().find(asker(asks))) !== undefined).to.equal(fits);
    });
  }

  for (const { name, of } of [
    { name: 'a kernel', of: boot({ kernel: 'http://m/${buildarch}/k', initrd: ['/i'], args: ['a=${mac}'] }) },
    { name: 'a ramdisk', of: boot({ initrd: ['/${buildarch}/i'] }) },
    { name: 'options of iPXE that are no name', of: boot({ initrd: ['--timeout 5000 --name i /i'] }) },
  ]) {
    it(`is a script for iPXE where ${name} is for iPXE alone`, async () => {
      await putGroup('a', {});
      await putBoot(of);
      const found = await source().find(asker());
      expect(found?.plan.kind).to.equal('script');
    });
  }

  it('a script has the URLs of its own listener, too', async () => {
    await putGroup('a', {});
    await putBoot(boot({ kernel: '${base}/k', initrd: ['--timeout 5 --name i /i'], args: ['x'] }));
    const found = await source().find(asker());
    expect(found && renderIpxe(found.plan)).to.equal(
      '#!ipxe\nkernel ${base}/k x\ninitrd --timeout 5 --name i http://10.75.0.1:8080/i\nboot\n',
    );
  });

  it('has a machine wait whose group has no profile, or whose profile boots nothing', async () => {
    await putGroup('a', {});
    for (const says of [
      /group a names profile 'p', which is not there or faulty/,
      /profile p of group a boots nothing/,
    ]) {
      let thrown: unknown;
      await Promise.resolve(source().find(asker())).catch((error: unknown) => (thrown = error));
      expect(thrown).to.be.instanceOf(NoMatch).with.property('message').that.matches(says);
      await putBoot();
    }
  });
});
