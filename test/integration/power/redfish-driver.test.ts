import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { parseBmcAddress } from '../../../src/power/bmc-address.js';
import type { RedfishTarget } from '../../../src/power/bmc-target.js';
import { RedfishDriver } from '../../../src/power/redfish-driver.js';
import { Secret } from '../../../src/power/secret.js';
import { codeOf, rejection } from '../../support/rejection.js';
import {
  startRedfishEmulator,
  type EmulatorOptions,
  type RedfishEmulator,
} from '../../support/redfish-emulator.js';

const PASSWORD = 'swordfish-77';

describe('RedfishDriver', () => {
  let bmc: RedfishEmulator;
  afterEach(() => bmc.close());

  const start = async (options: EmulatorOptions = {}, target: Partial<RedfishTarget> = {}) => {
    bmc = await startRedfishEmulator({ password: PASSWORD, ...options });
    return new RedfishDriver(targetOf(bmc.port, target), () => undefined);
  };

  describe('power', () => {
    it('says whether the machine is on', async () => {
      const driver = await start();
      expect(await driver.status()).to.equal('on');
      bmc.system.PowerState = 'PoweringOff';
      expect(await driver.status()).to.equal('off');
    });

    const allTypes = ['On', 'ForceOff', 'GracefulShutdown', 'ForceRestart', 'PowerCycle', 'PushPowerButton'];
    const table = [
      { action: 'on', from: 'Off', types: allTypes, want: 'On' },
      { action: 'on', from: 'Off', types: ['ForceOn'], want: 'ForceOn' },
      { action: 'on', from: 'On', types: allTypes, want: undefined },
      { action: 'off', from: 'On', types: allTypes, want: 'ForceOff' },
      { action: 'off', from: 'Off', types: allTypes, want: undefined },
      { action: 'cycle', from: 'On', types: allTypes, want: 'PowerCycle' },
      { action: 'cycle', from: 'On', types: ['On', 'ForceOff', 'ForceRestart'], want: 'ForceRestart' },
      { action: 'cycle', from: 'Off', types: allTypes, want: 'On' },
      { action: 'cycle', from: 'On', types: undefined, want: 'ForceRestart' },
      { action: 'reset', from: 'On', types: allTypes, want: 'ForceRestart' },
      { action: 'soft', from: 'On', types: allTypes, want: 'GracefulShutdown' },
      { action: 'soft', from: 'On', types: ['PushPowerButton'], want: 'PushPowerButton' },
    ] as const;
    for (const { action, from, types, want } of table) {
      it(`${action}, when it is ${from} and can ${types?.join(', ') ?? 'do what it does not say'}: ${want ?? 'nothing to do'}`, async () => {
        const driver = await start();
        bmc.system.PowerState = from;
        if (types) bmc.system.resetTypes = types;
        else delete bmc.system.resetTypes;
        await driver.perform(action);
        const resets = bmc.calls.filter((call) => call.startsWith('POST') && call.includes('Actions'));
        const path = '/redfish/v1/Systems/437XR1138R2/Actions/ComputerSystem.Reset';
        expect(resets).to.deep.equal(want ? [`POST ${path} {"ResetType":"${want}"}`] : []);
      });
    }

    it('finds the possible resets in an ActionInfo too', async () => {
      const driver = await start();
      bmc.system.withActionInfo = true;
      bmc.system.resetTypes = ['ForceRestart'];
      await driver.perform('cycle');
      expect(bmc.calls.some((call) => call.endsWith('{"ResetType":"ForceRestart"}'))).to.equal(true);
      expect(codeOf(await rejection(driver.perform('soft')))).to.equal('BMC_UNSUPPORTED');
    });
  });

  describe('boot device', () => {
    it('is set for the next boot, with the ETag that the BMC demands', async () => {
      const driver = await start({ demandsEtag: true });
      await driver.setBootDevice('pxe', { uefi: true });
      expect(bmc.system.Boot).to.include({
        BootSourceOverrideEnabled: 'Once',
        BootSourceOverrideTarget: 'Pxe',
        BootSourceOverrideMode: 'UEFI',
      });
    });

    // B9: some BMCs take all three or none.
    it('is set for all boots, and the mode stays the one that the BMC reports', async () => {
      const driver = await start();
      await driver.setBootDevice('disk', { persistent: true });
      expect(bmc.calls).to.include(
        'PATCH /redfish/v1/Systems/437XR1138R2 {"Boot":{"BootSourceOverrideEnabled":"Continuous","BootSourceOverrideTarget":"Hdd","BootSourceOverrideMode":"UEFI"}}',
      );
    });

    it('is refused where the BMC does not list it', async () => {
      const driver = await start();
      bmc.system.Boot = { 'BootSourceOverrideTarget@Redfish.AllowableValues': ['None', 'Hdd'] };
      const error = await rejection(driver.setBootDevice('pxe'));
      expect(codeOf(error)).to.equal('BMC_UNSUPPORTED');
      expect(error.message).to.contain('it can only None, Hdd');
    });
  });

  it('reads the inventory', async () => {
    const driver = await start();
    expect(await driver.inventory()).to.deep.equal({
      manufacturer: 'Contoso',
      model: '3500',
      serial: '437XR1138R2',
      assetTag: 'Chicago-45Z-2381',
      uuid: '38947555-7742-3448-3784-823347823834',
      biosVersion: 'P79 v1.33 (02/28/2015)',
      processorModel: 'Multi-Core Intel(R) Xeon(R) processor 7xxx Series',
      processors: 2,
      memoryGigabytes: 103.08,
      macAddresses: ['12:44:6a:3b:04:11'],
    });
  });

  describe('sessions and systems', () => {
    it('leaves no session behind, also after a failure', async () => {
      const driver = await start();
      await driver.status();
      bmc.system.resetTypes = [];
      await rejection(driver.perform('cycle'));
      expect(bmc.openSessions()).to.equal(0);
      expect(bmc.calls.filter((call) => call.startsWith('DELETE'))).to.have.length(2);
    });

    it('uses basic authentication where it is told to, or where there are no sessions', async () => {
      const driver = await start({ sessions: false });
      expect(await driver.status()).to.equal('on');
      const basic = new RedfishDriver(targetOf(bmc.port, { authentication: 'basic' }), () => undefined);
      expect(await basic.status()).to.equal('on');
    });

    it('asks which system is meant where there are several', async () => {
      const driver = await start({ systems: ['blade1', 'blade2'] });
      const error = await rejection(driver.status());
      expect(codeOf(error)).to.equal('BMC_UNSUPPORTED');
      expect(error.message).to.contain('blade1, blade2');
      const second = new RedfishDriver(targetOf(bmc.port, { system: 'blade2' }), () => undefined);
      expect(await second.inventory()).to.include({ serial: 'blade2' });
    });
  });

  describe('failures', () => {
    const failures: {
      name: string;
      options: EmulatorOptions;
      target?: Partial<RedfishTarget>;
      code: string;
    }[] = [
      { name: 'a wrong password', options: { password: 'another' }, code: 'BMC_CREDENTIALS' },
      {
        name: 'a wrong password with basic authentication',
        options: { password: 'another' },
        target: { authentication: 'basic' },
        code: 'BMC_CREDENTIALS',
      },
      {
        name: 'a reason that repeats the password',
        options: {
          intercept: ({ url }) =>
            url?.endsWith('Systems')
              ? { status: 500, body: { error: { message: `Password=${PASSWORD} failed` } } }
              : undefined,
        },
        code: 'BMC_FAULT',
      },
      {
        name: 'a web page instead of Redfish',
        options: { intercept: () => ({ status: 200, body: 'hello' }) },
        code: 'BMC_FAULT',
      },
      {
        name: 'a link that leads to another server',
        options: {
          intercept: ({ url }) =>
            url === '/redfish/v1/'
              ? { status: 200, body: { Links: { Sessions: { '@odata.id': 'http://127.0.0.9/x' } } } }
              : undefined,
        },
        code: 'BMC_FAULT',
      },
      {
        name: 'a redirect to another server',
        options: { intercept: () => ({ status: 302, body: '', headers: { location: 'http://127.0.0.9/' } }) },
        code: 'BMC_FAULT',
      },
      {
        name: 'no Redfish at all',
        options: { intercept: () => ({ status: 404, body: '' }) },
        code: 'BMC_UNSUPPORTED',
      },
      {
        name: 'silence',
        options: { intercept: () => 'silence' },
        target: { timeoutSeconds: 0.2 },
        code: 'BMC_UNREACHABLE',
      },
    ];
    for (const { name, options, target, code } of failures) {
      it(`${name}: ${code}`, async () => {
        const driver = await start(options, target);
        const error = await rejection(driver.status());
        expect(codeOf(error)).to.equal(code);
        expect(`${error.stack}${JSON.stringify(error)}`).not.to.contain(PASSWORD);
      });
    }

    it('nobody there: BMC_UNREACHABLE', async () => {
      const driver = await start();
      await bmc.close();
      expect(codeOf(await rejection(driver.status()))).to.equal('BMC_UNREACHABLE');
    });

    it('ends when its caller gives up', async () => {
      const driver = await start({ intercept: () => 'silence' });
      const error = await rejection(driver.status(AbortSignal.abort()));
      expect(error.name).to.equal('AbortError');
    });
  });

  describe('certificates', () => {
    let folder: string;
    let tls: { key: string; cert: string };
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'imago-tls-'));
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const subject = ['-subj', '/CN=bmc', '-addext', 'subjectAltName=IP:127.0.0.1'];
      const form = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
      ];
      execFileSync('openssl', [...form, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
      tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    });
    after(() => rmSync(folder, { recursive: true }));

    const table = [
      { name: 'nobody vouches for it', tls: () => ({ verify: true }), want: 'BMC_UNTRUSTED' },
      { name: 'it is not looked at', tls: () => ({ verify: false }), want: 'on' },
      {
        name: 'its authority is known',
        tls: () => ({ verify: true, caFile: join(folder, 'cert.pem') }),
        want: 'on',
      },
      {
        name: 'the file of the authority is missing',
        tls: () => ({ verify: true, caFile: '/nowhere' }),
        want: 'BMC_UNTRUSTED',
      },
      {
        name: 'its fingerprint is pinned',
        tls: () => ({ verify: true, fingerprint: fingerprintOf(tls.cert) }),
        want: 'on',
      },
      {
        name: 'another one is pinned',
        tls: () => ({ verify: true, fingerprint: 'ab'.repeat(32) }),
        want: 'BMC_UNTRUSTED',
      },
    ];
    for (const { name, tls: trust, want } of table) {
      it(`${name}: ${want}`, async () => {
        const driver = await start({ tls }, { scheme: 'https', tls: trust() });
        const outcome = await driver.status().catch(codeOf);
        expect(outcome).to.equal(want);
        if (want !== 'on') expect(bmc.calls).to.deep.equal([]);
      });
    }
  });
});

function targetOf(port: number, target: Partial<RedfishTarget> = {}): RedfishTarget {
  return {
    driver: 'redfish',
    address: parseBmcAddress('127.0.0.1'),
    port,
    user: 'admin',
    password: async () => new Secret(PASSWORD),
    timeoutSeconds: 5,
    answerSeconds: 5,
    scheme: 'http',
    authentication: 'session',
    tls: { verify: true },
    ...target,
  };
}

function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
}
