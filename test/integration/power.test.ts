import { readdir, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parseBmcAddress } from '../../src/power/bmc-address.js';
import { BmcQueue } from '../../src/power/bmc-queue.js';
import type { IpmiTarget } from '../../src/power/bmc-target.js';
import { openBmc } from '../../src/power/open-bmc.js';
import { Secret } from '../../src/power/secret.js';
import { startDelayingProxy } from '../support/delaying-proxy.js';
import { startIpmiSim, type IpmiSim } from '../support/ipmi-sim.js';
import { codeOf, rejection } from '../support/rejection.js';

const PASSWORD = 'swordfish-77';

describe('a real ipmitool against OpenIPMI’s simulator', function () {
  this.timeout(60_000);
  let sim: IpmiSim;
  before(async () => {
    sim = await startIpmiSim({ password: PASSWORD });
  });
  after(() => sim.close());

  const bmc = (target: Partial<IpmiTarget> = {}, queue = new BmcQueue(4)) =>
    openBmc(
      {
        driver: 'ipmi',
        address: parseBmcAddress('127.0.0.1'),
        port: sim.port,
        user: 'admin',
        password: async () => new Secret(PASSWORD),
        timeoutSeconds: 20,
        cipherSuites: [3],
        retrySeconds: 1,
        packetTries: 2,
        privilege: 'administrator',
        ...target,
      },
      { queue, tries: 1, reach: () => undefined },
    );

  it('switches the machine on and off', async () => {
    expect(await bmc().status()).to.equal('off');
    await bmc().perform('on');
    expect(await bmc().status()).to.equal('on');
    await bmc().perform('off');
    expect(await bmc().status()).to.equal('off');
    await bmc().perform('cycle');
    expect(await sim.calls()).to.deep.equal(['set power 1', 'set power 0', 'set power 1']);
  });

  it('resets it, and asks its system to stop', async () => {
    const before = (await sim.calls()).length;
    await bmc().perform('reset');
    await bmc().perform('soft');
    expect((await sim.calls()).slice(before)).to.deep.equal(['set reset 1', 'set shutdown 1']);
  });

  it('boots it once from the network, for good from its disk, and into its firmware', async () => {
    const before = (await sim.calls()).length;
    await bmc().setBootDevice('pxe');
    await bmc().setBootDevice('disk', { persistent: true });
    await bmc().setBootDevice('bios', { uefi: true });
    expect((await sim.calls()).slice(before)).to.deep.equal([
      'set boot pxe',
      'set boot default',
      'set boot bios',
    ]);
  });

  it('reads what the BMC knows of itself', async () => {
    expect(await bmc().inventory()).to.include({ bmcVersion: '9.08' });
  });

  const failures: { name: string; target: Partial<IpmiTarget>; code: string; says: string }[] = [
    {
      name: 'a wrong password',
      target: { password: async () => new Secret('wrong-one') },
      code: 'BMC_CREDENTIALS',
      says: 'wrong password',
    },
    { name: 'an unknown user', target: { user: 'nobody' }, code: 'BMC_CREDENTIALS', says: 'no such user' },
    {
      name: 'a cipher suite it does not have',
      target: { cipherSuites: [17] },
      code: 'BMC_UNSUPPORTED',
      says: 'suite 17',
    },
    { name: 'a port nobody listens on', target: { port: 9 }, code: 'BMC_UNREACHABLE', says: '127.0.0.1:9' },
  ];
  for (const { name, target, code, says } of failures) {
    it(`says ${code} for ${name}`, async () => {
      const error = await rejection(bmc(target).status());
      expect(codeOf(error)).to.equal(code);
      expect(error.message).to.contain(says);
      expect(`${error.stack}${JSON.stringify(error)}`).not.to.match(/swordfish|wrong-one/);
    });
  }

  it('B12: gets a BMC to work that has cipher suite 3 alone, without being told', async () => {
    expect(await bmc({ cipherSuites: [17, 3] }).status()).to.be.oneOf(['on', 'off']);
  });

  describe('B1: a BMC whose answers come late', () => {
    const cases = [
      { delayMs: 1200, retrySeconds: 3, want: /^(on|off)$/ },
      { delayMs: 2500, retrySeconds: 3, want: /^(on|off)$/ },
      { delayMs: 1200, retrySeconds: 1, answers: 20, want: /BMC_UNREACHABLE.*power\.ipmi\.retrySeconds/ },
      { delayMs: 1200, retrySeconds: 3, password: 'wrong-one', want: /BMC_CREDENTIALS.*wrong password/ },
    ];
    const outcomes: Promise<string>[] = [];
    const proxies: { close(): void }[] = [];
    // All at once: they do nothing but wait.
    before(async () => {
      for (const { delayMs, retrySeconds, answers = 4, password = PASSWORD } of cases) {
        const proxy = await startDelayingProxy(sim.port, { delayMs, answers });
        proxies.push(proxy);
        const slow = bmc({ port: proxy.port, retrySeconds, password: async () => new Secret(password) });
        outcomes.push(slow.status().catch((error: Error) => `${codeOf(error)} ${error.message}`));
      }
    });
    after(() => proxies.forEach((proxy) => proxy.close()));
    for (const [index, { delayMs, retrySeconds, password, want }] of cases.entries()) {
      it(`after ${delayMs} ms, asked again after ${retrySeconds} s${password === undefined ? '' : ', a wrong password'}: ${want.source}`, async () => {
        expect(await outcomes[index]).to.match(want);
      });
    }
  });

  it('a user without the right to switch learns so', async () => {
    const watcher = bmc({ user: 'watcher', password: async () => new Secret('looking'), privilege: 'user' });
    expect(await watcher.status()).to.be.oneOf(['on', 'off']);
    expect(codeOf(await rejection(watcher.perform('off')))).to.equal('BMC_CREDENTIALS');
  });

  it('a dead BMC holds up nobody', async () => {
    const queue = new BmcQueue(2);
    const dead = [1, 2].map(() => rejection(bmc({ port: 9 }, queue).status()));
    const alive = bmc({}, queue);
    const first = await Promise.race([...dead, alive.status()]);
    expect(first).to.be.oneOf(['on', 'off']);
    expect((await Promise.all(dead)).map(codeOf)).to.deep.equal(Array(2).fill('BMC_UNREACHABLE'));
  });

  it('shows the password in no process’s arguments while commands run', async () => {
    const commands = Promise.all([bmc().status(), bmc().inventory(), rejection(bmc({ port: 9 }).status())]);
    let looks = 0;
    for (;;) {
      const seen = await Promise.race([commands.then(() => undefined), commandLines()]);
      if (!seen) break;
      for (const text of seen) expect(text).not.to.contain(PASSWORD);
      looks += 1;
    }
    expect(looks).to.be.greaterThan(1);
  });
});

async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // A process may end between the two looks.
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}
