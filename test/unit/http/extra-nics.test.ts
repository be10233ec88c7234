import { expect } from 'chai';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';

const config = houseConfig
  .replace(
    'profiles:',
    `  extraNics:
    - { name: eth1, subnet: 10.80.0.0/24, range: { first: 10.80.0.10, last: 10.80.0.11 } }
profiles:`,
  )
  .replace(
    '{ name: core, ',
    `{ name: core, network: { extraNics: [{ name: storage, vlan: 20, subnet: 10.81.0.0/24, range: { first: 10.81.0.10, last: 10.81.0.20 } }] }, `,
  );

describe('the further addresses of hosts', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({ config });
  });
  afterEach(() => house.close());

  const boot = async (serial: string) => (await fetch(`${house.url}/ipxe?serial=${serial}`)).text();
  const fetchConfiguration = (serial: string) =>
    fetch(`${house.url}/final-ignition-config.json`, {
      method: 'POST',
      body: JSON.stringify({ Serial: serial, NetDevs: [], IPMIAddress: '', ConnectedNIC: '' }),
    });
  const addressesOf = async () =>
    ((await (await fetch(`${house.url}/admin/hosts`)).json()) as Record<string, unknown>[]).map(
      ({ Serial, State, ExtraAddrs }) => [Serial, State, ExtraAddrs],
    );

  it('are given with its place, in one commit, one in each range', async () => {
    await boot('m1');
    await boot('m2');
    expect(await addressesOf()).to.deep.equal([
      ['m1', 'configured', { eth1: '10.80.0.10', storage: '10.81.0.10' }],
      ['m2', 'configured', { eth1: '10.80.0.11' }],
    ]);
    expect(await (await fetch(`${house.url}/api/v1/hosts/m1`)).json()).to.deep.include({
      extraAddresses: { eth1: '10.80.0.10', storage: '10.81.0.10' },
    });
    expect(house.store.storyOf('m1').slice(0, 4)).to.deep.equal([
      'host created',
      'updated host InternalAddr',
      'updated host extra addresses',
      'updated host profile and metadata',
    ]);
  });

  it('are given to nobody else, and raise the alarm when a range is at its end', async () => {
    for (const serial of ['m1', 'm2']) await boot(serial);
    expect(await boot('m3')).to.include(
      'no address is left in the range of extraNics eth1 10.80.0.10-10.80.0.11',
    );
    expect(await addressesOf()).to.have.length(2);
    expect((await fetchConfiguration('m3')).status).to.equal(503);
    expect(house.services.provisioner.alarms().map(({ code }) => code)).to.deep.equal(['RANGE_EXHAUSTED']);

    expect((await fetch(`${house.url}/api/v1/hosts/m1`, { method: 'DELETE' })).status).to.be.below(300);
    await boot('m3');
    expect((await addressesOf()).find(([serial]) => serial === 'm3')).to.deep.equal([
      'm3',
      'configured',
      { eth1: '10.80.0.10', storage: '10.81.0.10' },
    ]);
    expect(house.services.provisioner.alarms()).to.deep.equal([]);
  });

  it('are completed when a host that moved to another profile is installed', async () => {
    await boot('m1');
    await boot('m2');
    await fetch(`${house.url}/api/v1/hosts/m2`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ profile: 'core' }),
    });
    const answer = await fetchConfiguration('m2');
    expect(answer.status).to.equal(200);
    expect((await addressesOf())[1]).to.deep.equal([
      'm2',
      'installing',
      { eth1: '10.80.0.11', storage: '10.81.0.11' },
    ]);
    expect((await fetchConfiguration('m2')).status).to.equal(200);
    expect(house.store.storyOf('m2').filter((what) => what.includes('extra'))).to.have.lengthOf(2);
  });
});
