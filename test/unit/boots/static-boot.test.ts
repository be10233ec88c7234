import { expect } from 'chai';
import { bootOfOrder, withFile } from '../../../src/boots/boot-order.js';
import { bootOf, isOver, isReady, StaticBoot } from '../../../src/boots/static-boot.js';
import type { HostState } from '../../../src/host/lifecycle.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { codeOf } from '../../support/rejection.js';

const NOW = new Date('2026-11-21T10:00:00Z');
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const mac = parseMac('52:54:00:00:00:01');
const other = parseMac('52:54:00:00:00:02');

const order = {
  kernel: { url: 'http://10.75.0.5/vmlinuz' },
  initrds: [],
  cmdline: '',
  message: '',
  macs: [],
  includeRunning: false,
};
const boot = (id: string, more: Partial<StaticBoot> = {}): StaticBoot => ({
  ...bootOfOrder(id, order, 'ada', NOW),
  ...more,
});
const host = (state: HostState, isLocked = false) => ({
  state,
  ...(isLocked && { lock: { by: 'ada', reason: 'mine', since: NOW } }),
});

describe('which boot that was ordered a machine gets', () => {
  for (const { name, boots, hosts = [], want, when = NOW } of [
    { name: 'none where none is', boots: [], want: undefined },
    { name: 'one for any machine', boots: [boot('a')], want: 'a' },
    { name: 'the later one', boots: [boot('a'), boot('b')], want: 'b' },
    {
      name: 'the one that names it, before a later one for any',
      boots: [boot('a', { macs: [mac] }), boot('b')],
      want: 'a',
    },
    { name: 'none that names another', boots: [boot('a', { macs: [other] })], want: undefined },
    {
      name: 'none whose files are still coming',
      boots: [boot('a', { files: [{ name: 'kernel', label: 'k' }] })],
      want: undefined,
    },
    { name: 'none after its turn', boots: [boot('a', { booted: [mac] })], want: undefined },
    {
      name: 'the same again, of one that is for each time',
      boots: [boot('a', { isOnce: false, booted: [mac] })],
      want: 'a',
    },
    { name: 'none that is over', boots: [boot('a')], when: at(24 * 3600), want: undefined },
    { name: 'one to the last second', boots: [boot('a')], when: at(24 * 3600 - 1), want: 'a' },
    {
      name: 'one of a host that is to be installed',
      boots: [boot('a')],
      hosts: [host('configured')],
      want: 'a',
    },
    {
      name: 'none of a host that is installed',
      boots: [boot('a')],
      hosts: [host('installed')],
      want: undefined,
    },
    { name: 'none of a host that runs', boots: [boot('a')], hosts: [host('running')], want: undefined },
    {
      name: 'one that names a host that runs',
      boots: [boot('a', { macs: [mac] })],
      hosts: [host('running')],
      want: 'a',
    },
    {
      name: 'one for those that run as well',
      boots: [boot('a', { includeRunning: true })],
      hosts: [host('running')],
      want: 'a',
    },
    {
      name: 'none of a locked host',
      boots: [boot('a', { macs: [mac], includeRunning: true })],
      hosts: [host('configured', true)],
      want: undefined,
    },
    {
      name: 'none where it claims the name of a locked host',
      boots: [boot('a')],
      hosts: [host('configured'), host('running', true)],
      want: undefined,
    },
  ] as const) {
    it(name, () => {
      expect(bootOf(boots, { mac }, hosts, when)?.id).to.equal(want);
    });
  }

  it('none where its card is not known', () => {
    expect(bootOf([boot('a')], { mac: undefined }, [], NOW)).to.equal(undefined);
  });
});

describe('a boot that is ordered', () => {
  it('is over once all that it names have booted, and goes on for any', () => {
    expect(isOver(boot('a', { macs: [mac, other], booted: [mac] }), NOW)).to.equal(false);
    expect(isOver(boot('a', { macs: [mac, other], booted: [other, mac] }), NOW)).to.equal(true);
    expect(isOver(boot('a', { booted: [mac] }), NOW)).to.equal(false);
    expect(isOver(boot('a', { macs: [mac], isOnce: false, booted: [mac] }), NOW)).to.equal(false);
  });

  it('waits an hour for what is brought; then its time begins', () => {
    const brought = { ...order, kernel: { file: 'vmlinuz' }, initrds: [{ file: 'initrd.gz' }], seconds: 600 };
    const ordered = bootOfOrder('a', brought, 'ada', NOW);
    expect([isReady(ordered), ordered.until]).to.deep.equal([false, at(3600).toISOString()]);
    const half = withFile(ordered, 'kernel', 10, at(60));
    expect([isReady(half), half.until]).to.deep.equal([false, at(3600).toISOString()]);
    const whole = withFile(half, 'initrd0', 20, at(120));
    expect([isReady(whole), whole.until]).to.deep.equal([true, at(720).toISOString()]);
  });

  it('is kept as JSON and read back', () => {
    const kept = boot('a', { macs: [mac], booted: [other] });
    expect(StaticBoot.parse(JSON.parse(JSON.stringify(kept)))).to.deep.equal(kept);
  });

  it('takes its arguments apart at blanks', () => {
    const { arguments: words } = bootOfOrder(
      'a',
      { ...order, cmdline: ' a=1  ip=${ip}\tquiet ' },
      'ada',
      NOW,
    );
    expect(words).to.deep.equal(['a=1', 'ip=${ip}', 'quiet']);
  });

  for (const { what, wrong, says } of [
    {
      what: 'a MAC address that is none',
      wrong: { macs: ['nonsense'] },
      says: /^macs: 'nonsense' is not the MAC address/,
    },
    { what: 'a group address', wrong: { macs: ['01:00:5e:00:00:01'] }, says: /^macs: / },
    {
      what: 'an argument that ends the command',
      wrong: { cmdline: 'a || shell' },
      says: /^cmdline: '\|\|' is not an argument/,
    },
    {
      what: 'a kernel of another kind of address',
      wrong: { kernel: { url: 'file:///etc/shadow' } },
      says: /^kernel: .*http or https/,
    },
    {
      what: 'a ramdisk whose address holds a password',
      wrong: { initrds: [{ url: 'http://a:b@10.75.0.5/i' }] },
      says: /^initrd0: '10.75.0.5'.*without a password/,
    },
  ]) {
    it(`is refused with ${what}`, () => {
      try {
        bootOfOrder('a', { ...order, ...wrong }, 'ada', NOW);
        expect.fail('it was taken');
      } catch (error) {
        expect(codeOf(error)).to.equal('INVALID_VALUE');
        expect((error as Error).message).to.match(says);
      }
    });
  }
});
