import { expect } from 'chai';
import { NotAuthenticated } from '../../../src/access/errors.js';
import { FailedLogins } from '../../../src/access/failed-logins.js';
import type { LimitName } from '../../../src/limits.js';

describe('logins that fail', () => {
  let now: number;
  let waits: (() => void)[];
  let reached: LimitName[];
  let logins: FailedLogins;
  beforeEach(() => {
    now = 0;
    waits = [];
    reached = [];
    logins = new FailedLogins({
      perMinute: () => 20,
      now: () => now,
      wait: (milliseconds) => {
        expect(milliseconds).to.equal(1000);
        return new Promise((resolve) => void waits.push(resolve));
      },
      reach: (name) => void reached.push(name),
    });
  });

  const wrong = new NotAuthenticated('no', { why: 'wrong-token' });
  const failing = async (address: string) => (await logins.refusal(address, wrong)).code;
  const spend = async (address: string) => {
    for (let count = 0; count < 20; count += 1) expect(await failing(address)).to.equal('NOT_AUTHENTICATED');
  };

  it('are told at once, 20 within a minute; then each after a second, as one too many', async () => {
    await spend('10.75.0.9');
    const late = failing('10.75.0.9');
    expect(waits).to.have.length(1);
    waits[0]?.();
    expect(await late).to.equal('TOO_MANY_FAILED_LOGINS');
    expect(reached).to.deep.equal(['failed-logins']);
    now += 3000;
    expect(await failing('10.75.0.9'), 'one more every three seconds').to.equal('NOT_AUTHENTICATED');
  });

  it('slow nobody at another address', async () => {
    await spend('10.75.0.9');
    void failing('10.75.0.9');
    expect(await failing('10.75.0.10')).to.equal('NOT_AUTHENTICATED');
    expect(waits).to.have.length(1);
  });

  it('are none where nothing was shown', async () => {
    for (let count = 0; count < 100; count += 1)
      expect((await logins.refusal('10.75.0.9', new NotAuthenticated())).code).to.equal('NOT_AUTHENTICATED');
    expect(await failing('10.75.0.9')).to.equal('NOT_AUTHENTICATED');
  });

  it('wait 16 at once of one address, and 512 in all; further ones are answered at once', async () => {
    for (let count = 0; count < 40; count += 1) {
      await spend(`a${count}`);
      for (let more = 0; more < 20; more += 1) void failing(`a${count}`);
    }
    expect(waits).to.have.length(512);
    for (const end of waits.splice(0)) end();
    await Promise.resolve();
    await Promise.resolve();
    void failing('a0');
    expect(waits, 'places are given back').to.have.length(1);
  });

  it('are remembered of 50,000 addresses', async () => {
    for (let count = 0; count < 60_000; count += 1) await failing(`a${count}`);
    expect(logins.size).to.equal(50_000);
  });
});
