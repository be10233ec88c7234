import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FakeImago } from '../api/fake-imago.js';
import { imagoctl } from '../../support/run-imagoctl.js';

describe('imagoctl boot-complete', () => {
  let folder: string;
  let imago: FakeImago;
  const run = (...argv: string[]) =>
    imagoctl(
      [
        'boot-complete',
        '--environment',
        join(folder, 'os-release'),
        '--environment',
        join(folder, 'mayu-env'),
        ...argv,
      ],
      { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: `${imago.port}` },
    );

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boot-complete-'));
    await writeFile(join(folder, 'os-release'), 'NAME="Flatcar"\nVERSION=3374.2.0\n');
    await writeFile(join(folder, 'mayu-env'), 'SERIAL=ser0001\nDOCKER_VERSION=20.10\n');
    imago = await FakeImago.start();
    imago.override = (_, response) => response.writeHead(202).end();
  });
  afterEach(async () => {
    await imago.stop();
    await rm(folder, { recursive: true });
  });

  for (const { argv, body } of [
    { argv: [], body: {} },
    { argv: ['--update-versions'], body: { CoreOSVersion: '3374.2.0', DockerVersion: '20.10' } },
  ]) {
    it(`reports ${JSON.stringify(body)} ${argv.join('') || 'by itself'}`, async () => {
      expect(await run(...argv)).to.deep.equal({ stdout: 'ser0001: running\n', stderr: '', code: 0 });
      expect(
        imago.seen.map(({ method, path, body }) => ({ method, path, body: JSON.parse(body) as unknown })),
      ).to.deep.equal([{ method: 'PUT', path: '/admin/host/ser0001/boot_complete', body }]);
    });
  }

  it('finds imago where the machine knows it to be', async () => {
    await writeFile(join(folder, 'mayu-env'), `IMAGO_SERIAL='ser0002'\nIMAGO_URL=${imago.url}/\n`);
    const argv = ['boot-complete', '--environment', join(folder, 'mayu-env')];
    expect(await imagoctl(argv)).to.deep.equal({ stdout: 'ser0002: running\n', stderr: '', code: 0 });
    const told = await imagoctl([...argv, '--host', '127.0.0.1', '--port', '9']);
    expect(told).to.include({ stdout: '', code: 4 });
  });

  it('refuses on a machine that does not know its serial', async () => {
    await rm(join(folder, 'mayu-env'));
    const { stderr, code } = await run();
    expect({ code, calls: imago.seen.length }).to.deep.equal({ code: 2, calls: 0 });
    expect(stderr).to.match(
      /^imagoctl: none of \S+os-release, \S+mayu-env has a SERIAL or IMAGO_SERIAL: run this on a machine/,
    );
  });

  it('passes on what the server refuses', async () => {
    imago.override = (_, response) =>
      response.writeHead(409).end('a host that is unknown cannot become running\n');
    expect(await run()).to.deep.equal({
      stdout: '',
      stderr: 'imagoctl: boot_complete: a host that is unknown cannot become running\n',
      code: 1,
    });
  });
});
