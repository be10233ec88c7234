import { expect } from 'chai';
import { eventsSection } from '../../../src/config/events-section.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { StuckWatch } from '../../../src/provision/stuck-watch.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

const serial = parseSerial('ser1');
const operator = { name: 'op', kind: 'operator' as const };

class Fleet {
  now = 1_000_000;
  readonly store: InMemoryHostStore;
  readonly news: string[] = [];
  readonly retries: string[] = [];
  readonly #reporters: ((
    serial: ReturnType<typeof parseSerial>,
    report: { phase: string; message: string },
  ) => void)[] = [];
  readonly watch: StuckWatch;
  refuseRetries = false;

  constructor(settings: unknown = {}, host: Partial<Host> = {}) {
    this.store = new InMemoryHostStore([newHost(serial, { state: 'configured', profile: 'core', ...host })]);
    const stuck = eventsSection.parse({ stuck: settings }).stuck;
    this.watch = new StuckWatch({
      store: this.store,
      reports: { subscribe: (reporter) => (this.#reporters.push(reporter), () => {}) },
      settings: () => stuck,
      clock: () => new Date(this.now),
      retry: async (serial) => {
        this.retries.push(serial);
        if (this.refuseRetries) throw new Error('the BMC is dead');
      },
      log: { info: () => {}, warn: () => {} },
    });
    this.watch.subscribe(({ kind, reason }) => this.news.push(`${kind} ${reason}`));
  }

  async become(state: Host['state'], what = `updated host state to ${state}`): Promise<void> {
    await this.store.change(operator, (fleet) => [{ host: { ...fleet.host(serial)!, state }, what }]);
  }

  report(phase: string, message = ''): void {
    for (const reporter of this.#reporters) reporter(serial, { phase, message });
  }

  async pass(seconds: number): Promise<void> {
    this.now += seconds * 1000;
    this.watch.tick();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('StuckWatch', () => {
  it('marks a machine beyond the limit of its profile, and takes the mark away when it goes on', async () => {
    const fleet = new Fleet({ installSeconds: 9999, profiles: { core: { installSeconds: 600 } } });
    await fleet.watch.start();
    await fleet.become('installing');
    await fleet.pass(600);
    expect(fleet.watch.of(serial)).to.equal(undefined);
    await fleet.pass(1);
    await fleet.pass(60);
    expect(fleet.watch.of(serial)).to.deep.include({ reason: 'too-long', retries: 0 });
    expect(fleet.watch.list()).to.have.length(1);
    await fleet.become('installed');
    expect(fleet.news).to.deep.equal(['stuck too-long', 'recovered too-long']);
    expect(fleet.watch.list()).to.deep.equal([]);
  });

  it('goes on counting after a restart from when the installation began', async () => {
    const fleet = new Fleet({ installSeconds: 600 });
    await fleet.become('installing');
    const began = (await fleet.store.history(serial))[0]?.time.getTime() ?? 0;
    fleet.now = began + 601_000;
    await fleet.watch.start();
    expect(fleet.news).to.deep.equal(['stuck too-long']);
  });

  it('marks a failed first stage at once', async () => {
    const fleet = new Fleet();
    await fleet.watch.start();
    await fleet.become('installing');
    fleet.report('failed', 'no disk fits');
    expect(fleet.watch.of(serial)?.detail).to.equal('its installer failed: no disk fits');
    fleet.report('started');
    expect(fleet.watch.of(serial)).to.equal(undefined);
  });

  it('marks a boot loop, also of a machine that runs by the record', async () => {
    const fleet = new Fleet({ bootLoop: { boots: 3, seconds: 600 } }, { state: 'running' });
    await fleet.watch.start();
    for (let boot = 0; boot < 3; boot += 1) {
      fleet.watch.booted(serial);
      await fleet.pass(60);
    }
    expect(fleet.news).to.deep.equal(['stuck boot-loop']);
    await fleet.pass(600);
    expect(fleet.news.at(-1)).to.equal('recovered boot-loop');
  });

  it('knows nothing of machines that are no hosts, and forgets retired ones', async () => {
    const fleet = new Fleet({ bootLoop: { boots: 2 } });
    await fleet.watch.start();
    fleet.watch.booted(parseSerial('stranger'));
    fleet.watch.booted(serial);
    fleet.watch.booted(serial);
    expect(fleet.watch.list()).to.have.length(1);
    await fleet.store.change(operator, (view) => [
      { host: view.host(serial)!, what: 'retired', retired: true },
    ]);
    expect(fleet.watch.list()).to.deep.equal([]);
  });

  describe('begins again by power', () => {
    const settings = { installSeconds: 600, retry: { budget: 2, pauseSeconds: 60 } };

    it('as often as its budget allows, and no more', async () => {
      const fleet = new Fleet(settings);
      await fleet.watch.start();
      await fleet.become('installing');
      for (let look = 0; look < 400; look += 1) await fleet.pass(10);
      expect(fleet.retries).to.have.length(2);
      expect(fleet.news).to.deep.equal([
        'stuck too-long',
        'retried too-long',
        'stuck too-long',
        'retried too-long',
        'stuck too-long',
      ]);
      expect(fleet.watch.of(serial)?.retries).to.equal(2);
    });

    it('with a new budget once it ran, or was started over', async () => {
      const fleet = new Fleet(settings);
      await fleet.watch.start();
      await fleet.become('installing');
      await fleet.pass(601);
      await fleet.become('configured');
      await fleet.become('installing');
      fleet.report('failed', 'again');
      expect(fleet.watch.of(serial)?.retries).to.equal(0);
    });

    it('counts a try that its BMC did not take, and tries again after a pause', async () => {
      const fleet = new Fleet(settings);
      fleet.refuseRetries = true;
      await fleet.watch.start();
      await fleet.become('installing');
      for (let look = 0; look < 100; look += 1) await fleet.pass(10);
      expect(fleet.retries).to.have.length(2);
      expect(fleet.watch.of(serial)).to.deep.include({ reason: 'too-long', retries: 2 });
    });

    it('never a machine that holds a system', async () => {
      const fleet = new Fleet({ ...settings, bootLoop: { boots: 2 } }, { state: 'running' });
      await fleet.watch.start();
      fleet.watch.booted(serial);
      fleet.watch.booted(serial);
      await fleet.pass(120);
      expect(fleet.news).to.deep.equal(['stuck boot-loop']);
      expect(fleet.retries).to.deep.equal([]);
    });
  });
});
