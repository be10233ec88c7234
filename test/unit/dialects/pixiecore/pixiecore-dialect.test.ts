import { expect } from 'chai';
import type { BootPlan, KernelPlan } from '../../../../src/boot/boot-plan.js';
import type { BootSource } from '../../../../src/boot/boot-source.js';
import { pixiecoreDialect } from '../../../../src/dialects/pixiecore/pixiecore-dialect.js';
import { ImagoError } from '../../../../src/errors.js';
import { houseConfig, openHouse, type House, type HouseOptions } from '../../../support/http-house.js';

const ONWARDS =
  '{"ipxe-script":"#!ipxe\\n:again\\nchain --replace --autofree http://10.75.0.1:4080/boot.ipxe || goto unanswered\\n\\n:unanswered\\necho imago: no answer from http://10.75.0.1:4080/boot.ipxe, asking again in 5 seconds\\nsleep 5\\ngoto again\\n"}';

const kernel: KernelPlan = {
  kind: 'kernel',
  purpose: 'other',
  label: 'node1',
  kernel: 'http://10.75.0.1:8080/assets/vmlinuz',
  initrds: [
    { name: 'a', url: 'http://10.75.0.1:8080/assets/a' },
    { name: 'b', url: 'http://10.75.0.1:8080/assets/b' },
  ],
  arguments: [
    { text: 'console=ttyS0', from: 'operator' },
    { text: 'note={{x}}', from: 'operator' },
  ],
  reason: 'its group says so',
  message: ['imago: group node1'],
  retry: 'http://10.75.0.1:4080/boot.ipxe',
};

class SourceDown extends ImagoError {
  readonly code = 'NOT_FOUND';
}

/** Knows machines by the last byte of their network card. */
const matchbox: BootSource = {
  name: 'matchbox',
  find({ mac }) {
    const plans: Readonly<Record<string, BootPlan>> = {
      a1: kernel,
      a2: { kind: 'script', reason: 'its own', text: '#!ipxe\nshell\n' },
      a3: { kind: 'own-disk', method: 'exit', reason: 'it has no image', message: ['imago: nothing'] },
      a4: { ...kernel, arguments: [{ text: 'two words', from: 'operator' }] },
    };
    const last = mac?.slice(-2) ?? '';
    if (last === 'af') throw new SourceDown('its profile is not there');
    const plan = plans[last];
    return plan && { plan, by: 'group node1', rule: 'mac is its only selector' };
  },
};

const leaseless = `${houseConfig}dhcp: { mode: proxy }\n`;

const house = (options: HouseOptions = {}) =>
  openHouse({ config: leaseless, dialects: (services) => [pixiecoreDialect(services)], ...options });

describe("Pixiecore's API, which real Pixiecore asks", () => {
  let at: House;
  afterEach(() => at.close());

  const ask = async (mac: string, prefix = '') => {
    const answer = await fetch(`${at.url}${prefix}/v1/boot/${mac}`);
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() };
  };
  const json = 'application/json; charset=utf-8';
  /** The machine goes on with imago's scripts, as the answer to Pixiecore has it do. */
  const arrive = async (serial: string, last: string) =>
    (await fetch(`${at.url}/ipxe?serial=${serial}&uuid=u-${serial}&mac=52-54-00-00-00-${last}`)).text();

  describe('where hosts decide', () => {
    beforeEach(async () => {
      at = await house();
    });

    for (const prefix of ['', '/pixiecore']) {
      it(`sends a machine that is to be installed on to imago's own scripts, to the byte: ${prefix}/v1/boot/MAC`, async () => {
        await arrive('c1', '01');
        expect(await ask('52:54:00:00:00:01', prefix)).to.deep.equal({
          status: 200,
          type: json,
          body: ONWARDS,
        });
      });
    }

    it('takes a machine that nobody knows the same way, and makes no host of it', async () => {
      for (let time = 0; time < 3; time += 1) expect((await ask('52:54:00:00:00:09')).body).to.equal(ONWARDS);
      expect(at.store.size).to.equal(0);
      expect(at.store.recorded).to.deep.equal([]);
    });

    it('records nothing of a host either, and goes on with its life where the machine itself asks', async () => {
      await arrive('c1', '01');
      const recorded = at.store.recorded.length;
      await ask('52:54:00:00:00:01');
      expect(at.store.recorded).to.have.length(recorded);
      const report = { Serial: 'c1', NetDevs: [{ Name: 'eth0', MacAddress: '52:54:00:00:00:01' }] };
      await fetch(`${at.url}/final-ignition-config.json`, { method: 'POST', body: JSON.stringify(report) });
      expect(
        at.store.host(at.services.store.hostByMac('52:54:00:00:00:01' as never)?.serial as never)?.state,
      ).to.equal('installing');
      expect((await ask('52:54:00:00:00:01')).body, 'an installer that broke off is started again').to.equal(
        ONWARDS,
      );
    });

    it('leaves a machine alone that is installed, and one that runs', async () => {
      await arrive('c1', '01');
      const body = JSON.stringify({ Serial: 'c1', NetDevs: [] });
      await fetch(`${at.url}/final-ignition-config.json`, { method: 'POST', body });
      for (const [report, state] of [
        ['set_installed', 'installed'],
        ['boot_complete', 'running'],
      ] as const) {
        await fetch(`${at.url}/admin/host/c1/${report}`, { method: 'PUT', body: '{}' });
        const { status, body: text } = await ask('52:54:00:00:00:01');
        expect([status, text]).to.deep.equal([
          404,
          `52:54:00:00:00:01 boots nothing from here: c1 is ${state} and boots its own disk`,
        ]);
      }
    });
  });

  it('leaves a new machine alone that newHosts.requireLease would turn away, and takes one that has a lease', async () => {
    at = await house({
      config: houseConfig,
      leases: [{ address: '10.75.0.100', mac: '52:54:00:00:00:0a' }],
    });
    expect((await ask('52:54:00:00:00:0b')).status).to.equal(404);
    expect((await ask('52:54:00:00:00:0a')).body).to.equal(ONWARDS);
  });

  describe('where another source decides', () => {
    beforeEach(async () => {
      at = await house({ sources: { order: ['matchbox'], all: [matchbox] } });
    });

    for (const { what, last, body } of [
      {
        what: 'a kernel in the words of Pixiecore',
        last: 'a1',
        body: '{"kernel":"http://10.75.0.1:8080/assets/vmlinuz","initrd":["http://10.75.0.1:8080/assets/a","http://10.75.0.1:8080/assets/b"],"cmdline":"console=ttyS0 note={{\\"{{\\"}}x}}","message":"imago: group node1"}',
      },
      { what: 'a script as it is', last: 'a2', body: '{"ipxe-script":"#!ipxe\\nshell\\n"}' },
    ]) {
      it(`answers with ${what}`, async () => {
        expect(await ask(`52:54:00:00:00:${last}`)).to.deep.equal({ status: 200, type: json, body });
      });
    }

    for (const { what, last, says } of [
      {
        what: 'whom the source has boot its own disk',
        last: 'a3',
        says: /matchbox, group node1: it has no image/,
      },
      {
        what: 'whom no source knows',
        last: 'ff',
        says: /none of boot.sources \(matchbox\) knows this machine/,
      },
    ]) {
      it(`leaves a machine alone ${what}`, async () => {
        const { status, body } = await ask(`52:54:00:00:00:${last}`);
        expect(status).to.equal(404);
        expect(body).to.match(says);
      });
    }

    for (const { what, last, says } of [
      { what: 'a source is down', last: 'af', says: /echo imago: matchbox: its profile is not there/ },
      {
        what: 'what it says cannot be told',
        last: 'a4',
        says: /echo imago: matchbox, group node1: .*two words/,
      },
    ]) {
      it(`has the machine wait, with the reason, where ${what}`, async () => {
        const { status, body } = await ask(`52:54:00:00:00:${last}`);
        const { 'ipxe-script': script } = JSON.parse(body) as { 'ipxe-script': string };
        expect(status).to.equal(200);
        expect(script).to.match(says);
        expect(script).to.include('chain --replace --autofree http://10.75.0.1:4080/boot.ipxe');
      });
    }
  });

  for (const mac of ['52:54:00:00:00', 'nonsense', '01:00:5e:00:00:01', '00:00:00:00:00:00', '%00']) {
    it(`refuses ${mac}, which is no MAC address of a machine`, async () => {
      at = await house();
      const { status, body } = await ask(mac);
      expect([status, body]).to.deep.equal([
        400,
        'this is no MAC address of a machine: ask for /v1/boot/52:54:00:00:00:01',
      ]);
    });
  }
});
