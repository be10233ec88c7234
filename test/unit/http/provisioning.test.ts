import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { machineIdOf } from '../../../src/host/machine-id.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { createTemplates } from '../../../src/template/catalog.js';
import { TemplateFault } from '../../../src/template/template-fault.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House, type HouseOptions } from '../../support/http-house.js';

const report = (serial: string, more: object = {}) => ({
  method: 'POST',
  body: JSON.stringify({
    Serial: serial,
    NetDevs: [{ Name: 'eth0', MacAddress: '52:54:00:00:00:01' }],
    ...more,
  }),
});

describe('provisioning over HTTP', () => {
  const houses: House[] = [];
  const open = async (options: HouseOptions = {}) => {
    const house = await openHouse(options);
    houses.push(house);
    return house;
  };
  afterEach(() => Promise.all(houses.splice(0).map((house) => house.close())));

  it('tells a machine to wait when no address is left, raises an alarm, and goes on once there is one', async () => {
    const house = await open({
      config: houseConfig.replace('last: 10.75.0.99', 'last: 10.75.0.10').replace(/^hosts:[^]*/m, ''),
    });
    const ipxe = async (serial: string) => fetch(`${house.url}/ipxe?serial=${serial}&platform=pcbios`);
    expect(await (await ipxe('first1')).text()).to.include('/images/first1/vmlinuz');
    const waiting = await ipxe('second2');
    expect(waiting.status).to.equal(200);
    const script = await waiting.text();
    expect(script)
      .to.match(/sleep \d+\n/)
      .and.include('no address is left in network.hostRange 10.75.0.10-10.75.0.10');
    const stage = await fetch(`${house.url}/first-stage-script/second2`);
    expect([stage.status, stage.headers.get('retry-after')]).to.deep.equal([503, '10']);
    const final = await fetch(`${house.url}/final-ignition-config.json`, report('second2'));
    expect(final.status).to.equal(503);
    expect([...house.store.hosts()].map(({ serial }) => serial)).to.deep.equal(['first1']);
    expect(house.store.storyOf('second2')).to.deep.equal([]);
    const ready = (await (await fetch(`${house.url}/ready`)).json()) as {
      ready: boolean;
      alarms: { code: string }[];
    };
    expect(ready.ready).to.equal(true);
    expect(ready.alarms.map(({ code }) => code)).to.deep.equal(['RANGE_EXHAUSTED']);
    const metrics = await (await fetch(`${house.url}/metrics`)).text();
    expect(metrics)
      .to.include('imago_alarms{code="RANGE_EXHAUSTED"} 1')
      .and.include('imago_free_addresses 0')
      .and.include('imago_machines_turned_away_total{reason="range"} 3');
    await fetch(`${house.url}/api/v1/hosts/first1`, { method: 'DELETE' });
    expect(await (await ipxe('second2')).text()).to.include('/images/second2/vmlinuz');
    expect(await (await fetch(`${house.url}/metrics`)).text()).not.to.include('imago_alarms{');
  });

  it('finds a machine without a serial of its own by the lease of the asking address', async () => {
    const mac = '52:54:00:00:00:77';
    const uuid = '11111111-2222-3333-4444-555555555555';
    const house = await open({ leases: [{ address: '127.0.0.1', mac }] });
    await fetch(`${house.url}/ipxe?serial=0123456789&uuid=${uuid}&mac=${mac.replaceAll(':', '-')}`);
    expect((await fetch(`${house.url}/first-stage-script/0123456789`)).status).to.equal(200);
    expect(
      (await fetch(`${house.url}/final-ignition-config.json`, report('To be filled by O.E.M.'))).status,
    ).to.equal(200);
    expect((await fetch(`${house.url}/report/None/disk`, { method: 'POST', body: 'vda' })).status).to.equal(
      204,
    );
    expect((await fetch(`${house.url}/admin/host/0/set_installed`, { method: 'PUT' })).status).to.equal(202);
    expect([...house.store.hosts()].map(({ serial, state }) => `${serial} ${state}`)).to.deep.equal([
      `${uuid} installed`,
    ]);
  });

  it('names a machine that came by Mayu’s script alone by its MAC address', async () => {
    const house = await open({ leases: [{ address: '127.0.0.1', mac: '52:54:00:00:00:77' }] });
    expect((await fetch(`${house.url}/first-stage-script/None`)).status).to.equal(200);
    expect([...house.store.hosts()].map(({ serial, bootMac }) => [serial, bootMac])).to.deep.equal([
      ['52-54-00-00-00-77', '52:54:00:00:00:77'],
    ]);
  });

  it('does not call a machine installing whose template is at fault', async () => {
    const shipped = createTemplates({ templatesDir: 'templates', snippetsDir: 'template_snippets' });
    const house = await open({
      templates: {
        ...shipped,
        render(name, context) {
          if (name !== 'ignition.yaml') return shipped.render(name, context);
          throw new TemplateFault({ template: name, line: 7, field: 'storage' }, 'it is wrong');
        },
      },
    });
    await fetch(`${house.url}/first-stage-script/ser1`);
    const answer = await fetch(`${house.url}/final-ignition-config.json`, report('ser1'));
    expect([answer.status, answer.headers.get('retry-after')]).to.deep.equal([503, '10']);
    expect(await answer.text()).to.match(/^template ignition\.yaml, line 7, storage is at fault/);
    expect(house.store.host(parseSerial('ser1'))?.state).to.equal('configured');
  });

  it('tells a machine to wait whose kernel is not there, and says which', async () => {
    const house = await open({ config: houseConfig.replaceAll('osVersion: v1', 'osVersion: v7') });
    expect(await (await fetch(`${house.url}/ipxe?serial=ser1`)).text()).to.include(
      'version v7 has no readable file vmlinuz',
    );
    const stage = await fetch(`${house.url}/first-stage-script/ser1`);
    expect(stage.status).to.equal(404);
    expect(await stage.text()).to.match(/^version v7 has no readable file install_image\.bin\.bz2/);
  });

  it('does not mistake network cards: nothing of a running machine is taken by another', async () => {
    const mac = parseMac('52:54:00:00:00:01');
    const running = newHost(parseSerial('ser1'), {
      state: 'running',
      profile: 'default',
      bootMac: mac,
      internalAddress: parseIpv4('10.75.0.11'),
    });
    const house = await open({ store: new InMemoryHostStore([running]) });
    await fetch(`${house.url}/ipxe?serial=ser2&mac=52-54-00-00-00-01`);
    expect(house.store.hostByMac(mac)?.serial).to.equal('ser1');
    expect(house.store.host(parseSerial('ser2'))).not.to.have.property('bootMac');
    for (const path of ['/final-ignition-config.json', '/final-cloud-config.yaml']) {
      expect((await fetch(house.url + path, report('ser2'))).status, path).to.equal(200);
      expect(house.store.hostByMac(mac)?.serial, path).to.equal('ser1');
    }
    expect(house.store.host(parseSerial('ser2'))).to.deep.include({ macAddresses: [], state: 'installing' });
  });

  it('refuses the word that a machine is up while it installs, and goes on with the installation', async () => {
    const house = await open();
    await fetch(`${house.url}/final-ignition-config.json`, report('ser1'));
    const put = (call: string) => fetch(`${house.url}/admin/host/ser1/${call}`, { method: 'PUT' });
    const stray = await put('boot_complete');
    expect(stray.status).to.equal(409);
    expect(await stray.text()).to.include('set_installed');
    expect((await put('set_installed')).status).to.equal(202);
    expect((await put('boot_complete')).status).to.equal(202);
    expect(house.store.host(parseSerial('ser1'))?.state).to.equal('running');
  });

  it('answers fifty machines at once, each with its own address', async () => {
    const house = await open();
    const serials = Array.from({ length: 50 }, (_, index) => `rack-${index}`);
    const answers = await Promise.all(
      serials.map(async (serial) => {
        await fetch(`${house.url}/ipxe?serial=${serial}`);
        return (await fetch(`${house.url}/final-ignition-config.json`, report(serial))).status;
      }),
    );
    expect(new Set(answers)).to.deep.equal(new Set([200]));
    expect(new Set([...house.store.hosts()].map(({ internalAddress }) => internalAddress))).to.have.length(
      50,
    );
  });

  it('counts requests by route, not by what machines put into them', async () => {
    const house = await open();
    for (const path of ['/ipxe?serial=ser1', '/ipxe?serial=ser2', '/images/vmlinuz', '/nothing', '/%ff']) {
      await (await fetch(house.url + path)).text();
    }
    const metrics = await (await fetch(`${house.url}/metrics`)).text();
    expect(metrics).to.include('imago_http_requests_total{route="/ipxe",method="GET",status="200"} 2');
    expect(metrics).to.include(
      'imago_http_requests_total{route="/images/:file",method="GET",status="200"} 1',
    );
    expect(metrics).to.include('imago_http_requests_total{route="other",method="GET",status="404"} 2');
    expect(metrics).to.include('imago_http_request_seconds_count{route="/ipxe"} 2');
    expect(metrics).to.match(/^nodejs_eventloop_lag_seconds /m);
  });

  it('keeps the last word of each installer', async () => {
    const house = await open({ now: () => new Date('2026-11-21T10:00:00Z') });
    await fetch(`${house.url}/ipxe?serial=ser1`);
    await fetch(`${house.url}/report/ser1/disk`, { method: 'POST', body: 'vda\n' });
    await fetch(`${house.url}/report/ser1/failed`, { method: 'POST', body: 'no\x1b[31m disk' });
    const host = (await (await fetch(`${house.url}/api/v1/hosts/ser1`)).json()) as { progress: unknown };
    expect(host.progress).to.deep.equal({
      phase: 'failed',
      message: 'no\u{fffd}[31m disk',
      time: '2026-11-21T10:00:00.000Z',
    });
  });

  it('keeps what proves a machine out of what its installer says', async () => {
    const lines: string[] = [];
    const house = await open({ logTo: { write: (line: string) => void lines.push(line) } });
    const [mine, other] = ['0123456789abcdef0123456789abcdef', 'f'.repeat(32)];
    await fetch(`${house.url}/ipxe?serial=ser1`);
    const body = `404 of http://10.75.0.1:4080/m/${mine}/images/x, %2Fm%2F${mine}, /m/${other}/ipxe`;
    const answer = await fetch(`${house.url}/m/${mine}/report/ser1/failed`, { method: 'POST', body });
    expect(answer.status).to.be.below(300);
    const host = await (await fetch(`${house.url}/api/v1/hosts/ser1`)).text();
    expect(host).to.include('404 of http://10.75.0.1:4080/m/…/images/x, %2Fm%2F…, /m/…/ipxe');
    expect(lines.join('')).to.include('404 of http://10.75.0.1:4080/m/…/images/x');
    for (const told of [host, lines.join('')]) expect(told).not.to.include(mine).and.not.include(other);
  });

  it('Y9: shows a host in the words of Mayu: enabled, with name and machine id', async () => {
    const house = await open();
    await fetch(`${house.url}/ipxe?serial=PRE0001&mac=52-54-00-00-00-01`);
    await fetch(
      `${house.url}/final-ignition-config.json`,
      report('pre0001', { ConnectedNIC: 'eth0', IPMIAddress: '' }),
    );
    expect(await (await fetch(`${house.url}/admin/hosts`)).json()).to.deep.equal([
      {
        Serial: 'pre0001',
        BootMac: '52:54:00:00:00:01',
        MacAddresses: ['52:54:00:00:00:01'],
        InternalAddr: '10.75.0.90',
        Cabinet: 3,
        ConnectedNIC: 'eth0',
        FleetMetadata: ['role=worker'],
        LastBoot: '0001-01-01T00:00:00Z',
        Profile: 'default',
        EtcdClusterToken: 'defaulttoken',
        Overrides: { color: 'red' },
        State: 'installing',
        CoreOSVersion: 'v1',
        Enabled: true,
        Hostname: 'pre0001',
        MachineID: machineIdOf({ serial: parseSerial('pre0001') }),
      },
    ]);
  });

  it('Y1: leaves a BMC’s name out of Mayu’s answers, which its clients could not read', async () => {
    const named = newHost(parseSerial('ser1'), { ipmiAddress: 'bmc-7.rack.example' });
    const addressed = newHost(parseSerial('ser2'), { ipmiAddress: '10.76.0.17' });
    const house = await open({ store: new InMemoryHostStore([named, addressed], 'defaulttoken') });
    const hosts = (await (await fetch(`${house.url}/admin/hosts`)).json()) as { IPMIAddr?: string }[];
    expect(hosts.map(({ IPMIAddr }) => IPMIAddr)).to.deep.equal([undefined, '10.76.0.17']);
    const { hosts: all } = (await (await fetch(`${house.operatorUrl}/api/v1/hosts`)).json()) as {
      hosts: { ipmiAddress: string }[];
    };
    expect(all.map(({ ipmiAddress }) => ipmiAddress)).to.deep.equal(['bmc-7.rack.example', '10.76.0.17']);
  });

  it('records what each of Mayu’s setters means', async () => {
    const house = await open();
    await fetch(`${house.url}/ipxe?serial=ser1`);
    const put = (request: string, body: object) =>
      fetch(`${house.url}/admin/host/ser1/${request}`, { method: 'PUT', body: JSON.stringify(body) });
    await put('set_metadata', { FleetMetadata: ['a=b', 'c=d'] });
    await put('set_provider_id', { ProviderId: 'p1' });
    await put('set_ipmi_addr', { IPMIAddr: '10.0.0.1' });
    await put('set_cabinet', { Cabinet: 3 });
    await put('set_etcd_cluster_token', { EtcdClusterToken: 'abc' });
    await put('override', { Overrides: { a: 'b', n: 7 } });
    const [before] = (await (await fetch(`${house.url}/admin/hosts`)).json()) as object[];
    expect(before).to.deep.include({
      FleetMetadata: ['a=b', 'c=d'],
      ProviderId: 'p1',
      IPMIAddr: '10.0.0.1',
      Cabinet: 3,
      EtcdClusterToken: 'abc',
      Overrides: { a: 'b', n: '7' },
    });
    for (const request of [
      'set_metadata',
      'set_provider_id',
      'set_ipmi_addr',
      'set_cabinet',
      'set_etcd_cluster_token',
    ]) {
      await put(request, {});
    }
    const [after] = (await (await fetch(`${house.url}/admin/hosts`)).json()) as object[];
    expect(after).not.to.have.any.keys(
      'FleetMetadata',
      'ProviderId',
      'IPMIAddr',
      'Cabinet',
      'EtcdClusterToken',
    );
    expect(house.store.storyOf('ser1').slice(4)).to.deep.equal([
      'updated host metadata',
      'updated host provider id',
      'updated host ipmi address',
      'updated host cabinet',
      'updated host etcd cluster token',
      'updated host overrides: a, n',
      'updated host metadata',
      'updated host provider id',
      'updated host ipmi address',
      'updated host cabinet',
      'updated host etcd cluster token',
    ]);
  });

  it('Y13: serves the default version to those whom nobody knows, though the profile default has another', async () => {
    const house = await open({ config: `${houseConfig}defaultOsVersion: v0\n` });
    await house.write('images/v0/vmlinuz', 'v0 vmlinuz');
    await fetch(`${house.url}/ipxe?serial=ser1`);
    await fetch(`${house.url}/ipxe?serial=ser2`);
    const textOf = async (path: string) => (await fetch(house.url + path)).text();
    expect(await textOf('/images/vmlinuz')).to.equal('v0 vmlinuz');
    expect(await textOf('/images/stranger/vmlinuz')).to.equal('v0 vmlinuz');
    expect(await textOf('/ipxebootscript')).to.include('imago: installing v0\n');
    expect(await textOf('/images/ser2/vmlinuz')).to.equal('v1 vmlinuz');
  });

  it('Y13: installs the default version where the profile names none', async () => {
    const house = await open({
      config: `${houseConfig.replaceAll(', osVersion: v1', '')}defaultOsVersion: v1\n`,
    });
    await fetch(`${house.url}/final-ignition-config.json`, report('ser1'));
    expect(await (await fetch(`${house.url}/images/ser1/vmlinuz`)).text()).to.equal('v1 vmlinuz');
    expect(house.store.host(parseSerial('ser1'))?.osVersion).to.equal('v1');
  });

  it('serves another version to the host alone whose override says so', async () => {
    const house = await open();
    await house.write('images/v2/vmlinuz', 'v2 vmlinuz');
    await fetch(`${house.url}/ipxe?serial=ser1`);
    await fetch(`${house.url}/ipxe?serial=ser2`);
    await fetch(`${house.url}/admin/host/ser1/override`, {
      method: 'PUT',
      body: '{"Overrides":{"CoreOSVersion":"v2"}}',
    });
    const kernel = async (serial: string) => (await fetch(`${house.url}/images/${serial}/vmlinuz`)).text();
    expect([await kernel('ser1'), await kernel('ser2')]).to.deep.equal(['v2 vmlinuz', 'v1 vmlinuz']);
  });

  it('reports versions with boot_complete, and keeps them when a later one names none', async () => {
    const house = await open();
    await fetch(`${house.url}/final-ignition-config.json`, report('ser1'));
    const put = (body: string) =>
      fetch(`${house.url}/admin/host/ser1/boot_complete`, { method: 'PUT', body });
    await fetch(`${house.url}/admin/host/ser1/set_installed`, { method: 'PUT' });
    await put('{"CoreOSVersion":"v2","DockerVersion":"1","EtcdVersion":"3"}');
    await put('{}');
    expect(house.store.host(parseSerial('ser1'))).to.deep.include({
      osVersion: 'v2',
      versions: { docker: '1', etcd: '3' },
    });
    await put('{"DockerVersion":"2"}');
    expect(house.store.host(parseSerial('ser1'))).to.deep.include({
      osVersion: 'v2',
      versions: { docker: '2' },
    });
  });
});
