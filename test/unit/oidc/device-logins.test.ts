import { expect } from 'chai';
import sinon from 'sinon';
import { NotAuthenticated } from '../../../src/access/errors.js';
import { DeviceLogins } from '../../../src/oidc/device-logins.js';
import { OidcUnavailable } from '../../../src/oidc/errors.js';
import type { Claims } from '../../../src/oidc/identity.js';
import { rejection } from '../../support/rejection.js';

const START = Date.UTC(2027, 0, 1);
const rule = { claim: 'groups', value: 'racks', role: 'viewer' } as const;

describe('logins from a terminal', () => {
  let timers: sinon.SinonFakeTimers;
  /** What the provider says next, one after the other; then that nobody has agreed yet. */
  let says: (Claims | 'pending' | 'slower' | Error)[];
  let pauses: number[];
  let reached: string[];
  let made: number;
  let logins: DeviceLogins;
  let device: { interval: number; expiresIn: number };

  beforeEach(() => {
    timers = sinon.useFakeTimers({ now: START, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    [says, pauses, reached, made] = [[], [], [], 0];
    device = { interval: 5, expiresIn: 600 };
    logins = new DeviceLogins({
      begin: () =>
        Promise.resolve({
          url: 'https://id/activate',
          userCode: 'AB-CD',
          ...device,
          ask: () => {
            const next = says.shift() ?? 'pending';
            return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
          },
        }),
      identify: (claims) => {
        if (claims['groups'] !== 'racks') throw new NotAuthenticated('no role', { why: 'wrong-login' });
        return { name: 'ada', role: 'viewer', rule };
      },
      tokenFor: ({ name, role }) => {
        made += 1;
        return Promise.resolve({ status: 'done', token: `t${made}`, name, role, expires: 'later' });
      },
      clock: () => new Date(),
      reach: (name) => void reached.push(name),
      // Ends once nobody says anything more, as time passes by for nobody.
      pause: (milliseconds, signal) => {
        pauses.push(milliseconds);
        return says.length > 0 ? Promise.resolve() : untilAborted(signal);
      },
    });
  });
  afterEach(() => {
    logins.close();
    timers.restore();
  });

  const settle = async () => {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  };

  it('ask as often as the provider wants, and less often once it says so', async () => {
    says = ['pending', 'slower', 'slower', 'pending', { groups: 'racks' }];
    const { id } = await logins.begin('10.0.0.1');
    await settle();
    expect(pauses).to.deep.equal([5000, 5000, 10_000, 15_000, 15_000]);
    expect(await logins.state(id)).to.include({ status: 'done', token: 't1' });
  });

  it('outlive a provider that is down for a while', async () => {
    const down = new OidcUnavailable('https://id', 'does not answer in time');
    says = [down, 'pending', down, { groups: 'racks' }];
    const { id } = await logins.begin('10.0.0.1');
    await settle();
    expect(await logins.state(id)).to.include({ status: 'done' });
  });

  it('end with the reason where somebody refuses, or has no role', async () => {
    says = [new NotAuthenticated('he said no', { why: 'wrong-login' })];
    const refused = await logins.begin('10.0.0.1');
    await settle();
    expect((await rejection(logins.state(refused.id))).message).to.contain('he said no');
    says = [{ groups: 'others' }];
    const roleless = await logins.begin('10.0.0.1');
    await settle();
    expect((await rejection(logins.state(roleless.id))).message).to.contain('no role');
    expect(made).to.equal(0);
  });

  it('give one token, for a minute', async () => {
    says = [{ groups: 'racks' }];
    const { id } = await logins.begin('10.0.0.1');
    await settle();
    expect([await logins.state(id), await logins.state(id)].map((state) => state.status)).to.deep.equal([
      'done',
      'done',
    ]);
    expect(made).to.equal(1);
    await timers.tickAsync(60_000);
    expect((await rejection(logins.state(id))).message).to.contain('is not known here');
  });

  it('are given up when the provider gives up, and after 15 minutes whatever it says', async () => {
    const short = await logins.begin('10.0.0.1');
    device = { interval: 5, expiresIn: 1e9 };
    const long = await logins.begin('10.0.0.1');
    expect(long.expires).to.equal(new Date(START + 900_000).toISOString());
    await timers.tickAsync(600_000);
    expect(await rejection(logins.state(short.id))).to.be.instanceOf(NotAuthenticated);
    expect(await logins.state(long.id)).to.include({ status: 'pending' });
    await timers.tickAsync(300_000);
    expect(await rejection(logins.state(long.id))).to.be.instanceOf(NotAuthenticated);
    expect(logins.size).to.equal(0);
  });

  it('are 64 at most, and 4 of one address: its oldest gives way, or the oldest of all', async () => {
    const first = await logins.begin('10.0.0.1');
    for (let count = 0; count < 4; count += 1) await logins.begin('10.0.0.1');
    expect([logins.size, reached]).to.deep.equal([4, ['device-logins-per-address']]);
    expect(await rejection(logins.state(first.id))).to.be.instanceOf(NotAuthenticated);
    for (let count = 0; count < 100; count += 1) await logins.begin(`10.0.1.${count}`);
    expect(logins.size).to.equal(64);
    expect(new Set(reached)).to.deep.equal(new Set(['device-logins-per-address', 'device-logins']));
  });
});

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('given up')), { once: true });
  });
}
