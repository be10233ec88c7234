import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { apiHost, FakeImago } from '../api/fake-imago.js';
import { root, spawnImagoctl, operatorsOfTests } from '../../support/run-imagoctl.js';

describe('bin/imagoctl', () => {
  let folder: string;
  let imago: FakeImago;
  const environment = () => ({ IMAGO_HOST: '127.0.0.1', IMAGO_PORT: `${imago.port}` });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imagoctl-'));
    imago = await FakeImago.start([apiHost({ serial: 'ser0001', address: '10.75.0.20' })]);
  });
  after(async () => {
    await imago.stop();
    await rm(folder, { recursive: true });
  });

  it('works through a link, from any folder, without colours in a pipe', async () => {
    const path = join(folder, 'ictl');
    await symlink(`${root}bin/imagoctl`, path);
    const argv = ['list', '--fields', 'serial,state', '--no-legend'];
    expect(await spawnImagoctl(argv, { path, cwd: folder, environment: environment() })).to.deep.equal({
      stdout: 'ser0001  running\n',
      stderr: '',
      code: 0,
    });
    const { stderr } = await spawnImagoctl(['nonsense'], { path });
    expect(stderr).to.equal('ictl: command nonsense not found; see ictl help\n');
  });

  for (const { line, says } of [
    { line: 'import - --dry-run', says: 'p1: would be added\n' },
    { line: 'export', says: /ser0001/ },
    { line: 'import list.csv --dry-run', says: 'p2: would be added\n' },
  ]) {
    it(`${line} takes nothing of standard input for a word of its line`, async () => {
      await writeFile(join(folder, 'list.csv'), 'serial\np2\n');
      const command = `printf '[{serial: p1}]' | ${root}bin/imagoctl ${line}`;
      const { stdout } = await promisify(execFile)('sh', ['-c', command], {
        cwd: folder,
        env: { ...process.env, ...operatorsOfTests, ...environment() },
      });
      if (typeof says === 'string') expect(stdout).to.equal(says);
      else expect(stdout).to.match(says);
    });
  }

  it('says what to run when it is not built', async () => {
    await cp(`${root}bin/imagoctl`, join(folder, 'bin/imagoctl'));
    await cp(`${root}package.json`, join(folder, 'package.json'));
    expect(await spawnImagoctl(['list'], { path: join(folder, 'bin/imagoctl') })).to.deep.equal({
      stdout: '',
      stderr: `imagoctl: it is not built yet: run 'npm ci && npm run build' in ${folder}/\n`,
      code: 1,
    });
  });

  it('ends when nobody reads on', async () => {
    const command = `${root}bin/imagoctl list --watch --interval 1 --no-legend --fields serial,state | head -1`;
    const child = spawn('sh', ['-c', command], {
      env: { ...process.env, ...operatorsOfTests, ...environment() },
    });
    child.stdout.once('data', () => {
      imago.hosts.set('ser0001', apiHost({ serial: 'ser0001', state: 'installing' }));
    });
    expect(await once(child, 'close')).to.deep.equal([0, null]);
    imago.hosts.set('ser0001', apiHost({ serial: 'ser0001', address: '10.75.0.20' }));
  });

  it('prints with --watch what changes, and outlives a daemon that is restarted', async () => {
    const argv = ['list', '--watch', '--interval', '1', '--fields', 'serial,state'];
    const child = spawn(`${root}bin/imagoctl`, argv, {
      env: { ...process.env, ...operatorsOfTests, ...environment() },
    });
    try {
      const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const errors = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
      const line = async (from: AsyncIterator<string>) => String((await from.next()).value);
      expect([await line(output), await line(output)]).to.deep.equal(['SERIAL   STATE', 'ser0001  running']);
      imago.override = (request) => request.socket.destroy();
      expect(await line(errors)).to.match(/^imagoctl: no imago answers at .*: is the daemon running\?/);
      imago.override = undefined;
      imago.hosts.set('ser0001', apiHost({ serial: 'ser0001', state: 'configured' }));
      expect(await line(output)).to.equal('ser0001  configured');
      imago.hosts.delete('ser0001');
      let said = await line(errors);
      while (said.includes('no imago answers')) said = await line(errors);
      expect(said).to.equal('imagoctl: ser0001 is no longer there');
    } finally {
      child.kill();
      await once(child, 'close');
    }
  });
});
