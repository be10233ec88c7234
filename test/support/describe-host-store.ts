import { expect } from 'chai';
import type { HostArchive, LoggedChange, LogFilter } from '../../src/host/host-archive.js';
import { newHost, type Host } from '../../src/host/host.js';
import type { Author, HostStore, RecordedChange, Revision } from '../../src/host/host-store.js';
import type { Serial } from '../../src/host/serial.js';
import { toIpv4 } from '../../src/net/ipv4.js';
import type { MacAddress } from '../../src/net/mac-address.js';
import { rejection } from './rejection.js';

/** A store without hosts, made for one test, and taken away after it. */
export interface MadeStore {
  readonly store: HostStore & HostArchive;
  readonly remove: () => Promise<void>;
}

const [a, b, c] = ['a', 'b', 'c'] as Serial[] as [Serial, Serial, Serial];
const mac = '52:54:00:00:00:01' as MacAddress;
const address = toIpv4(0x0a4b0014);
const anna: Author = { name: 'anna', kind: 'operator' };

/** What every store of hosts promises, whatever it keeps them in. */
export function describeHostStore(name: string, make: () => Promise<MadeStore>): void {
  describe(`the store's contract, ${name}`, function () {
    this.timeout(20_000);
    let made: MadeStore;
    let store: HostStore & HostArchive;

    beforeEach(async () => {
      made = await make();
      ({ store } = made);
    });

    afterEach(async () => {
      await made.remove();
    });

    const put = (serial: Serial, what: string, facts: Partial<Host> = {}) =>
      store.change({ name: serial, kind: 'machine' }, (fleet) => [
        { host: { ...(fleet.host(serial) ?? newHost(serial)), ...facts }, what },
      ]);
    const retire = (serial: Serial) =>
      store.change(anna, (fleet) => [{ host: fleet.host(serial)!, what: 'host retired', retired: true }]);
    const watched = () => {
      const changes: RecordedChange[] = [];
      store.subscribe((change) => changes.push(change));
      return changes;
    };

    describe('of several hosts that claim a network card', () => {
      const claims = { macAddresses: [mac] };
      const leased = { cards: [mac] };
      const running = { state: 'running' } as const;
      const installing = { state: 'installing' } as const;
      type Step = readonly [Serial, Partial<Host> | 'retired'];
      const table: readonly { name: string; steps: readonly Step[]; want: Serial | undefined }[] = [
        {
          name: 'the last to claim it has it',
          steps: [
            [a, claims],
            [b, claims],
          ],
          want: b,
        },
        {
          name: 'so has one that claims it by its boot',
          steps: [
            [a, claims],
            [b, { bootMac: mac }],
          ],
          want: b,
        },
        {
          name: 'the one before has it again when that gives it up',
          steps: [
            [a, claims],
            [b, claims],
            [b, { macAddresses: [] }],
          ],
          want: a,
        },
        {
          name: 'the one before has it again when that is retired',
          steps: [
            [a, claims],
            [b, claims],
            [c, claims],
            [c, 'retired'],
            [b, 'retired'],
          ],
          want: a,
        },
        {
          name: 'another change of the first is no new claim',
          steps: [
            [a, claims],
            [b, claims],
            [a, claims],
          ],
          want: b,
        },
        {
          name: 'the one that held a lease by it comes first',
          steps: [
            [a, leased],
            [b, { ...claims, ...running }],
          ],
          want: a,
        },
        {
          name: 'one in use comes first',
          steps: [
            [a, { ...claims, ...running }],
            [b, claims],
          ],
          want: a,
        },
        {
          name: 'one that is being installed comes first',
          steps: [
            [a, { ...claims, ...installing }],
            [b, claims],
          ],
          want: a,
        },
        {
          name: 'of two in use the first that came into use has it',
          steps: [
            [a, claims],
            [b, claims],
            [b, running],
            [a, running],
          ],
          want: b,
        },
        {
          name: 'one in use that claims it last does not take it from another in use',
          steps: [
            [a, { macAddresses: [] }],
            [b, { ...claims, ...running }],
            [a, { ...claims, ...running }],
          ],
          want: b,
        },
        {
          name: 'none has it when all are retired',
          steps: [
            [a, claims],
            [a, 'retired'],
          ],
          want: undefined,
        },
      ];
      for (const { name: rule, steps, want } of table) {
        it(rule, async () => {
          for (const [serial, words] of steps) {
            await (words === 'retired' ? retire(serial) : put(serial, 'changed', words));
          }
          expect(store.hostByMac(mac)?.serial).to.equal(want);
        });
      }
    });

    it('finds and counts its hosts', async () => {
      await put(a, 'host created', { internalAddress: address, profile: 'core' });
      await put(b, 'host created', { profile: 'core' });
      await put(b, 'updated host profile', { profile: 'worker' });
      expect(store.size).to.equal(2);
      expect([...store.hosts()].map(({ serial }) => serial)).to.have.members([a, b]);
      expect(store.host(b)?.profile).to.equal('worker');
      expect(store.hostByAddress(address)?.serial).to.equal(a);
      expect([store.profileCount('core'), store.profileCount('worker')]).to.deep.equal([1, 1]);
    });

    describe('a change', () => {
      it('is decided on what was asked before, while readers see only what is durable', async () => {
        const first = put(a, 'host created');
        let seen: Host | undefined;
        const second = store.change(anna, (fleet) => {
          seen = fleet.host(a);
          return [];
        });
        expect(seen?.serial).to.equal(a);
        expect(store.host(a)).to.equal(undefined);
        await second;
        expect(store.host(a)?.serial, 'what was seen is durable by then').to.equal(a);
        await first;
      });

      it('resolves with the decision that holds, and all that it knows', async () => {
        const decision = { changes: [{ host: newHost(a), what: 'host created' }], why: 'it asked' };
        expect(await store.change(anna, () => decision)).to.equal(decision);
        expect(store.size).to.equal(1);
      });

      it('that cannot be decided changes nothing, and holds nobody up', async () => {
        const thrown = new Error('no');
        const refused = rejection(
          store.change(anna, () => {
            throw thrown;
          }),
        );
        await put(a, 'host created');
        expect(await refused).to.equal(thrown);
        expect((await store.log({})).map(({ what }) => what)).to.deep.equal(['host created']);
      });

      it('gives no address twice, whatever was decided', async () => {
        await put(a, 'host created', { internalAddress: address });
        const refusal = await rejection(put(b, 'host created', { internalAddress: address }));
        expect(refusal).to.have.property('code', 'CHANGE_CONFLICT');
        expect(store.host(b)).to.equal(undefined);
      });

      it('may give the address of a host that it retires to another', async () => {
        await put(a, 'host created', { internalAddress: address });
        await store.change(anna, (fleet) => [
          { host: fleet.host(a)!, what: 'host retired', retired: true },
          { host: newHost(b, { internalAddress: address }), what: 'host created' },
        ]);
        expect(store.hostByAddress(address)?.serial).to.equal(b);
      });

      it('is told to watchers once and in order, from the host before to the host after', async () => {
        const seen: RecordedChange[] = [];
        const stop = store.subscribe((change) => seen.push(change));
        await Promise.all([put(a, 'one'), put(a, 'two', { state: 'configured' }), put(b, 'three')]);
        await retire(b);
        stop();
        await put(a, 'unheard');
        expect(
          seen.map(({ serial, author, what, before, host }) => [
            serial,
            author,
            what,
            before?.state,
            host?.state,
          ]),
        ).to.deep.equal([
          [a, 'a', 'one', undefined, 'unknown'],
          [a, 'a', 'two', 'unknown', 'configured'],
          [b, 'b', 'three', undefined, 'unknown'],
          [b, 'anna', 'host retired', 'unknown', undefined],
        ]);
      });

      it('is refused once the store is closed', async () => {
        expect(store.health()).to.deep.equal({ isWritable: true, troubles: [] });
        await store.close();
        expect(await rejection(put(a, 'late'))).to.have.property('code', 'STORE_UNAVAILABLE');
        expect(store.health().isWritable).to.equal(false);
      });
    });

    describe('the past', () => {
      beforeEach(async () => {
        await put(a, 'host created');
        await put(b, 'host created');
        await put(a, 'updated host state to installing', { state: 'installing' });
        await retire(a);
      });

      it('of a host is told newest first, all or the newest so many, and of one that never was is empty', async () => {
        const told = async (serial: Serial, limit?: number) =>
          (await store.history(serial, limit)).map(({ what, author, state }) => [what, author, state]);
        expect(await told(a)).to.deep.equal([
          ['host retired', 'anna', undefined],
          ['updated host state to installing', 'a', 'installing'],
          ['host created', 'a', 'unknown'],
        ]);
        expect(await told(a, 1)).to.deep.equal([['host retired', 'anna', undefined]]);
        expect(await told(c)).to.deep.equal([]);
      });

      const filters: readonly { name: string; filter: LogFilter; want: readonly string[] }[] = [
        { name: 'all', filter: {}, want: ['a -', 'a installing', 'b unknown', 'a unknown'] },
        { name: 'a host', filter: { serial: b }, want: ['b unknown'] },
        { name: 'an author', filter: { author: 'anna' }, want: ['a -'] },
        { name: 'a state', filter: { state: 'unknown' }, want: ['b unknown', 'a unknown'] },
        { name: 'a host in a state', filter: { serial: a, state: 'unknown' }, want: ['a unknown'] },
        { name: 'the newest', filter: { limit: 2 }, want: ['a -', 'a installing'] },
        { name: 'a time to come', filter: { since: new Date('9999-01-01') }, want: [] },
      ];
      for (const { name: what, filter, want } of filters) {
        it(`is selected by ${what}, newest first`, async () => {
          expect((await store.log(filter)).map(shown)).to.deep.equal(want);
        });
      }

      it('comes in parts, newest first', async () => {
        expect((await allOf(store.newestChanges())).map(shown)).to.deep.equal(
          (await store.log({})).map(shown),
        );
      });

      it('is told on from a change that was seen, in order, and not from one that never was', async () => {
        const [last, third, second, first] = await store.log({});
        const after = async (seen: LoggedChange | undefined, most = 100) => {
          const pages = await store.changesAfter(seen!.revision, most);
          return pages && (await allOf(pages)).map(shown);
        };
        expect(await after(first)).to.deep.equal(['b unknown', 'a installing', 'a -']);
        expect(await after(last)).to.deep.equal([]);
        expect(await after({ ...last!, revision: 'f'.repeat(40) as Revision })).to.equal(undefined);
        expect(await rejection(after(second, 1))).to.have.property('code', 'CHANGES_TOO_OLD');
        expect(await after(third, 1)).to.deep.equal(['a -']);
      });

      it('is told on in order also where authors and words are not of ASCII', async () => {
        const zoe: Author = { name: 'Zoë 測試', kind: 'operator' };
        for (const what of ['größer', 'größer still', 'größer yet'])
          await store.change(zoe, (fleet) => [{ host: fleet.host(b)!, what }]);
        const [, , , seen] = await store.log({});
        const pages = await store.changesAfter(seen!.revision, 100);
        const told = (await allOf(pages!)).map(({ author, what }) => `${author}: ${what}`);
        expect(told).to.deep.equal(['Zoë 測試: größer', 'Zoë 測試: größer still', 'Zoë 測試: größer yet']);
      });

      it('has a host as it was at each of its changes, and the newest that begins as it is named', async () => {
        const [retired, installing, created] = await store.history(a);
        const at = async (revision: string) => (await store.hostAt(a, revision)).host?.state;
        expect(await at(installing!.revision)).to.equal('installing');
        expect(await at(created!.revision)).to.equal('unknown');
        expect(await at(retired!.revision)).to.equal(undefined);
        expect((await store.hostAt(a, retired!.revision.slice(0, 4))).revision).to.equal(retired!.revision);
      });

      it('has none of it at a change of another host, or at what names no change', async () => {
        const [other] = await store.history(b);
        for (const revision of [other!.revision, 'f'.repeat(40), '', 'HEAD', 'f']) {
          expect(await rejection(store.hostAt(a, revision)), revision).to.have.property(
            'code',
            'UNKNOWN_REVISION',
          );
        }
      });

      it('says of each change when it was, as watchers were told', async () => {
        const told = watched();
        await put(c, 'host created');
        const [change] = await store.history(c);
        expect(change).to.deep.include({ revision: told[0]!.revision, what: 'host created' });
        expect(Math.floor(change!.time.getTime() / 1000)).to.equal(
          Math.floor(told[0]!.time.getTime() / 1000),
        );
      });
    });
  });
}

function shown({ serial, state }: LoggedChange): string {
  return `${serial} ${state ?? '-'}`;
}

async function allOf(pages: AsyncIterable<readonly LoggedChange[]>): Promise<readonly LoggedChange[]> {
  const all: LoggedChange[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
