import { expect } from 'chai';
import { parseBmcAddress } from '../../../src/power/bmc-address.js';
import { BmcQueue } from '../../../src/power/bmc-queue.js';
import type { IpmiTarget } from '../../../src/power/bmc-target.js';
import { openBmc, retrying } from '../../../src/power/open-bmc.js';
import { BmcRefusedCredentials, BmcUnreachable } from '../../../src/power/errors.js';
import { powerActions, type PowerPort, type PowerStatus } from '../../../src/power/power-port.js';
import { Secret } from '../../../src/power/secret.js';
import { codeOf, rejection } from '../../support/rejection.js';

/** Does what it is told to with each call. */
class ScriptedBmc implements PowerPort {
  readonly calls: string[] = [];

  constructor(private readonly act: () => Promise<void>) {}

  async status(): Promise<PowerStatus> {
    this.calls.push('status');
    await this.act();
    return 'on';
  }
  async perform(action: string): Promise<void> {
    this.calls.push(action);
    await this.act();
  }
  async setBootDevice(device: string): Promise<void> {
    this.calls.push(device);
    await this.act();
  }
  async inventory(): Promise<object> {
    this.calls.push('inventory');
    await this.act();
    return {};
  }
}

const targetAt = (address: string): IpmiTarget => ({
  driver: 'ipmi',
  address: parseBmcAddress(address),
  port: 623,
  user: 'admin',
  password: async () => new Secret('x'),
  timeoutSeconds: 1,
  cipherSuites: [3],
  retrySeconds: 1,
  packetTries: 2,
  privilege: 'administrator',
});

const access = (queue: BmcQueue, tries: number) => ({ queue, tries, reach: () => undefined });

describe('openBmc', () => {
  it('works one BMC off at a time, and a few of them at once', async () => {
    let running = 0;
    let most = 0;
    const perBmc = new Map<string, number>();
    const queue = new BmcQueue(3);
    const busy = (name: string) => async () => {
      running += 1;
      perBmc.set(name, (perBmc.get(name) ?? 0) + 1);
      most = Math.max(most, running);
      expect(perBmc.get(name)).to.equal(1);
      await new Promise((resolve) => setImmediate(resolve));
      perBmc.set(name, 0);
      running -= 1;
    };
    const ports = Array.from({ length: 6 }, (_, index) => {
      const address = `10.0.0.${index + 1}`;
      return openBmc(targetAt(address), access(queue, 1), new ScriptedBmc(busy(address)));
    });
    await Promise.all(ports.flatMap((port) => [port.status(), port.status(), port.perform('reset')]));
    expect(most).to.equal(3);
  });

  it('is not held up by a dead one, however much waits for it', async () => {
    const queue = new BmcQueue(2);
    let revive = () => {};
    const revived = new Promise<void>((resolve) => (revive = resolve));
    const dead = openBmc(targetAt('10.0.0.1'), access(queue, 1), new ScriptedBmc(() => revived));
    const waiting = Array.from({ length: 20 }, () => dead.status());
    const alive = openBmc(targetAt('10.0.0.2'), access(queue, 1), new ScriptedBmc(async () => {}));
    expect(await Promise.all([alive.status(), alive.status()])).to.deep.equal(['on', 'on']);
    revive();
    await Promise.all(waiting);
  });

  it('takes a command that still waits out of the queue', async () => {
    const queue = new BmcQueue(1);
    let revive = () => {};
    const revived = new Promise<void>((resolve) => (revive = resolve));
    const first = queue.run('a', () => revived);
    const giveUp = new AbortController();
    let ran = false;
    const second = queue.run('a', async () => void (ran = true), giveUp.signal);
    giveUp.abort();
    expect((await rejection(second)).name).to.equal('AbortError');
    revive();
    await first;
    expect(ran).to.equal(false);
  });

  for (const action of powerActions) {
    const isRepeatable = action === 'on' || action === 'off';
    it(`${isRepeatable ? 'tries' : 'does not try'} ${action} again when nobody answers`, async () => {
      const bmc = new ScriptedBmc(() => Promise.reject(new BmcUnreachable('10.0.0.1', 'no answer')));
      const port = openBmc(targetAt('10.0.0.1'), access(new BmcQueue(1), 2), bmc);
      expect(codeOf(await rejection(port.perform(action)))).to.equal('BMC_UNREACHABLE');
      expect(bmc.calls).to.have.length(isRepeatable ? 2 : 1);
    });
  }

  it('succeeds with a later try, after growing pauses', async () => {
    const pauses: number[] = [];
    let left = 2;
    const result = await retrying(
      5,
      async () => {
        left -= 1;
        if (left >= 0) throw new BmcUnreachable('10.0.0.1', 'no answer');
        return 'on';
      },
      undefined,
      (attempt) => {
        pauses.push(attempt);
        return 0;
      },
    );
    expect(result).to.equal('on');
    expect(pauses).to.deep.equal([0, 1]);
  });

  it('never tries a wrong password twice', async () => {
    const bmc = new ScriptedBmc(() =>
      Promise.reject(new BmcRefusedCredentials('10.0.0.1', 'admin', 'wrong password')),
    );
    await rejection(openBmc(targetAt('10.0.0.1'), access(new BmcQueue(1), 5), bmc).status());
    expect(bmc.calls).to.have.length(1);
  });
});
