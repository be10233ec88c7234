import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';
import { imagoctl, root, operatorsOfTests } from '../../support/run-imagoctl.js';

/** An order that costs a disk is for the machine as it was seen: the daemon is real, machines report while somebody thinks. */
describe('imagoctl set … state configured', () => {
  let house: House;
  beforeEach(async () => {
    const host = (serial: string, state: Host['state']) =>
      newHost(parseSerial(serial), { state, profile: 'default' });
    house = await openHouse({
      store: new InMemoryHostStore([host('a', 'running'), host('b', 'installed'), host('c', 'installing')]),
    });
  });
  afterEach(() => house.close());

  const stateOf = (serial: string) => house.store.host(parseSerial(serial))?.state;
  const report = async (serial: string, what: string) =>
    expect((await fetch(`${house.url}/admin/host/${serial}/${what}`, { method: 'PUT' })).status).to.equal(
      202,
    );
  const comesUp = async (serial: string) => {
    await report(serial, 'set_installed');
    await report(serial, 'boot_complete');
  };

  /** Somebody at a terminal who says yes, after a while. */
  async function slowOperator(
    line: string,
    meanwhile: () => Promise<void>,
  ): Promise<{ seen: string; code: number }> {
    const child = spawn('script', ['-qec', `${root}bin/imagoctl ${line}`, '/dev/null'], {
      env: {
        ...process.env,
        ...operatorsOfTests,
        TERM: 'xterm',
        NO_COLOR: '1',
        IMAGO_HOST: '127.0.0.1',
        IMAGO_PORT: new URL(house.url).port,
      },
    });
    let seen = '';
    let thinks: Promise<unknown> | undefined;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk;
      if (seen.includes('[y/N]')) thinks ??= meanwhile().then(() => child.stdin.write('y\n'));
    });
    const [code] = (await once(child, 'close')) as [number];
    await thinks;
    return { seen, code };
  }

  it('does not wipe a machine that came to run while its operator was asked of others', async () => {
    const { seen, code } = await slowOperator('set a c state configured', () => comesUp('c'));
    expect(seen).to.contain('The disk of 1 machine will be wiped at the next boot: a (running).');
    expect(seen).to.contain('c was changed meanwhile: look at it again, then decide');
    expect({ code, a: stateOf('a'), c: stateOf('c') }).to.deep.equal({
      code: 1,
      a: 'configured',
      c: 'running',
    });
  });

  it('wipes what was asked about and has not changed', async () => {
    const { code } = await slowOperator('set a b state configured', () => comesUp('c'));
    expect({ code, a: stateOf('a'), b: stateOf('b') }).to.deep.equal({
      code: 0,
      a: 'configured',
      b: 'configured',
    });
  });

  describe('with machines that report right before the order comes', () => {
    let between: Server;
    beforeEach(async () => {
      between = createServer((request, response) => {
        void (async () => {
          if (request.method === 'POST') await comesUp('c');
          const body = await new Response(request).text();
          const answer = await fetch(`${house.url}${request.url}`, {
            method: request.method ?? 'GET',
            headers: Object.entries(request.headers).filter(([name]) =>
              /^(if-match|content-type)$/.test(name),
            ) as [string, string][],
            ...(body !== '' && { body }),
          });
          const headers = ['etag', 'content-type'].flatMap((name) => [name, answer.headers.get(name) ?? '']);
          response.writeHead(answer.status, headers).end(await answer.text());
        })();
      }).listen(0, '127.0.0.1');
      await once(between, 'listening');
    });
    afterEach(() => void between.close());

    const run = (...argv: string[]) =>
      imagoctl(argv, { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: `${(between.address() as AddressInfo).port}` });

    it('does not wipe one that was selected by what it is not any more', async () => {
      const { stderr, code } = await run('set', '--state', 'installing', 'state', 'configured', '--yes');
      expect(stderr).to.contain('c was changed meanwhile');
      expect({ code, c: stateOf('c') }).to.deep.equal({ code: 1, c: 'running' });
    });

    it('obeys a script that names the machine, whatever became of it', async () => {
      expect(await run('set', 'c', 'state', 'configured', '--yes')).to.include({ code: 0 });
      expect(stateOf('c')).to.equal('configured');
    });
  });
});
