import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Serial } from '../../src/host/serial.js';
import { toIpv4 } from '../../src/net/ipv4.js';
import { hostPath } from '../../src/store/layout.js';
import { ClusterFolder, eventually, hostileFiles } from '../support/cluster-folder.js';

describe('repositories elsewhere', function () {
  this.timeout(30_000);
  let outside: string;
  let server: Server;
  let folder: ClusterFolder;

  beforeEach(async () => {
    outside = mkdtempSync(join(tmpdir(), 'imago-remote-'));
    gitIn(outside, 'init', '-q', '--bare', '-b', 'main', 'bare.git');
    gitIn(join(outside, 'bare.git'), 'config', 'http.receivepack', 'true');
    server = serveGit(outside);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    folder = new ClusterFolder();
    await folder.open();
    await folder.put('ser1', 'host created', { internalAddress: toIpv4(1) });
    await folder.put('ser2', 'host created', { internalAddress: toIpv4(2) });
  });

  afterEach(async () => {
    server.close();
    await folder.remove();
    rmSync(outside, { recursive: true });
  });

  const urls = {
    'a path': () => join(outside, 'bare.git'),
    http: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/bare.git`,
  };

  it('a server that says nothing is given up', async () => {
    const silent = createServer(() => undefined);
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/bare.git`;
      const environment = () => Promise.resolve({ GIT_HTTP_LOW_SPEED_TIME: '1' });
      const failure: unknown = await folder.store.remote
        .push({ url, branch: 'main', environment })
        .catch((error: unknown) => error);
      expect(failure).to.include({ code: 'GIT_FAILED' });
      expect(String(failure)).to.match(/too slow/i);
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  for (const [kind, url] of Object.entries(urls)) {
    const remote = () => ({ url: url(), branch: 'main' });

    /** A colleague's reviewed commit. */
    const commitThere = (serial: string, from: string, to: string): void => {
      const work = mkdtempSync(join(outside, 'work-'));
      gitIn(outside, 'clone', '-q', join(outside, 'bare.git'), work);
      const file = join(work, hostPath(serial as Serial));
      writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
      gitIn(work, 'commit', '-q', '-am', 'reviewed');
      gitIn(work, 'push', '-q', 'origin', 'main');
    };

    it(`a backup over ${kind} has every commit`, async () => {
      await folder.store.remote.push(remote());
      await folder.put('ser1', 'updated state to running', { state: 'running' });
      await folder.store.remote.push(remote());
      expect(gitIn(join(outside, 'bare.git'), 'log', '--format=%H')).to.equal(
        folder.git('log', '--format=%H'),
      );
    });

    it(`changes made over ${kind} are taken in, beside those of machines, as a merge that can be pushed again`, async () => {
      await folder.store.remote.push(remote());
      commitThere('ser1', '"ConnectedNIC": ""', '"ConnectedNIC": "eth7"');
      await folder.put('ser1', 'updated state to running', { state: 'running' });
      expect(await folder.store.remote.pull(remote())).to.equal(1);
      expect(folder.host('ser1')).to.include({ connectedNic: 'eth7', state: 'running' });
      expect(folder.subjects()[0]).to.include('Anna cluster: took in 1 commit of ');
      await folder.store.remote.push(remote());
      expect(await folder.store.remote.pull(remote()), 'nothing is taken in twice').to.equal(0);
      await folder.close();
      expect(folder.git('fsck', '--full', '--strict')).to.equal('');
      expect(folder.git('status', '--porcelain')).to.equal('');
      await folder.open();
      expect((await folder.store.history('ser1' as Serial))[0]).to.include({
        author: 'Anna',
        state: 'running',
      });
    });
  }

  it('are exchanged with on a schedule; what fails is told until it works', async () => {
    const remote = { url: join(outside, 'later.git'), branch: 'main' };
    folder.store.remote.schedule({ push: { ...remote, everySeconds: 0.05 } });
    await eventually(() => {
      expect(folder.store.health().troubles.join()).to.include('git push failed');
    });
    gitIn(outside, 'init', '-q', '--bare', '-b', 'main', remote.url);
    await eventually(() => {
      expect(folder.store.health().troubles).to.deep.equal([]);
      expect(gitIn(remote.url, 'rev-parse', 'main')).to.equal(folder.git('rev-parse', 'HEAD'));
    });
  });

  it('one that hangs does not hold up another that is scheduled instead, and nothing more is told of it', async () => {
    const hung = createServer(() => undefined);
    await once(hung.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = `http://127.0.0.1:${(hung.address() as AddressInfo).port}/bare.git`;
      const asked = once(hung, 'request');
      folder.store.remote.schedule({ push: { url, branch: 'main', everySeconds: 60 } });
      await asked;
      const remote = { url: urls['a path'](), branch: 'main' };
      folder.store.remote.schedule({ push: { ...remote, everySeconds: 60 } });
      await eventually(() => {
        expect(gitIn(remote.url, 'rev-parse', 'main')).to.equal(folder.git('rev-parse', 'HEAD'));
      });
      expect(folder.store.health().troubles).to.deep.equal([]);
    } finally {
      hung.closeAllConnections();
      hung.close();
    }
  });

  it('nonsense made there is left out, with a word', async () => {
    const remote = { url: urls['a path'](), branch: 'main' };
    await folder.store.remote.push(remote);
    const work = join(outside, 'work');
    gitIn(outside, 'clone', '-q', remote.url, work);
    const file = join(work, hostPath('ser1' as Serial));
    writeFileSync(file, readFileSync(file, 'utf8').replace('"unknown"', '"flying"'));
    gitIn(work, 'commit', '-q', '-am', 'nonsense');
    gitIn(work, 'push', '-q', 'origin', 'main');
    expect(await folder.store.remote.pull(remote)).to.equal(0);
    expect(folder.host('ser1')?.state).to.equal('unknown');
    expect(JSON.stringify(folder.log)).to.include("State: 'flying' is not a state");
    await folder.store.remote.push(remote);
    expect(gitIn(remote.url, 'show', `HEAD:${hostPath('ser1' as Serial)}`)).to.include('"unknown"');
  });

  describe('of which something is refused', () => {
    const refusals = () => folder.store.health().troubles;
    const remote = () => ({ url: urls['a path'](), branch: 'main' });
    const pulling = () => folder.store.remote.schedule({ pull: { ...remote(), everySeconds: 0.05 } });
    const rewrite = (serial: string, from: string, to: string): void => {
      const work = mkdtempSync(join(outside, 'work-'));
      gitIn(outside, 'clone', '-q', remote().url, work);
      const file = join(work, hostPath(serial as Serial));
      writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
      gitIn(work, 'commit', '-q', '-am', 'reviewed');
      gitIn(work, 'push', '-q', 'origin', 'main');
    };
    const says = `${hostPath('ser1' as Serial)}:6: State: 'flying' is not a state`;

    beforeEach(async () => {
      await folder.store.remote.push(remote());
      rewrite('ser1', '"unknown"', '"flying"');
      pulling();
      await eventually(() => expect(refusals().join()).to.include(says));
      await folder.open();
    });

    it('tell it again after a restart, at once and until it is put right there', async () => {
      expect(refusals()).to.deep.equal([]);
      pulling();
      expect(refusals().join()).to.include(says);
      rewrite('ser2', '"unknown"', '"running"');
      await eventually(() => expect(folder.host('ser2')?.state).to.equal('running'));
      expect(refusals().join()).to.include(says);
      rewrite('ser1', '"flying"', '"running"');
      await eventually(() => expect(folder.host('ser1')?.state).to.equal('running'));
      expect(refusals()).to.deep.equal([]);
      await folder.open();
      pulling();
      expect(refusals()).to.deep.equal([]);
    });

    it('tell nothing of it when another repository, or none, is pulled from', () => {
      pulling();
      folder.store.remote.schedule({ pull: { url: remote().url, branch: 'other', everySeconds: 60 } });
      expect(refusals()).to.deep.equal([]);
      pulling();
      expect(refusals().join()).to.include(says);
      folder.store.remote.schedule({ push: { ...remote(), everySeconds: 60 } });
      expect(refusals()).to.deep.equal([]);
    });

    it('start without it when the file that tells it is damaged', () => {
      writeFileSync(join(folder.directory, '.git/imago/refused.json'), '{"origin": [');
      pulling();
      expect(refusals()).to.deep.equal([]);
    });
  });

  for (const { name, content, says } of hostileFiles) {
    it(`a file made there to do harm, with ${name}, is left out, and the exchange goes on`, async () => {
      const remote = { url: urls['a path'](), branch: 'main' };
      await folder.store.remote.push(remote);
      const work = join(outside, 'work');
      gitIn(outside, 'clone', '-q', remote.url, work);
      const commitThere = (serial: string, text: (before: string) => string) => {
        const file = join(work, hostPath(serial as Serial));
        writeFileSync(file, text(readFileSync(file, 'utf8')));
        gitIn(work, 'commit', '-q', '-am', 'reviewed');
        gitIn(work, 'push', '-q', 'origin', 'main');
      };
      commitThere('ser1', content);
      commitThere('ser2', (text) => text.replace('"ConnectedNIC": ""', '"ConnectedNIC": "eth7"'));
      folder.store.remote.schedule({ pull: { ...remote, everySeconds: 0.05 } });
      await eventually(() => {
        expect(folder.host('ser2')?.connectedNic).to.equal('eth7');
        expect(folder.store.health().troubles.join())
          .to.include(says)
          .and.include(hostPath('ser1' as Serial));
      });
      expect(folder.host('ser1')).to.include({ state: 'unknown' });
    });
  }

  it('an error of any kind is a trouble of the exchange, and the next one works', async () => {
    const remote = { url: urls['a path'](), branch: 'main' };
    let fails = true;
    const environment = () =>
      fails ? Promise.reject(new RangeError('Maximum call stack size exceeded')) : Promise.resolve({});
    folder.store.remote.subscribe(() => {
      throw new Error('a watcher that fails');
    });
    folder.store.remote.schedule({ push: { ...remote, environment, everySeconds: 0.05 } });
    await eventually(() => {
      expect(folder.store.health().troubles).to.deep.equal(['Maximum call stack size exceeded']);
    });
    fails = false;
    await eventually(() => expect(folder.store.health().troubles).to.deep.equal([]));
  });

  it('that are of another cluster, or not there, are refused with the reason', async () => {
    const other = join(outside, 'other.git');
    gitIn(outside, 'init', '-q', '--bare', '-b', 'main', other);
    const work = join(outside, 'work');
    gitIn(outside, 'clone', '-q', other, work);
    gitIn(work, 'commit', '-q', '--allow-empty', '-m', 'other');
    gitIn(work, 'push', '-q', 'origin', 'main');
    const outcome = async (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
    expect(await outcome(folder.store.remote.pull({ url: other, branch: 'main' }))).to.have.property(
      'code',
      'UNRELATED_HISTORY',
    );
    expect(await outcome(folder.store.remote.push({ url: other, branch: 'main' }))).to.have.property(
      'code',
      'GIT_FAILED',
    );
    const nowhere = { url: join(outside, 'nowhere.git'), branch: 'main' };
    expect(await outcome(folder.store.remote.push(nowhere))).to.have.property('code', 'GIT_FAILED');
  });
});

function gitIn(directory: string, ...words: string[]): string {
  return execFileSync('git', ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.org', ...words], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Git's own HTTP server, as a CGI program. */
function serveGit(root: string): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const cgi = spawn('git', ['http-backend'], {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        REMOTE_USER: 'test',
      },
    });
    request.pipe(cgi.stdin);
    const chunks: Buffer[] = [];
    cgi.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    cgi.on('close', () => {
      const output = Buffer.concat(chunks);
      const blank = output.indexOf('\r\n\r\n');
      for (const line of output.toString('latin1', 0, blank).split('\r\n')) {
        const [name = '', value = ''] = line.split(': ');
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.end(output.subarray(blank + 4));
    });
  });
}
