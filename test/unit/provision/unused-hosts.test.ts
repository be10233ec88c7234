import { expect } from 'chai';
import { pino } from 'pino';
import { newHost } from '../../../src/host/host.js';
import type { Author } from '../../../src/host/host-store.js';
import type { HostState } from '../../../src/host/lifecycle.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { provisioningSettings } from '../../../src/provision/provisioning-settings.js';
import { UnusedHosts } from '../../../src/provision/unused-hosts.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

const HOUR = 3600_000;
const serial = parseSerial('ser1');
const operator: Author = { name: 'anna', kind: 'operator' };
const machine: Author = { name: 'ser1', kind: 'machine' };

interface World {
  readonly state?: HostState;
  /** Who made its commits, in turn. */
  readonly authors?: readonly Author[];
  /** An operator retired a machine of its serial before. */
  readonly retired?: boolean;
  /** How many hours after the commits it is looked at. */
  readonly after: number;
  /** Hours after the commits at which it asked. */
  readonly asked?: number;
  /** Hours after the commits at which the daemon started. */
  readonly started?: number;
  readonly hours?: number;
  readonly predefined?: boolean;
}

const cases: (World & { readonly name: string; readonly want: 'kept' | 'forgotten' })[] = [
  { name: 'quiet for as long as is set', after: 72, want: 'forgotten' },
  { name: 'quiet for a little less', after: 71.9, want: 'kept' },
  { name: 'that asked since', after: 100, asked: 29, want: 'kept' },
  { name: 'that asked since, long ago', after: 101, asked: 29, want: 'forgotten' },
  { name: 'that never had a place', state: 'unknown', after: 72, want: 'forgotten' },
  ...(['installing', 'installed', 'running'] as const).map((state) => ({
    name: `that is ${state}`,
    state,
    after: 9999,
    want: 'kept' as const,
  })),
  { name: 'that an operator added', authors: [operator], after: 9999, want: 'kept' },
  { name: 'that an operator touched', authors: [machine, operator], after: 9999, want: 'kept' },
  { name: 'that came again after it was retired', retired: true, after: 72, want: 'forgotten' },
  { name: 'of the configuration', predefined: true, after: 9999, want: 'kept' },
  { name: 'where none is to be', hours: 0, after: 9999, want: 'kept' },
  { name: 'right after the daemon was started', started: 99.9, after: 100, want: 'kept' },
];

describe('A6: a machine that became a host by asking', () => {
  for (const { name, want, authors = [machine], state = 'configured', hours = 72, ...world } of cases) {
    it(`is ${want}: one ${name}`, async () => {
      const store = new InMemoryHostStore();
      const host = newHost(serial, { state, internalAddress: parseIpv4('10.75.0.10') });
      if (world.retired) {
        await store.change(machine, () => [{ host, what: 'host created' }]);
        await store.change(operator, () => [{ host, what: 'host retired', retired: true }]);
      }
      for (const [step, author] of authors.entries())
        await store.change(author, () => [{ host: { ...host, cabinet: step + 1 }, what: 'host created' }]);
      const at = (hour: number) => (store.recorded.at(-1)?.time.getTime() ?? 0) + hour * HOUR;
      const settings = provisioningSettings({
        network: { hostRange: { first: parseIpv4('10.75.0.10'), last: parseIpv4('10.75.0.20') } },
        profiles: [],
        hosts: world.predefined ? [{ serial }] : [],
      });
      let now = at(world.started ?? 0);
      const unused = new UnusedHosts({
        store,
        settings: () => settings,
        forgetAfterHours: () => hours,
        reach: () => undefined,
        clock: () => new Date(now),
        logger: pino({ level: 'silent' }),
      });
      if (world.asked !== undefined) {
        now = at(world.asked);
        unused.saw(serial);
      }
      now = at(world.after);
      await unused.forget();
      expect(store.host(serial) === undefined ? 'forgotten' : 'kept').to.equal(want);
      if (want === 'kept') return;
      expect(store.hostByAddress(parseIpv4('10.75.0.10'))).to.equal(undefined);
      expect(store.storyOf('ser1').at(-1)).to.equal('host forgotten: it never came to be installed');
      expect(store.recorded.at(-1)?.author).to.equal('imago');
    });
  }
});
