import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { BrokenHostStore, InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { faultsOf, renderFault } from '../../../src/cli/commands/check.js';
import { apiHost } from '../api/fake-imago.js';
import { imagoctl } from '../../support/run-imagoctl.js';

describe('imagoctl check', () => {
  let house: House | undefined;
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  const run = (opened: House, ...argv: string[]) => {
    house = opened;
    return imagoctl(['check', ...argv], { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: new URL(opened.url).port });
  };
  const installing = newHost(parseSerial('ser0001'), { state: 'installing', profile: 'default' });

  it('is content with a fleet that is well', async () => {
    const outcome = await run(await openHouse({ store: new InMemoryHostStore([installing]) }));
    expect(outcome).to.deep.equal({
      stdout: '1 machine: 1 installing; 89 addresses are free\n',
      stderr: '',
      code: 0,
    });
  });

  it('names machines whose installer failed', async () => {
    const opened = await openHouse({ store: new InMemoryHostStore([installing]) });
    await fetch(`${opened.url}/report/ser0001/failed`, { method: 'POST', body: 'no disk fits' });
    const { stdout, stderr, code } = await run(opened);
    expect({ stderr, code }).to.deep.equal({ stderr: 'imagoctl: one thing needs you\n', code: 1 });
    expect(stdout).to.match(
      /^1 machine: 1 installing; 89 addresses are free\nser0001: it is stuck, failed: [^\n]*no disk fits[^\n]* \(since \S+Z\)\n$/,
    );
  });

  it('names a machine that is stuck once, with what keeps it', () => {
    const stuck = {
      reason: 'boot-loop' as const,
      since: '2026-11-21T02:00:00Z',
      detail: '5 boots',
      retries: 1,
    };
    const progress = { phase: 'failed', message: 'no disk', time: '2026-11-21T02:00:00Z' };
    const well = { ready: true, troubles: [], hosts: 1, freeAddresses: 1, alarms: [] };
    const host = apiHost({ serial: 'ser0001', state: 'installing', progress, stuck });
    expect(faultsOf(well, [host], new Set()).map(renderFault)).to.deep.equal([
      'ser0001: it is stuck, boot-loop: 5 boots (since 2026-11-21T02:00:00Z)',
    ]);
  });

  it('names machines that are to be installed with a version of which there are no images', async () => {
    const overridden = (name: string, version: string) =>
      newHost(parseSerial(name), { profile: 'default', overrides: { CoreOSVersion: version } });
    const store = new InMemoryHostStore([overridden('ser0001', 'v9'), overridden('ser0002', 'v1')]);
    const { stdout, code } = await run(await openHouse({ store }));
    expect(code).to.equal(1);
    expect(stdout.split('\n').slice(1)).to.deep.equal([
      'ser0001: its override CoreOSVersion is v9, of which there are no images: fetch that version, or take the override away',
      '',
    ]);
  });

  it('N7: names boot loaders that DHCP gives and nobody has', async () => {
    const message =
      'dhcp.loaders.bios.tftp: own.kpxe is not in paths.tftpRoot: put it there, or name another';
    const alarm = { code: 'LOADER_MISSING', message, since: new Date('2026-11-21T02:00:00Z') };
    const asked: string[] = [];
    const missing = (file: string) => void asked.push(file);
    const opened = await openHouse({ missing, otherAlarms: () => [alarm] });
    await opened.write('tftproot/there.efi', 'loader');
    for (const file of ['own.kpxe', 'there.efi']) await fetch(`${opened.url}/tftp/${file}`);
    expect(asked).to.deep.equal(['own.kpxe']);
    const { stdout, code } = await run(opened);
    expect(code).to.equal(1);
    expect(stdout).to.include(`LOADER_MISSING: ${message} (since 2026-11-21T02:00:00Z)\n`);
  });

  it('names alarms, in JSON too', async () => {
    const config = houseConfig
      .replace('last: 10.75.0.99', 'last: 10.75.0.10')
      .replace(', address: 10.75.0.90', '');
    const opened = await openHouse({ config });
    for (const mac of ['01', '02']) await fetch(`${opened.url}/ipxe?mac=52-54-00-00-00-${mac}`);
    const { stdout, code } = await run(opened, '--json');
    const { error } = JSON.parse(stdout) as { error: { code: string; faults: string[] } };
    expect({ code, error: error.code }).to.deep.equal({ code: 1, error: 'NOT_WELL' });
    expect(error.faults).to.have.length(1);
    expect(error.faults[0]).to.match(/^RANGE_EXHAUSTED: no address is left in network.hostRange/);
  });

  it('names a store that cannot record', async () => {
    const { stdout, code } = await run(await openHouse({ store: new BrokenHostStore([installing]) }));
    expect(code).to.equal(1);
    expect(stdout).to.contain('\nSTORE: ');
  });
});
