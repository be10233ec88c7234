import { expect } from 'chai';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';

const modes = `
profiles:
  - { name: direct, quantity: 1, mode: direct-ignition, osVersion: v1 }
  - { name: memory, quantity: 1, mode: diskless, osVersion: v1, templates: { ipxe: flatcar.ipxe } }
  - { name: default, osVersion: v1 }
hosts: []
`;
const config = houseConfig.replace(/\nprofiles:[^]*$/, modes);

describe('the modes of profiles', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({ config });
  });
  afterEach(() => house.close());

  const boot = async (serial: string) =>
    (await fetch(`${house.url}/ipxe?serial=${serial}&platform=pcbios`)).text();
  const ask = (path: string, method = 'GET') => fetch(house.url + path, { method });
  const stateOf = (serial: string) => [...house.store.hosts()].find((host) => host.serial === serial)?.state;
  const reach = async (serial: string, ...calls: string[]) => {
    for (const call of calls) {
      const { status } = await ask(`/admin/host/${serial}/${call}`, 'PUT');
      expect(status, call).to.equal(202);
    }
  };

  describe('direct-ignition', () => {
    beforeEach(() => boot('d1'));

    it('boots a live system with the URL of its installer’s Ignition, without a query', async () => {
      const [url] = /ignition\.config\.url=\S+/.exec(await boot('d1')) ?? [];
      expect(url).to.equal('ignition.config.url=http://10.75.0.1:4080/ignition/d1/installer');
    });

    it('is installing once its Ignition was fetched, however often', async () => {
      for (const path of ['/ignition/d1/installer', '/ignition/d1', '/ignition/d1']) {
        const answer = await ask(path);
        expect(answer.status, await answer.clone().text()).to.equal(200);
        expect(answer.headers.get('content-type')).to.match(/^application\/json/);
      }
      expect(house.store.storyOf('d1').slice(-1)).to.deep.equal(['updated host state to installing']);
    });

    it('is given the units that report installed, and running', async () => {
      const installer = await (await ask('/ignition/d1/installer')).text();
      expect(installer).to.include('imago-install.service').and.to.include('/opt/bin/imago-set-installed');
      expect(await (await ask('/ignition/d1')).text()).to.include('imago-boot-complete.service');
    });

    it('boots its disk afterwards, and gets no Ignition any more', async () => {
      await ask('/ignition/d1');
      await reach('d1', 'set_installed', 'set_installed', 'boot_complete');
      expect(await boot('d1')).to.include('sanboot');
      for (const path of ['/ignition/d1', '/ignition/d1/installer'])
        expect((await ask(path)).status, path).to.equal(409);
    });

    it('is not touched by a HEAD', async () => {
      expect((await ask('/ignition/d1', 'HEAD')).status).to.equal(200);
      expect(stateOf('d1')).to.equal('configured');
    });

    it('has no first stage', async () => {
      const answer = await ask('/first-stage-script/d1');
      expect(answer.status).to.equal(409);
      expect(await answer.text()).to.equal(
        'profile direct of d1 is direct-ignition: it gets its configuration by /ignition/{serial}/installer and /ignition/{serial}',
      );
    });
  });

  describe('diskless', () => {
    beforeEach(async () => {
      await boot('d1');
      await boot('m1');
    });

    it('boots from the network each time, and fetches its configuration each time', async () => {
      for (const state of ['configured', 'running', 'running']) {
        expect(stateOf('m1')).to.equal(state);
        expect(await boot('m1')).to.include('ignition.config.url=http://10.75.0.1:4080/ignition/m1 ');
        expect((await ask('/ignition/m1')).status).to.equal(200);
        await reach('m1', 'boot_complete');
      }
      expect(await (await ask('/api/v1/hosts/m1')).json()).to.include({ state: 'running', diskless: true });
      expect(house.store.storyOf('m1').filter((what) => /state/.test(what))).to.deep.equal([
        'updated host state to installing',
        'updated state to running',
      ]);
    });

    it('never runs a first stage, whose business is a disk', async () => {
      expect((await ask('/first-stage-script/m1')).status).to.equal(409);
    });
  });

  it('two-stage: Ignition is given to the first stage alone', async () => {
    for (const serial of ['d1', 'm1', 't1']) await boot(serial);
    expect((await ask('/ignition/t1')).status).to.equal(409);
    expect(stateOf('t1')).to.equal('configured');
  });

  it('two-stage: a HEAD of the first stage makes nobody a host', async () => {
    for (const serial of ['d1', 'm1']) await boot(serial);
    expect((await ask('/first-stage-script/t1', 'HEAD')).status).to.equal(200);
    expect(stateOf('t1')).to.equal(undefined);
    expect((await ask('/first-stage-script/t1')).status).to.equal(200);
    expect(stateOf('t1')).to.equal('configured');
  });
});
