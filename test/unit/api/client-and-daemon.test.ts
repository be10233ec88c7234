import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ApiClient } from '../../../src/api/client.js';
import { ApiProblem } from '../../../src/api/errors.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';
import { rejection } from '../../support/rejection.js';

const run = promisify(execFile);

describe('api/client and the daemon', () => {
  let house: House;
  let api: ApiClient;

  beforeEach(async () => {
    const hosts = ['a1', 'b2', 'c3'].map((serial, cabinet) =>
      newHost(parseSerial(serial), { state: 'running', profile: 'default', cabinet }),
    );
    house = await openHouse({ store: new InMemoryHostStore(hosts) });
    api = new ApiClient({ baseUrl: house.url });
  });
  afterEach(() => house.close());

  it('asks for some hosts, in order, in pages', async () => {
    const serials = async (query: Parameters<ApiClient['hosts']>[0]) =>
      (await api.hosts(query)).map(({ serial }) => serial);
    expect(await serials({ sort: '-serial', limit: 2 })).to.deep.equal(['c3', 'b2']);
    expect(await serials({ sort: '-serial', limit: 2, offset: 2 })).to.deep.equal(['a1']);
    expect(await serials({ cabinet: 1, state: 'running,installed' })).to.deep.equal(['b2']);
  });

  for (const { what, change } of [
    {
      what: 'a patch',
      change: (version?: string) => api.patch('a1', { cabinet: 9 }, { ifVersion: version }),
    },
    {
      what: 'a state',
      change: (version?: string) => api.setState('a1', 'configured', { ifVersion: version }),
    },
    { what: 'a retirement', change: (version?: string) => api.retire('a1', { ifVersion: version }) },
  ]) {
    it(`lets ${what} through only where nobody was quicker`, async () => {
      const seen = await api.hostWithVersion('a1');
      await api.patch('a1', { hostname: 'other' });
      const late = await rejection(change(seen.version));
      expect(late).to.be.instanceOf(ApiProblem).and.have.property('code', 'PRECONDITION_FAILED');
      const { host, version } = await api.hostWithVersion('a1');
      expect(host).to.include({ serial: 'a1', hostname: 'other', cabinet: 0 });
      await change(version);
    });
  }

  it('works by itself: with zod beside it and nothing else of imago', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'imago-api-'));
    try {
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(resolve('node_modules/zod'), join(folder, 'node_modules/zod'));
      cpSync('dist/src/api', join(folder, 'api'), { recursive: true });
      cpSync('dist/src/errors.js', join(folder, 'errors.js'));
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      writeFileSync(
        join(folder, 'main.js'),
        `import { ApiClient } from './api/client.js';
         const api = new ApiClient({ baseUrl: ${JSON.stringify(house.url)}, operator: 'robot' });
         await api.patch('a1', { cabinet: 4 });
         console.log((await api.hosts({ cabinet: 4 })).map(({ serial }) => serial).join());`,
      );
      expect((await run(process.execPath, [join(folder, 'main.js')])).stdout).to.equal('a1\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(house.store.recorded.map(({ author }) => author)).to.deep.equal(['claimed:robot']);
  });
});
