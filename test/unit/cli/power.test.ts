import { expect } from 'chai';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import {
  startRedfishEmulator,
  type EmulatorOptions,
  type RedfishEmulator,
} from '../../support/redfish-emulator.js';
import { imagoctl, type Outcome } from '../../support/run-imagoctl.js';

const PASSWORD = 'swordfish-77';
const serial = parseSerial('ser0001');

describe('imagoctl and the machines’ power', () => {
  let bmc: RedfishEmulator;
  let house: House;
  afterEach(async () => {
    await house.close();
    await bmc.close();
  });

  const open = async (facts: Partial<Host> = {}, options: EmulatorOptions = {}) => {
    bmc = await startRedfishEmulator({ password: PASSWORD, ...options });
    const host = newHost(serial, { state: 'running', profile: 'core', ipmiAddress: '127.0.0.1', ...facts });
    const config = `${houseConfig}
power:
  driver: redfish
  user: admin
  password: { variable: BMC_PASSWORD }
  redfish: { scheme: http, port: ${bmc.port} }
  networks: [127.0.0.0/8]
  timeoutSeconds: 2
  tries: 1
`;
    house = await openHouse({
      config,
      store: new InMemoryHostStore([host, newHost(parseSerial('ser0002'), { state: 'running' })]),
      environment: { BMC_PASSWORD: PASSWORD },
    });
  };
  const run = async (...argv: string[]): Promise<Outcome> => {
    const { port } = new URL(house.url);
    const outcome = await imagoctl(argv, { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: port });
    expect(`${outcome.stdout}${outcome.stderr}`).not.to.contain(PASSWORD);
    return outcome;
  };

  it('shows whether a machine is on', async () => {
    await open();
    expect(await run('power', 'status', 'ser0001')).to.deep.equal({
      stdout: 'ser0001: on\n',
      stderr: '',
      code: 0,
    });
  });

  it('switches machines', async () => {
    await open();
    expect((await run('power', 'off', 'SER0001')).stdout).to.equal('ser0001: power off\n');
    expect(bmc.system.PowerState).to.equal('Off');
    expect((await run('power', 'cycle', '--profile', 'core')).stdout).to.equal('ser0001: power cycle\n');
    expect(bmc.system.PowerState).to.equal('On');
    expect(JSON.parse((await run('power', 'status', 'ser0001', '--json')).stdout)).to.deep.equal([
      { serial: 'ser0001', power: 'on' },
    ]);
  });

  it('touches nothing with --dry-run', async () => {
    await open();
    await run('power', 'off', 'ser0001', '--dry-run');
    expect(bmc.calls).to.deep.equal([]);
  });

  it('says with --dry-run which machines would refuse', async () => {
    await open();
    await run('lock', 'ser0001', '--reason', 'holds the only copy');
    const { stdout } = await run('power', 'off', 'ser0001', 'ser0002', '--dry-run');
    expect(stdout).to.match(
      /^ser0001: would be told power off; refused: it is locked by \S+: holds the only copy\nser0002: would be told power off\n$/,
    );
  });

  it('says of a machine that is unlocked whether it was locked', async () => {
    await open();
    await run('lock', 'ser0001', '--reason', 'holds the only copy');
    expect((await run('unlock', 'ser0001', 'ser0002')).stdout).to.equal(
      'ser0001: unlocked\nser0002: was not locked, nothing changed\n',
    );
  });

  it('sets what is booted next', async () => {
    await open();
    const { stdout } = await run('bootdev', 'pxe', 'ser0001', '--uefi');
    expect(stdout).to.equal('ser0001: boots from pxe at its next boot\n');
    expect(bmc.system.Boot).to.include({
      BootSourceOverrideTarget: 'Pxe',
      BootSourceOverrideEnabled: 'Once',
    });
    await run('bootdev', 'disk', 'ser0001', '--persistent');
    expect(bmc.system.Boot).to.include({
      BootSourceOverrideTarget: 'Hdd',
      BootSourceOverrideEnabled: 'Continuous',
    });
  });

  it('shows the inventory', async () => {
    await open();
    const { stdout } = await run('inventory', 'ser0001');
    expect(stdout).to.contain('Manufacturer:  Contoso\n').and.to.contain('Asset tag:     Chicago-45Z-2381\n');
  });

  const refusals: {
    name: string;
    facts?: Partial<Host>;
    options?: EmulatorOptions;
    argv: string[];
    says: string;
    code: number;
  }[] = [
    {
      name: 'a machine whose BMC is not known',
      argv: ['power', 'on', 'ser0002'],
      says: 'imagoctl set ser0002 ipmiaddr',
      code: 1,
    },
    { name: 'an unknown machine', argv: ['power', 'on', 'nope'], says: 'nope', code: 3 },
    {
      name: 'a verb that is none',
      argv: ['power', 'explode', 'ser0001'],
      says: 'to be one of: status, on',
      code: 2,
    },
    {
      name: 'a device that is none',
      argv: ['bootdev', 'tape', 'ser0001'],
      says: 'to be one of: pxe',
      code: 2,
    },
    {
      name: 'a wrong password',
      options: { password: 'other' },
      argv: ['power', 'on', 'ser0001'],
      says: 'refuses the user',
      code: 1,
    },
    {
      name: 'an address elsewhere that was reported',
      facts: { ipmiAddress: '192.0.2.7' },
      argv: ['power', 'on', 'ser0001'],
      says: 'outside power.networks',
      code: 1,
    },
  ];
  for (const { name, facts, options, argv, says, code } of refusals) {
    it(`explains ${name}`, async () => {
      await open(facts, options);
      const outcome = await run(...argv);
      expect([outcome.code, outcome.stderr]).to.satisfy(
        ([got, text]: [number, string]) => got === code && text.includes(says),
      );
    });
  }

  describe('reinstall', () => {
    /** A machine that installs itself when its power is cycled. */
    const machine = (last: 'running' | 'failed'): EmulatorOptions => ({
      intercept: ({ method, url }) => {
        if (method === 'POST' && url?.endsWith('ComputerSystem.Reset')) void boot(last);
        return undefined;
      },
    });
    const boot = async (last: 'running' | 'failed') => {
      const here = { address: undefined, isServer: true };
      const { provisioner, progress } = house.services;
      await provisioner.startInstallation({ serial }, { netDevs: [] }, here);
      progress.put(serial, {
        phase: last === 'failed' ? 'failed' : 'write',
        message: last === 'failed' ? 'no disk fits' : '40 %',
        time: new Date(),
      });
      if (last === 'failed') return;
      await provisioner.reportInstalled(serial, here);
      await provisioner.reportBooted(serial, {}, here);
    };

    it('sets state, boot device and power, and waits until it runs', async () => {
      await open({}, machine('running'));
      const outcome = await run('reinstall', 'ser0001', '--timeout', '20s');
      expect(outcome.stderr).to.equal('');
      expect(outcome.stdout.split('\n').slice(0, 3)).to.deep.equal([
        'ser0001: boots from the network next',
        'ser0001: is configured',
        'ser0001: power cycle',
      ]);
      expect(outcome.stdout).to.contain('ser0001: is running\n');
      expect(
        bmc.calls.filter((call) => /PATCH|Reset/.test(call)).map((call) => call.split(' ')[0]),
      ).to.deep.equal(['PATCH', 'POST']);
      expect((await house.store.history(serial)).map(({ what }) => what)).to.include.members([
        'updated host state to configured',
        'updated state to running',
      ]);
    });

    it('stops at the first that fails, and names those it did not begin', async () => {
      await open();
      const outcome = await run('reinstall', 'ser0002', 'ser0001', '--json');
      expect(outcome.code).to.equal(1);
      expect(JSON.parse(outcome.stdout)).to.deep.include({
        error: {
          ...JSON.parse(outcome.stdout).error,
          code: 'SOME_NOT_REINSTALLED',
          failed: ['ser0002'],
          skipped: ['ser0001'],
        },
      });
      expect(bmc.calls).to.deep.equal([]);
      expect(house.store.host(parseSerial('ser0002'))?.state).to.equal('running');
    });

    it('says that an installation failed', async () => {
      await open({}, machine('failed'));
      const outcome = await run('reinstall', 'ser0001');
      expect(outcome.stderr).to.contain('the installation of ser0001 failed: no disk fits');
    });

    it('gives up after its time', async () => {
      await open();
      const outcome = await run('reinstall', 'ser0001', '--timeout', '1s');
      expect(outcome.code).to.equal(5);
    });
  });
});
