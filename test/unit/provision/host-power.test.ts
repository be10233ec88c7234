import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import type { BmcTarget } from '../../../src/power/bmc-target.js';
import type { PowerPort } from '../../../src/power/power-port.js';
import { HostPower } from '../../../src/provision/host-power.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';

const config = parseConfig(
  `${houseConfig}\npower: { driver: ipmi, user: admin, password: { variable: BMC }, hosts: { ser1: { address: 10.76.0.9 } } }`,
  'house.yaml',
);

describe('HostPower', () => {
  let house: House;
  beforeEach(async () => (house = await openHouse()));
  afterEach(() => house.close());

  const targetOf = (serial: string): BmcTarget | undefined => {
    let opened: BmcTarget | undefined;
    const power = new HostPower({
      fleet: house.store,
      platforms: house.services.platforms,
      config: () => config,
      reach: () => undefined,
      environment: {},
      open: (target) => {
        opened = target;
        return {} as PowerPort;
      },
    });
    for (const { serial: known } of house.store.hosts()) if (known === serial) power.of(known);
    return opened;
  };

  const table = [
    { said: 'efi', want: true },
    { said: 'pcbios', want: false },
    { said: 'toaster', want: undefined },
  ];
  for (const { said, want } of table) {
    it(`B2: iPXE on ${said} makes the boot device one ${want === undefined ? 'as before' : want ? 'for UEFI' : 'for BIOS'}`, async () => {
      await fetch(`${house.url}/ipxe?serial=ser1&platform=${said}`);
      expect(targetOf('ser1')?.seenUefi).to.equal(want);
    });
  }
});
