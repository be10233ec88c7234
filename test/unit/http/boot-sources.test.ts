import { expect } from 'chai';
import type { KernelPlan } from '../../../src/boot/boot-plan.js';
import type { BootAsker, BootSource } from '../../../src/boot/boot-source.js';
import { dialect } from '../../../src/http/dialect.js';
import { openHouse, type House } from '../../support/http-house.js';

const MAC = '52:54:00:00:00:01';

const plan: KernelPlan = {
  kind: 'kernel',
  purpose: 'other',
  label: 'node1',
  kernel: 'http://10.75.0.1:8080/assets/vmlinuz',
  initrds: [{ name: 'main', url: 'http://10.75.0.1:8080/assets/initrd' }],
  arguments: [{ text: 'console=ttyS0', from: 'operator' }],
  reason: 'its group says so',
  message: ['imago: group node1'],
  retry: 'http://10.75.0.1:4080/boot.ipxe',
};

describe('a machine for which another source than hosts decides', () => {
  let house: House;
  const asked: BootAsker[] = [];
  const matchbox: BootSource = {
    name: 'matchbox',
    find(asker) {
      asked.push(asker);
      if (asker.mac !== MAC) return undefined;
      return { plan, by: 'group node1', rule: 'mac is its only selector' };
    },
  };

  before(async () => {
    house = await openHouse({
      sources: { order: ['hosts', 'matchbox'], all: [matchbox] },
      dialects: () => [
        dialect(
          'pixiecore',
          { boot: { method: 'GET', path: '/v1/boot/:mac', role: 'machine' } },
          {
            boot({ params }) {
              if (params.mac === 'none') throw new TypeError('none');
              return params;
            },
          },
          () => ({ status: 404, type: 'text/plain', body: 'in its words\n', headers: {} }),
        ),
      ],
    });
  });
  beforeEach(() => {
    asked.length = 0;
  });
  after(() => house.close());

  const get = async (path: string) => (await fetch(house.url + path)).text();
  const json = async (path: string, init?: RequestInit) =>
    (await fetch(house.operatorUrl + path, init)).json() as Promise<{
      steps: { step: string; answer: string; rule: string; plan?: string; files?: object[] }[];
      faults?: number;
    }>;

  it('gets its plan as a script, and becomes no host', async () => {
    const script = await get(`/ipxe?serial=new1&uuid=u-1&mac=${MAC.replaceAll(':', '-')}&arch=x86_64`);
    expect(script).to.include(
      'kernel http://10.75.0.1:8080/assets/vmlinuz initrd=main console=ttyS0 || goto failed\n',
    );
    expect(script).to.include('initrd --name main http://10.75.0.1:8080/assets/initrd || goto failed\n');
    expect(house.store.size).to.equal(0);
    expect(asked).to.deep.equal([
      {
        mac: MAC,
        uuid: 'u-1',
        serial: 'new1',
        labels: { serial: 'new1', uuid: 'u-1', mac: '52-54-00-00-00-01', arch: 'x86_64' },
      },
    ]);
  });

  it('is a host of imago as ever where the source does not know it', async () => {
    expect(await get('/ipxe?serial=new2&mac=52-54-00-00-00-02')).to.include('new2');
    expect([...house.store.hosts()].map(({ serial }) => serial)).to.deep.equal(['new2']);
    await get('/ipxe?serial=new2&mac=52-54-00-00-00-02');
    expect(asked, 'a host is not asked for').to.have.length(1);
  });

  it('belongs to the configuration that names it', async () => {
    expect(await get('/ipxe?serial=pre0001&mac=52-54-00-00-00-03')).to.include('pre0001');
    expect(asked).to.deep.equal([]);
  });

  it('is explained and simulated by the same', async () => {
    const { steps } = await json(`/api/v1/explain/${MAC}`);
    expect(steps.at(-2)).to.deep.equal({
      step: 'source',
      answer: 'matchbox: group node1',
      rule: 'mac is its only selector',
    });
    expect(steps.at(-1)).to.deep.equal({
      step: 'script',
      answer: 'a kernel (group node1)',
      rule: 'its group says so',
      plan: 'kernel',
    });
    const body = JSON.stringify({ serial: 'new9', mac: MAC });
    const headers = { 'Content-Type': 'application/json' };
    const played = await json('/api/v1/simulations', { method: 'POST', body, headers });
    expect(played.steps.map(({ step }) => step)).to.deep.equal([
      'identity',
      'dhcp',
      'source',
      'boot.ipxe',
      'ipxe',
    ]);
    expect(played.faults).to.equal(0);
  });

  it('is answered by a dialect, also where that fails, in the words of its clients', async () => {
    expect(await get('/v1/boot/a')).to.equal('{"mac":"a"}');
    const answer = await fetch(`${house.url}/v1/boot/none`);
    expect([answer.status, await answer.text()]).to.deep.equal([404, 'in its words\n']);
  });
});
