import { expect } from 'chai';
import { newHost } from '../../src/host/host.js';
import type { HostArchive, LoggedChange } from '../../src/host/host-archive.js';
import type { Author, HostStore } from '../../src/host/host-store.js';
import {
  InvalidRecord,
  rawKind,
  type RecordEvent,
  type RecordKind,
  type RecordStore,
} from '../../src/host/record-kind.js';
import type { Serial } from '../../src/host/serial.js';
import { rejection } from './rejection.js';

interface Plan {
  readonly size: number;
  readonly note?: string;
}

/** Two kinds as a dialect would have them. */
export const plans: RecordKind<Plan, 'created' | 'resized' | 'removed'> = {
  name: 'plans',
  parse(text, file) {
    const { size, note } = JSON.parse(text) as Plan;
    if (typeof size !== 'number') throw new InvalidRecord('size', size, 'is not a number', { file, line: 1 });
    return { size, ...(note !== undefined && { note }) };
  },
  format: ({ size, note }) => `${JSON.stringify({ size, note })}\n`,
  words: { created: 'plan created', resized: 'resized to …', removed: 'plan removed' },
};

export const scripts = rawKind('scripts', { put: 'script put' });

/** A store of these kinds, made for one test, and taken away after it. */
export interface MadeRecordStore {
  readonly store: HostStore & HostArchive & RecordStore;
  readonly remove: () => Promise<void>;
}

const anna: Author = { name: 'anna', kind: 'operator' };

/** What every store promises of records that are no hosts, whatever it keeps them in. */
export function describeRecords(name: string, make: () => Promise<MadeRecordStore>): void {
  describe(`the contract of records, ${name}`, function () {
    this.timeout(20_000);
    let made: MadeRecordStore;

    beforeEach(async () => {
      made = await make();
    });

    afterEach(async () => {
      await made.remove();
    });

    const records = () => made.store.records(plans);
    const put = (record: string, size: number) =>
      records().change(
        record,
        (now) =>
          now
            ? { record: { ...now, size }, code: 'resized', detail: String(size) }
            : { record: { size }, code: 'created' },
        anna,
      );
    const remove = (record: string) =>
      records().change(record, () => ({ record: undefined, code: 'removed' }), anna);

    it('are none before the first', async () => {
      expect([...records().list()]).to.deep.equal([]);
      expect(records().get('a')).to.equal(undefined);
      expect(await records().history('a')).to.deep.equal([]);
    });

    it('are read and listed once they are durable, and decided on what was asked before', async () => {
      const first = put('a', 1);
      const seen: unknown[] = [];
      const second = records().change(
        'a',
        (plan, fleet) => {
          seen.push([plan, fleet.size]);
          return { record: { size: 2 }, code: 'resized', detail: '2' };
        },
        anna,
      );
      expect(seen.at(-1)).to.deep.equal([{ size: 1 }, 0]);
      expect(records().get('a')).to.equal(undefined);
      await Promise.all([first, second]);
      await put('b', 7);
      expect(new Map(records().list())).to.deep.equal(
        new Map([
          ['a', { size: 2 }],
          ['b', { size: 7 }],
        ]),
      );
    });

    it('leave when they are removed, and their history stays', async () => {
      await put('a', 1);
      const revision = await remove('a');
      expect([...records().list()]).to.deep.equal([]);
      expect((await records().history('a'))[0]).to.include({ revision, code: 'removed', author: 'anna' });
      await put('a', 3);
      expect(records().get('a')).to.deep.equal({ size: 3 });
    });

    it('have a history, newest first, all or the newest so many, by revisions that changes were answered with', async () => {
      const revisions = [await put('a', 1), await put('b', 1), await put('a', 2), await put('a', 3)];
      const told = async (limit?: number) =>
        (await records().history('a', limit)).map(({ revision, code, what }) => [revision, code, what]);
      expect(await told()).to.deep.equal([
        [revisions[3], 'resized', 'resized to 3'],
        [revisions[2], 'resized', 'resized to 2'],
        [revisions[0], 'created', 'plan created'],
      ]);
      expect(await told(1)).to.deep.equal([[revisions[3], 'resized', 'resized to 3']]);
    });

    it('are there as they were at each of their changes, and at the newest that begins as it is named', async () => {
      const first = await put('a', 1);
      const second = await put('a', 2);
      const gone = await remove('a');
      const other = await put('b', 1);
      expect((await records().at('a', first!)).record).to.deep.equal({ size: 1 });
      expect((await records().at('a', second!)).record).to.deep.equal({ size: 2 });
      expect(await records().at('a', gone!)).to.deep.include({ revision: gone, record: undefined });
      expect((await records().at('a', gone!.slice(0, 6))).revision).to.include(gone!.slice(0, 6));
      for (const revision of [other!, 'f'.repeat(40), '', 'HEAD', 'f']) {
        const error = await rejection(records().at('a', revision));
        expect(error, revision).to.have.property('code', 'UNKNOWN_REVISION');
        expect(error.message).to.match(/names no change of plans\/a: .* 'imagoctl history plans\/a' lists/);
      }
    });

    describe('in the log', () => {
      const shown = (changes: readonly LoggedChange[]) =>
        changes.map((change) =>
          change.serial === undefined
            ? [change.record, change.code, change.author]
            : [change.serial, change.what, change.author],
        );

      beforeEach(async () => {
        await put('a', 1);
        await made.store.change({ name: 'ser1', kind: 'machine' }, () => [
          { host: newHost('ser1' as Serial), what: 'host created' },
        ]);
        await put('a', 2);
        await put('b', 1);
      });

      const all = [
        ['plans/b', 'created', 'anna'],
        ['plans/a', 'resized', 'anna'],
        ['ser1', 'host created', 'ser1'],
        ['plans/a', 'created', 'anna'],
      ];

      it('stand in their order among hosts, each under its own name', async () => {
        expect(shown(await made.store.log({}))).to.deep.equal(all);
        const pages: LoggedChange[] = [];
        for await (const page of made.store.newestChanges()) pages.push(...page);
        expect(shown(pages)).to.deep.equal(all);
      });

      for (const [what, filter, want] of [
        ['a record', { record: 'plans/a' }, [1, 3]],
        ['a host', { serial: 'ser1' as Serial }, [2]],
        ['an author', { author: 'anna' }, [0, 1, 3]],
        ['a state', { state: 'unknown' }, [2]],
        ['a record that never was', { record: 'plans/c' }, []],
      ] as const)
        it(`are selected by ${what}`, async () => {
          expect(shown(await made.store.log(filter))).to.deep.equal(want.map((at) => all[at]));
        });

      it('are told on from a change that was seen', async () => {
        const [, second] = await records().history('a');
        const pages: LoggedChange[] = [];
        for await (const page of (await made.store.changesAfter(second!.revision, 10))!) pages.push(...page);
        expect(shown(pages)).to.deep.equal(all.slice(0, 3).reverse());
      });
    });

    it('that stay as they are make no change', async () => {
      await put('a', 1);
      expect(await put('a', 1)).to.equal(undefined);
      expect(await remove('b')).to.equal(undefined);
      expect(await records().change('a', () => undefined, anna)).to.equal(undefined);
      expect(await records().history('a')).to.have.length(1);
    });

    it('are told to watchers of their kind from then on, and hosts to theirs', async () => {
      await put('a', 1);
      const events: RecordEvent<Plan>[] = [];
      const hosts: string[] = [];
      made.store.subscribe(({ serial }) => hosts.push(serial));
      const end = records().subscribe((event) => events.push(event));
      await put('a', 2);
      await made.store.change(anna, () => [{ host: newHost('ser1' as Serial), what: 'host created' }]);
      await made.store.records(scripts).change('a', () => ({ record: Buffer.from('x'), code: 'put' }), anna);
      await remove('a');
      end();
      await put('a', 4);
      expect(hosts).to.deep.equal(['ser1']);
      expect(
        events.map((event) => [event.kind, event.name, event.author, event.code, event.before, event.record]),
      ).to.deep.equal([
        ['plans', 'a', 'anna', 'resized', { size: 1 }, { size: 2 }],
        ['plans', 'a', 'anna', 'removed', { size: 2 }, undefined],
      ]);
    });

    it('that cannot be decided, or are named as none can be, change nothing', async () => {
      const thrown = new Error('no');
      const refused = records().change(
        'a',
        () => {
          throw thrown;
        },
        anna,
      );
      expect(await rejection(refused)).to.equal(thrown);
      expect(await rejection(put('../a', 1))).to.have.property('code', 'INVALID_VALUE');
      expect([...records().list()]).to.deep.equal([]);
    });

    it('of a raw kind are the bytes that were put', async () => {
      const bytes = Buffer.from([0xff, 0, 0xc3, 0x28, 13, 10]);
      const put = () =>
        made.store.records(scripts).change('a.sh', () => ({ record: bytes, code: 'put' }), anna);
      await put();
      expect(made.store.records(scripts).get('a.sh')?.equals(bytes)).to.equal(true);
      expect(await put()).to.equal(undefined);
    });

    it('of a kind that the store was not opened with cannot be asked for', () => {
      expect(() => made.store.records({ ...plans, name: 'others' })).to.throw(RangeError, 'others');
    });

    it('are refused once the store is closed', async () => {
      await made.store.close();
      expect(await rejection(put('a', 1))).to.have.property('code', 'STORE_UNAVAILABLE');
    });
  });
}
