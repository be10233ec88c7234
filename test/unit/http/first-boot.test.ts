import { expect } from 'chai';
import { openHouse, type House } from '../../support/http-house.js';

const report = (serial: string) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: JSON.stringify({
    Serial: serial,
    NetDevs: [{ Name: 'eth0', MacAddress: '52:54:00:00:00:01' }],
    IPMIAddress: '10.75.0.201',
    ConnectedNIC: 'eth0',
  }),
});

describe('the first boot of a machine', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.close());

  const get = async (path: string) => (await fetch(house.url + path)).text();
  const put = (path: string, body?: string) =>
    fetch(house.url + path, { method: 'PUT', ...(body !== undefined && { body }) });

  it('goes from the iPXE script to running, one commit for each step', async () => {
    expect(await get('/boot.ipxe'))
      .to.match(/^#!ipxe\n/)
      .and.to.include('chain --replace --autofree ipxe?uuid=${uuid}');
    const query =
      'uuid=11111111-2222-3333-4444-555555555555&mac=52-54-00-00-00-01&serial=SER0001&platform=pcbios';
    const install = await get(`/ipxe?${query}`);
    expect(install).to.include('kernel http://10.75.0.1:4080/images/ser0001/vmlinuz');
    expect(install).to.include('next-script=http://10.75.0.1:4080/first-stage-script/ser0001');
    expect(await get('/first-stage-script/SER0001')).to.match(/^#!\/bin\/sh\n/);
    const configuration = await fetch(`${house.url}/final-ignition-config.json`, report('SER0001'));
    expect(configuration.status, await configuration.clone().text()).to.equal(200);
    expect((await put('/admin/host/ser0001/set_installed')).status).to.equal(202);
    expect(await get(`/ipxe?${query}`)).to.include('sanboot --no-describe --drive 0x80');
    expect((await put('/admin/host/ser0001/boot_complete', '{"DockerVersion":"1.6.2"}')).status).to.equal(
      202,
    );
    expect(house.store.storyOf('ser0001')).to.deep.equal([
      'host created',
      'updated host InternalAddr',
      'updated host profile and metadata',
      'set default etcd discovery token',
      'collected host mac addresses',
      'updated host connected nic',
      'updated host ipmi address',
      'updated host state to installing',
      'updated state to installed',
      'updated state to running',
    ]);
    const [host] = (await (await fetch(`${house.url}/admin/hosts`)).json()) as Record<string, unknown>[];
    expect(host).to.include({
      Serial: 'ser0001',
      State: 'running',
      Profile: 'core',
      InternalAddr: '10.75.0.10',
      EtcdClusterToken: 'coretoken',
      CoreOSVersion: 'v1',
      DockerVersion: '1.6.2',
      ConnectedNIC: 'eth0',
    });
  });
});
