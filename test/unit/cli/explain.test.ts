import { expect } from 'chai';
import { renderExplanation } from '../../../src/cli/commands/explain.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';
import { imagoctl } from '../../support/run-imagoctl.js';

describe('cli/render-explanation', () => {
  it('shows each step, and the rule below it', () => {
    const steps = [
      { step: 'dhcp', answer: '10.75.0.20', rule: 'the host has it' },
      { step: 'script', answer: 'sanboot\u{1b}', rule: 'it is running' },
    ];
    expect(renderExplanation({ name: 'a', steps }, { color: false })).to.deep.equal([
      'dhcp    10.75.0.20',
      '        the host has it',
      'script  sanboot\u{fffd}',
      '        it is running',
    ]);
  });
});

describe('imagoctl explain', () => {
  let house: House;
  const run = (...argv: string[]) =>
    imagoctl(['explain', ...argv], { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: new URL(house.url).port });

  beforeEach(async () => {
    const host = newHost(parseSerial('ser0001'), {
      state: 'running',
      profile: 'default',
      internalAddress: parseIpv4('10.75.0.20'),
    });
    house = await openHouse({ store: new InMemoryHostStore([host]) });
  });
  afterEach(() => house.close());

  it('tells what a machine would get, by serial and for its firmware', async () => {
    const bios = await run('SER0001');
    expect({ stderr: bios.stderr, code: bios.code }).to.deep.equal({ stderr: '', code: 0 });
    expect(bios.stdout)
      .to.contain('10.75.0.20')
      .and.to.match(/^script +/m);
    expect((await run('ser0001', '--firmware', 'uefi')).stdout).not.to.equal(bios.stdout);
  });

  it('tells what a machine would get that was never seen, by MAC address', async () => {
    expect(await run('52:54:00:00:00:77')).to.include({ stderr: '', code: 0 });
    expect([...house.store.hosts()]).to.have.length(1);
  });
});
