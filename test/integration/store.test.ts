import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImagoError } from '../../src/errors.js';
import { newHost, type Host } from '../../src/host/host.js';
import type { Author, HostStore, RecordedChange } from '../../src/host/host-store.js';
import type { Serial } from '../../src/host/serial.js';
import { toIpv4 } from '../../src/net/ipv4.js';
import { hostPath } from '../../src/store/layout.js';
import { openHostStore, type OpenStore } from '../../src/store/open-host-store.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const anna: Author = { name: 'anna', kind: 'operator' };

describe('the store in a cluster folder', function () {
  this.timeout(20_000);
  let directory: string;
  let store: HostStore | undefined;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'imago-store-'));
  });

  afterEach(async () => {
    await store?.close();
    store = undefined;
    rmSync(directory, { recursive: true });
  });

  const open = async (): Promise<HostStore> => {
    await store?.close();
    store = await openHostStore({
      directory,
      clock: () => new Date('2026-11-21T10:00:00Z'),
      logger: quiet,
      defaults: { defaultEtcdClusterToken: 'token' },
    });
    return store;
  };
  const close = async (): Promise<void> => {
    await store?.close();
    store = undefined;
  };
  const git = (...words: string[]): string =>
    execFileSync('git', words, { cwd: directory, encoding: 'utf8' });
  const put = (serial: string, what: string, facts: Partial<Host> = {}) =>
    store!.change({ name: serial, kind: 'machine' }, (fleet) => [
      { host: { ...(fleet.host(serial as Serial) ?? newHost(serial as Serial)), ...facts }, what },
    ]);

  it('makes the same commits, to the last digit, from the same changes at the same time', async () => {
    await open();
    await put('ser1', 'host created');
    await put('ser1', 'updated host InternalAddr', { internalAddress: toIpv4(0x0a4b0014) });
    await close();
    expect(git('log', '--format=%H %an <%ae> %at %s')).to.equal(EXACT_LOG);
  });

  it('starts a cluster with its token, and keeps it', async () => {
    await open();
    expect((await open()).defaultEtcdClusterToken).to.equal('token');
    expect(JSON.parse(readFileSync(join(directory, 'cluster.json'), 'utf8'))).to.deep.equal({
      GitStore: true,
      Config: { DefaultEtcdClusterToken: 'token' },
    });
  });

  it('Y2: keeps the token of a discovery service, durable, in a commit, and leaves all else of the file', async () => {
    await open();
    await close();
    const file = join(directory, 'cluster.json');
    writeFileSync(file, '{"GitStore": true, "Config": {"DefaultEtcdClusterToken": "token", "Rack": 7}}');
    git('-c', 'user.name=Anna', '-c', 'user.email=anna@example.org', 'commit', '-qam', 'a note');
    await open();
    const token = { defaultEtcdClusterToken: 'f00d', etcdDiscovery: 'https://discovery.example' };
    const before = put('ser1', 'host created');
    const recorded = (store as OpenStore).changeCluster(token, 'set etcd discovery token');
    const after = put('ser2', 'host created');
    await Promise.all([before, recorded, after]);
    expect(store).to.include(token);
    await put('ser1', 'updated state to running', { state: 'running' });
    expect(await open()).to.include(token);
    await close();
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal({
      GitStore: true,
      Config: { DefaultEtcdClusterToken: 'f00d', Rack: 7, EtcdDiscovery: 'https://discovery.example' },
    });
    expect(git('status', '--porcelain')).to.equal('');
    expect(git('fsck', '--full', '--strict')).to.equal('');
    expect(git('log', '--format=%an %s').trim().split('\n')).to.deep.equal([
      'ser1 ser1: updated state to running',
      'ser2 ser2: host created',
      'imago cluster: set etcd discovery token',
      'ser1 ser1: host created',
      'Anna a note',
      'imago cluster: created',
    ]);
  });

  it('loses none of many changes at once, in order, each its own commit, and git finds no fault', async () => {
    await open();
    const serials = Array.from({ length: 200 }, (_, number) => `ser${number}`);
    await Promise.all(
      serials.flatMap((serial, number) => [
        put(serial, 'host created'),
        put(serial, 'updated host InternalAddr', { internalAddress: toIpv4(0x0a4b0000 + number) }),
        put(serial, 'updated host state to installing', { state: 'installing' }),
      ]),
    );
    await close();
    expect(git('fsck', '--full', '--strict')).to.equal('');
    expect(git('status', '--porcelain')).to.equal('');
    expect(git('rev-list', '--count', 'HEAD').trim()).to.equal('601');
    expect(
      git('log', '--reverse', '--format=%s', '--', hostPath('ser7' as Serial))
        .trim()
        .split('\n'),
    ).to.deep.equal([
      'ser7: host created',
      'ser7: updated host InternalAddr',
      'ser7: updated host state to installing',
    ]);
    expect(git('log', '--merges', '--format=%s')).to.equal('');
  });

  it('reads back every host as it was', async () => {
    await open();
    await put('ser1', 'host created', {
      internalAddress: toIpv4(0x0a4b0014),
      profile: 'core',
      metadata: ['a=b'],
    });
    await put('ser2', 'host created', {
      overrides: { disk: '/dev/sdb' },
      lastBoot: new Date('2026-01-02T03:04:05Z'),
    });
    const before = [...store!.hosts()];
    await open();
    expect([...store!.hosts()].sort((a, b) => a.serial.localeCompare(b.serial))).to.deep.equal(before);
    expect(store!.profileCount('core')).to.equal(1);
  });

  it('retires a host: its file goes, its history stays', async () => {
    await open();
    await put('ser1', 'host created', { internalAddress: toIpv4(5) });
    await store!.change(anna, (fleet) => [
      { host: fleet.host('ser1' as Serial)!, what: 'host retired', retired: true },
    ]);
    expect(store!.size).to.equal(0);
    expect(store!.hostByAddress(toIpv4(5))).to.equal(undefined);
    expect((await store!.history('ser1' as Serial)).map(({ what }) => what)).to.deep.equal([
      'host retired',
      'host created',
    ]);
    await close();
    expect(existsSync(join(directory, hostPath('ser1' as Serial)))).to.equal(false);
    expect(git('status', '--porcelain')).to.equal('');
  });

  it('tells watchers of each change once and in order', async () => {
    await open();
    const seen: RecordedChange[] = [];
    const stop = store!.subscribe((change) => seen.push(change));
    await Promise.all([
      put('ser1', 'one'),
      put('ser1', 'two', { state: 'configured' }),
      put('ser2', 'three'),
    ]);
    stop();
    await put('ser2', 'four');
    expect(seen.map(({ what, before, host }) => [what, before?.state, host?.state])).to.deep.equal([
      ['one', undefined, 'unknown'],
      ['two', 'unknown', 'configured'],
      ['three', undefined, 'unknown'],
    ]);
    expect(seen.map(({ commit }) => commit)).to.deep.equal(
      git('rev-list', '--reverse', 'HEAD').trim().split('\n').slice(1, 4),
    );
  });

  it('refuses a second owner, naming the first', async () => {
    await open();
    const outcome = await openHostStore({ directory, clock: () => new Date(), logger: quiet }).catch(
      (error: Error) => error,
    );
    expect(outcome).to.be.instanceOf(ImagoError).with.property('code', 'FOLDER_IN_USE');
    expect((outcome as Error).message).to.include(`process ${process.pid}`);
  });

  it('refuses the flat layout of Mayu and says how it is taken over', async () => {
    writeFileSync(join(directory, 'cluster.json'), '{"GitStore":true}');
    execFileSync('mkdir', [join(directory, 'ser1')]);
    writeFileSync(join(directory, 'ser1', 'conf.json'), '{}');
    const outcome = await openHostStore({ directory, clock: () => new Date(), logger: quiet }).catch(
      (error: Error) => error,
    );
    expect(outcome).to.have.property('code', 'NEEDS_IMPORT');
    expect((outcome as Error).message).to.include('imago --import-mayu');
  });

  for (const [name, bytes] of [
    ['nothing', 0],
    ['its length and none of its bytes', 60],
  ] as const) {
    it(`writes cluster.json again when a power cut left ${name} of it`, async () => {
      await open();
      await close();
      const sound = readFileSync(join(directory, 'cluster.json'), 'utf8');
      writeFileSync(join(directory, 'cluster.json'), Buffer.alloc(bytes));
      await open();
      expect(store!.health().troubles).to.deep.equal([]);
      await close();
      expect(readFileSync(join(directory, 'cluster.json'), 'utf8')).to.equal(sound);
    });
  }

  it('does not open a cluster.json that is larger than any can be', async () => {
    await open();
    await close();
    writeFileSync(join(directory, 'cluster.json'), `{"Config": {"x": "${'x'.repeat(2 ** 21)}"}}`);
    git('commit', '-q', '-am', 'much');
    const outcome = await openHostStore({ directory, clock: () => new Date(), logger: quiet }).catch(
      (error: Error) => error,
    );
    expect((outcome as Error).message).to.include('has more than 1048576 bytes');
  });

  it('restores a file that is missing', async () => {
    await open();
    await put('ser1', 'host created');
    await close();
    rmSync(join(directory, 'hosts'), { recursive: true });
    await open();
    expect(store!.host('ser1' as Serial)?.serial).to.equal('ser1');
    await close();
    expect(git('status', '--porcelain')).to.equal('');
  });

  it('takes up an edit made while it was stopped, as a commit of the operator', async () => {
    await open();
    await put('ser1', 'host created');
    await close();
    edit('ser1', '"State": "unknown"', '"State": "running"');
    await open();
    expect(store!.host('ser1' as Serial)?.state).to.equal('running');
    await close();
    expect(git('log', '-1', '--format=%an %s')).to.equal('operator ser1: edited conf.json\n');
    expect(git('status', '--porcelain')).to.equal('');
  });

  it('refuses an edit that is no host, naming file and line, and leaves it for the operator to correct', async () => {
    await open();
    await put('ser1', 'host created');
    await close();
    edit('ser1', '"State": "unknown"', '"State": "flying"');
    await open();
    expect(store!.host('ser1' as Serial)?.state).to.equal('unknown');
    expect(store!.health().troubles.join()).to.include(`${hostPath('ser1' as Serial)}:5: State: 'flying'`);
    await close();
    expect(git('status', '--porcelain')).to.equal(` M ${hostPath('ser1' as Serial)}\n`);
  });

  const edit = (serial: string, from: string, to: string): void => {
    const file = join(directory, hostPath(serial as Serial));
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
  };
});

const EXACT_LOG = `a4d1951b62719bf4aa1d2d0a06ee5b4c93fc91ba ser1 <ser1@imago> 1795255200 ser1: updated host InternalAddr
07dd8f9083681dd2af79c38a1f75328c02eac3ef ser1 <ser1@imago> 1795255200 ser1: host created
66405cedddc48b28849464a50c93f2cf558d1595 imago <imago@imago> 1795255200 cluster: created
`;
