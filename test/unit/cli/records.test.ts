import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { plans, scripts } from '../../support/describe-records.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';
import { imagoctl, words } from '../../support/run-imagoctl.js';

const commit = (number: number) => number.toString(16).padStart(40, '0');

describe('imagoctl on records of other kinds', () => {
  let house: House;
  let store: InMemoryHostStore;
  const run = (...argv: string[]) =>
    imagoctl(argv, {
      IMAGO_HOST: '127.0.0.1',
      IMAGO_PORT: new URL(house.url).port,
      IMAGO_OPERATOR: 'ada',
    });

  beforeEach(async () => {
    store = new InMemoryHostStore([], 'defaulttoken', [plans, scripts]);
    house = await openHouse({ store });
    const anna = { name: 'anna', kind: 'operator' } as const;
    await store.records(plans).change('web', () => ({ record: { size: 1 }, code: 'created' }), anna); // 0
    await store.records(plans).change('web', () => ({ record: { size: 2 }, code: 'put' }), anna); // 1
    await store.change({ name: 'a1', kind: 'machine' }, () => [
      { host: newHost(parseSerial('a1')), what: 'host created' }, // 2
    ]);
  });
  afterEach(() => house.close());

  it('history takes KIND/NAME where a serial goes', async () => {
    expect(words((await run('history', 'plans/web')).stdout)).to.deep.equal([
      ['TIME', 'COMMIT', 'AUTHOR', 'STATE', 'CHANGE'],
      ['2026-01-01T00:00:01Z', '0000000000', 'anna', '-', 'put'],
      ['2026-01-01T00:00:00Z', '0000000000', 'anna', '-', 'plan', 'created'],
    ]);
    expect(await run('history', 'plans/web', '--timeline')).to.include({ code: 2, stdout: '' });
    const missing = await run('history', 'plans/none');
    expect(missing.stderr).to.include("there is no 'none' among plans");
    expect(missing.code).to.equal(3);
    expect((await run('history', 'others/web')).stderr).to.include('there are plans, scripts');
  });

  it('diff shows the fields of its file', async () => {
    expect(words((await run('diff', 'plans/web', commit(0))).stdout)).to.deep.equal([
      ['FIELD', 'BEFORE', 'AFTER'],
      ['size', '1', '2'],
    ]);
    expect((await run('diff', 'plans/web', commit(0), commit(0))).stderr).to.equal(
      'imagoctl: nothing differs\n',
    );
  });

  it('rollback says what it would do, does it, and says so', async () => {
    expect((await run('rollback', 'plans/web', commit(0), '--dry-run')).stdout).to.equal(
      'plans/web: would go back to 0000000000: size: 2 → 1\n',
    );
    expect(store.records(plans).get('web')).to.deep.equal({ size: 2 });
    expect((await run('rollback', 'plans/web', commit(0), '--yes')).stdout).to.equal(
      'plans/web: back to 0000000000: size: 2 → 1\n',
    );
    expect(store.records(plans).get('web')).to.deep.equal({ size: 1 });
    const [last] = await store.records(plans).history('web');
    expect(last).to.include({ author: 'claimed:ada', code: 'rolled-back' });
    expect((await run('rollback', 'plans/web', commit(0))).stdout).to.include('nothing to change');
  });

  it('log and events show them among machines, and log by itself', async () => {
    expect(words((await run('log')).stdout).map((row) => row.slice(2))).to.deep.equal([
      ['SERIAL', 'AUTHOR', 'STATE', 'CHANGE'],
      ['a1', 'a1', 'unknown', 'host', 'created'],
      ['plans/web', 'anna', '-', 'put'],
      ['plans/web', 'anna', '-', 'plan', 'created'],
    ]);
    expect(words((await run('log', '--record', 'plans/web', '--no-legend')).stdout)).to.have.length(2);
    const events = words((await run('events')).stdout);
    expect(events.map((row) => row[1])).to.deep.equal(['plans/web', 'plans/web', 'a1']);
  });
});
