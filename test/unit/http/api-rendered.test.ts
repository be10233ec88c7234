import { expect } from 'chai';
import { Rendered } from '../../../src/api/rendered.js';
import { newHost } from '../../../src/host/host.js';
import { hostStates } from '../../../src/host/lifecycle.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';

describe('/api/v1/hosts/{serial}/rendered', () => {
  let house: House;
  before(async () => {
    const hosts = hostStates.map((state, index) =>
      newHost(parseSerial(state), {
        state,
        profile: 'core',
        internalAddress: parseIpv4(`10.75.0.${20 + index}`),
      }),
    );
    house = await openHouse({ store: new InMemoryHostStore(hosts, 'token') });
  });
  after(() => house.close());

  const ask = (path: string) => fetch(`${house.url}/api/v1/hosts/${path}`);

  const cases = [
    { path: 'configured/rendered/ipxe', template: 'install.ipxe', text: /images\/configured\/vmlinuz/ },
    { path: 'running/rendered/ipxe', template: 'local-disk.ipxe', text: /^sanboot/m },
    { path: 'running/rendered/ipxe?firmware=uefi', template: 'local-disk.ipxe', text: /^exit/m },
    { path: 'running/rendered/ipxe?firmware=ipxe', template: 'local-disk.ipxe', text: /^sanboot/m },
    {
      path: 'running/rendered/ipxe?firmware=bios&platform=efi',
      template: 'local-disk.ipxe',
      text: /^sanboot/m,
    },
    { path: 'running/rendered/ipxe?platform=efi', template: 'local-disk.ipxe', text: /^exit/m },
    { path: 'unknown/rendered/ipxe', template: 'wait.ipxe', text: /has to wait/ },
    { path: 'running/rendered/first-stage', template: 'first-stage.sh', text: /^serial='?running'?$/m },
    { path: 'configured/rendered/ignition', template: 'ignition.yaml', text: /"ignition":/ },
    { path: 'configured/rendered/cloud-config', template: 'cloud-config.yaml', text: /^#cloud-config/ },
  ];
  for (const { path, template, text } of cases) {
    it(path, async () => {
      const answer = await ask(path);
      const rendered = Rendered.parse(await answer.json());
      expect(rendered.template).to.equal(template);
      expect(rendered.text).to.match(text);
    });
  }

  it('is to the byte what the machine gets', async () => {
    const machine = await (
      await fetch(`${house.url}/ipxe?serial=configured&arch=x86_64&platform=pcbios`)
    ).text();
    const { text } = Rendered.parse(await (await ask('configured/rendered/ipxe')).json());
    expect(text).to.equal(machine);
  });

  it('records nothing', () => {
    expect(house.store.recorded).to.deep.equal([]);
  });

  const refused: readonly [path: string, status: number][] = [
    ['nobody/rendered/ipxe', 404],
    ['running/rendered/soup', 400],
    ['running/rendered/ipxe?platform=abacus', 400],
    ['running/rendered/ipxe?firmware=abacus', 400],
  ];
  for (const [path, status] of refused) {
    it(`${path} → ${status}`, async () => {
      expect((await ask(path)).status).to.equal(status);
    });
  }
});
