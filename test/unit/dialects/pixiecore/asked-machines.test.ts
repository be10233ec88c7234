import { expect } from 'chai';
import { AskedMachines } from '../../../../src/dialects/pixiecore/client/asked-machines.js';
import { parseMac, type MacAddress } from '../../../../src/net/mac-address.js';
import { codeOf, rejection } from '../../../support/rejection.js';

const mac = (last: string): MacAddress => parseMac(`52:54:00:00:00:${last}`);

describe('machines that an API server is asked for', () => {
  let now: number;
  let asked: MacAddress[];
  let busy: MacAddress[];
  let answers: Map<MacAddress, { resolve(json: unknown): void; reject(error: Error): void }>;
  let machines: AskedMachines;
  beforeEach(() => {
    now = 0;
    asked = [];
    busy = [];
    answers = new Map();
    machines = new AskedMachines({
      ask: (each) => {
        asked.push(each);
        return new Promise((resolve, reject) => answers.set(each, { resolve, reject }));
      },
      keepMs: () => 5000,
      mostRequests: () => 2,
      whenBusy: (each) => busy.push(each),
      now: () => now,
    });
  });
  const answer = async (each: MacAddress, json: unknown) => {
    const promise = machines.answer(each);
    answers.get(each)?.resolve(json);
    return promise;
  };

  it('are asked for once by all who ask meanwhile, and once in the time that an answer holds', async () => {
    const both = [machines.answer(mac('01')), machines.answer(mac('01'))];
    answers.get(mac('01'))?.resolve('a');
    expect(await Promise.all(both)).to.deep.equal(['a', 'a']);
    now = 4999;
    expect(await machines.answer(mac('01'))).to.equal('a');
    expect(asked).to.have.length(1);
    now = 5000;
    expect(await answer(mac('01'), 'b')).to.equal('b');
    expect(asked).to.have.length(2);
  });

  it('are remembered also where the server does not know them', async () => {
    await answer(mac('01'), undefined);
    expect(await machines.answer(mac('01'))).to.equal(undefined);
    expect(asked).to.have.length(1);
  });

  it('are asked for anew when it failed', async () => {
    const failed = machines.answer(mac('01'));
    answers.get(mac('01'))?.reject(new Error('down'));
    expect(String(await rejection(failed))).to.include('down');
    expect(await answer(mac('01'), 'a')).to.equal('a');
  });

  it('are so many at once: a further one asks again, one that is asked for already is not one more', async () => {
    const both = [machines.answer(mac('01')), machines.answer(mac('02'))];
    expect(codeOf(await rejection(machines.answer(mac('03'))))).to.equal('PIXIECORE_API_BUSY');
    expect(busy).to.deep.equal([mac('03')]);
    const third = machines.answer(mac('02'));
    answers.get(mac('02'))?.resolve('b');
    expect(await third).to.equal('b');
    expect(await answer(mac('03'), 'c')).to.equal('c');
    answers.get(mac('01'))?.resolve('a');
    expect(await Promise.all(both)).to.deep.equal(['a', 'b']);
  });

  it('are remembered up to 500, those that were asked for last', async () => {
    const all = Array.from({ length: 501 }, (_, index) =>
      parseMac(
        `52:54:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
      ),
    );
    for (const each of all) await answer(each, 'a');
    expect(asked).to.have.length(501);
    expect(await machines.answer(parseMac('52:54:00:00:00:01'))).to.equal('a');
    expect(asked).to.have.length(501);
    expect(await answer(parseMac('52:54:00:00:00:00'), 'b')).to.equal('b');
  });

  it('are forgotten when the server is another one', async () => {
    await answer(mac('01'), 'a');
    machines.forget();
    expect(await answer(mac('01'), 'b')).to.equal('b');
  });
});
