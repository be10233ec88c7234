import { expect } from 'chai';
import { parseBmcAddress } from '../../../src/power/bmc-address.js';
import type { RedfishTarget } from '../../../src/power/bmc-target.js';
import { RedfishDriver } from '../../../src/power/redfish-driver.js';
import { Secret } from '../../../src/power/secret.js';
import { codeOf, rejection } from '../../support/rejection.js';
import { startRedfishEmulator, type Habit, type RedfishEmulator } from '../../support/redfish-emulator.js';

const PASSWORD = 'swordfish-77';

describe('RedfishDriver and the habits of BMCs', () => {
  let bmc: RedfishEmulator;
  let elsewhere: RedfishEmulator;
  let pauses: number[];
  let met: string[];
  beforeEach(async () => {
    [pauses, met] = [[], []];
    elsewhere = await startRedfishEmulator({ password: PASSWORD });
  });
  afterEach(async () => {
    await bmc.close();
    await elsewhere.close();
  });

  const start = async (habits: readonly Habit[], target: Partial<RedfishTarget> = {}) => {
    bmc = await startRedfishEmulator({
      password: PASSWORD,
      habits,
      elsewhere: `http://127.0.0.1:${elsewhere.port}`,
    });
    const whole: RedfishTarget = {
      driver: 'redfish',
      address: parseBmcAddress('127.0.0.1'),
      port: bmc.port,
      user: 'admin',
      password: async () => new Secret(PASSWORD),
      timeoutSeconds: 20,
      answerSeconds: 10,
      scheme: 'http',
      authentication: 'session',
      tls: { verify: true },
      ...target,
    };
    return new RedfishDriver(
      whole,
      (name) => met.push(name),
      async (milliseconds) => void pauses.push(milliseconds),
    );
  };
  /** What the BMC was sent to set the boot device. */
  const patches = () =>
    bmc.calls
      .filter((call) => call.startsWith('PATCH'))
      .map((call) => call.slice('PATCH /redfish/v1/Systems/'.length));

  describe('the boot device is set', () => {
    const once = {
      BootSourceOverrideEnabled: 'Once',
      BootSourceOverrideTarget: 'Hdd',
      BootSourceOverrideMode: 'UEFI',
    };
    const body = JSON.stringify({ Boot: once });
    const { BootSourceOverrideMode: _, ...noMode } = once;
    const SYSTEM = '437XR1138R2';
    const table: { entry: string; habits: Habit[]; want: string[] }[] = [
      { entry: 'B3', habits: ['settings-resource'], want: [`${SYSTEM}/Settings ${body}`] },
      { entry: 'B4', habits: ['empty-etag'], want: [`${SYSTEM} ${body}`] },
      { entry: 'B4', habits: ['stale-etag'], want: [`${SYSTEM} ${body}`, `${SYSTEM} ${body}`] },
      { entry: 'B4', habits: ['refuses-tags'], want: [`${SYSTEM} ${body}`, `${SYSTEM} ${body}`] },
      { entry: 'B4', habits: ['demands-any-tag'], want: [`${SYSTEM} ${body}`, `${SYSTEM} ${body}`] },
      { entry: 'B6', habits: ['task-ends-later'], want: [`${SYSTEM} ${body}`] },
      { entry: 'B6', habits: ['slow-to-show'], want: [`${SYSTEM} ${body}`] },
      { entry: 'B9', habits: ['wants-whole-boot'], want: [`${SYSTEM} ${body}`] },
      {
        entry: 'B9',
        habits: ['refuses-mode'],
        want: [`${SYSTEM} ${body}`, `${SYSTEM} ${JSON.stringify({ Boot: noMode })}`],
      },
    ];
    for (const { entry, habits, want } of table) {
      it(`${entry}: ${habits.join(', ')}`, async () => {
        const driver = await start(habits);
        await driver.setBootDevice('disk');
        expect(patches()).to.deep.equal(want);
        expect(bmc.system.Boot).to.include(noMode);
        expect(bmc.openSessions()).to.equal(0);
      });
    }
  });

  it('B3: what the settings list is what can be booted from', async () => {
    const driver = await start(['settings-resource']);
    const error = await rejection(driver.setBootDevice('bios'));
    expect([codeOf(error), patches()]).to.deep.equal(['BMC_UNSUPPORTED', []]);
    expect(error.message).to.contain('it can only None, Pxe, Hdd');
  });

  describe('B2: the mode of the boot device', () => {
    const MODES = 'BootSourceOverrideMode@Redfish.AllowableValues';
    const table: {
      name: string;
      boot: Record<string, unknown>;
      seenUefi?: boolean;
      uefi?: boolean;
      want: string | undefined;
    }[] = [
      { name: 'as the BMC reports', boot: { BootSourceOverrideMode: 'Legacy' }, want: 'Legacy' },
      { name: 'as seen', boot: { BootSourceOverrideMode: 'Legacy' }, seenUefi: true, want: 'UEFI' },
      {
        name: 'as ordered',
        boot: { BootSourceOverrideMode: 'UEFI' },
        seenUefi: true,
        uefi: false,
        want: 'Legacy',
      },
      { name: 'none of a BMC without modes', boot: {}, seenUefi: true, want: undefined },
      {
        name: 'the only one there is',
        boot: { BootSourceOverrideMode: 'UEFI', [MODES]: ['UEFI'] },
        seenUefi: false,
        want: 'UEFI',
      },
      {
        name: 'refused, ordered and not there',
        boot: { [MODES]: ['UEFI'] },
        uefi: false,
        want: 'BMC_UNSUPPORTED',
      },
    ];
    for (const { name, boot, seenUefi, uefi, want } of table) {
      it(`${name}: ${want ?? 'not sent'}`, async () => {
        const driver = await start([], { seenUefi });
        bmc.system.Boot = { ...boot };
        const outcome = await driver.setBootDevice('pxe', uefi === undefined ? {} : { uefi }).catch(codeOf);
        const sent = /"BootSourceOverrideMode":"(\w+)"/.exec(patches()[0] ?? '')?.[1];
        expect(outcome ?? sent).to.equal(want);
      });
    }
  });

  const refusals: { entry: string; habits: Habit[]; code: string; says: string }[] = [
    { entry: 'B6', habits: ['forgets-patch'], code: 'BMC_FAULT', says: 'does not keep it' },
    {
      entry: 'B6',
      habits: ['task-fails-later'],
      code: 'BMC_FAULT',
      says: 'its task failed: the BIOS is locked for [secret]',
    },
    { entry: 'B6', habits: ['task-never-ends'], code: 'BMC_FAULT', says: 'its task has not ended' },
    {
      entry: 'B10',
      habits: ['wants-whole-boot', 'message-id-only'],
      code: 'BMC_FAULT',
      says: 'Base.1.8.PropertyMissing (Boot)',
    },
    {
      entry: 'B10',
      habits: ['wants-whole-boot', 'one-extended-info'],
      code: 'BMC_FAULT',
      says: 'Target and Mode belong together',
    },
    {
      entry: 'B10',
      habits: ['wants-whole-boot', 'bare-extended-info'],
      code: 'BMC_FAULT',
      says: 'Target and Mode belong together',
    },
    {
      entry: 'B10',
      habits: ['password-change-required'],
      code: 'BMC_CREDENTIALS',
      says: 'the password has expired): its password has to be changed first',
    },
    {
      entry: 'B10',
      habits: ['no-sessions'],
      code: 'BMC_UNSUPPORTED',
      says: 'set power.redfish.authentication to basic',
    },
    { entry: 'B10', habits: ['no-sessions'], code: 'BMC_UNSUPPORTED', says: 'sessions are switched off' },
  ];
  for (const { entry, habits, code, says } of refusals) {
    it(`${entry}: ${habits.join(', ')}: ${says}`, async () => {
      const driver = await start(habits);
      // Without a mode to send along.
      bmc.system.Boot = { BootSourceOverrideTarget: 'None' };
      const error = await rejection(driver.setBootDevice('pxe'));
      expect([codeOf(error), error.message]).to.satisfy(
        ([got, message]: string[]) => got === code && message?.includes(says),
        `${codeOf(error)} ${error.message}`,
      );
      expect(error.message).not.to.contain('restart the BMC');
      expect(`${error.stack}${JSON.stringify(error)}`).not.to.contain(PASSWORD);
      expect(bmc.openSessions()).to.equal(0);
    });
  }

  it('B6: task-fails-later: a reset is told of, too', async () => {
    const error = await rejection((await start(['task-fails-later'])).perform('reset'));
    expect(error.message).to.contain('its task failed: the BIOS is locked for [secret]');
  });

  describe('B5: sessions', () => {
    const table: Habit[][] = [
      ['session-location-elsewhere', 'four-sessions'],
      ['busy-at-logout', 'four-sessions'],
    ];
    for (const habits of table) {
      it(`are closed, one for each of six commands: ${habits.join(', ')}`, async () => {
        const driver = await start(habits);
        for (let commands = 0; commands < 6; commands += 1) expect(await driver.status()).to.equal('on');
        expect(bmc.openSessions()).to.equal(0);
        expect(elsewhere.calls).to.deep.equal([]);
      });
    }

    it('B10: when all are taken it is said, and what helps', async () => {
      const driver = await start(['four-sessions']);
      for (let sessions = 0; sessions < 4; sessions += 1) {
        await fetch(`http://127.0.0.1:${bmc.port}/redfish/v1/SessionService/Sessions`, {
          method: 'POST',
          body: JSON.stringify({ UserName: 'admin', Password: PASSWORD }),
        });
      }
      const error = await rejection(driver.status());
      expect(error.message).to.contain('there are too many sessions; wait until its old sessions end');
    });

    it('are closed, too, when the time of the command is over', async () => {
      const driver = await start(['slow-answer'], { timeoutSeconds: 0.3 });
      expect(codeOf(await rejection(driver.status()))).to.equal('BMC_UNREACHABLE');
      expect(bmc.openSessions()).to.equal(0);
    });
  });

  describe('B7: a connection that the BMC closed', () => {
    it('costs no command', async () => {
      const driver = await start(['closes-idle-connection']);
      expect(await driver.status()).to.equal('on');
      await driver.setBootDevice('disk');
      expect(bmc.system.Boot).to.include({ BootSourceOverrideTarget: 'Hdd' });
      expect(bmc.openSessions()).to.equal(0);
    });

    it('has no reset done twice', async () => {
      const driver = await start(['closes-idle-connection']);
      await driver.perform('reset');
      expect(bmc.calls.filter((call) => call.includes('ForceRestart'))).to.have.length(1);
    });
  });

  describe('B8: a BMC that is not done with switching off', () => {
    for (const action of ['on', 'cycle'] as const) {
      it(`is asked again until it does: ${action}`, async () => {
        const driver = await start(['busy-after-off']);
        bmc.system.PowerState = 'Off';
        await driver.perform(action);
        expect(bmc.system.PowerState).to.equal('On');
        expect(bmc.calls.filter((call) => call.endsWith('{"ResetType":"On"}'))).to.have.length(4);
        expect(pauses).to.deep.equal([2000, 2000, 2000]);
      });
    }

    it('is told of within the time limit', async () => {
      const driver = await start(['always-busy'], { timeoutSeconds: 1 });
      bmc.system.PowerState = 'Off';
      const error = await rejection(driver.perform('on'));
      expect(codeOf(error)).to.equal('BMC_FAULT');
      expect(error.message).to.match(/the power is still going down; wait .* or raise power\.timeoutSeconds/);
    });
  });

  it('reads what a BMC packs unasked', async () => {
    const driver = await start(['packed-answers']);
    expect(await driver.inventory()).to.include({ manufacturer: 'Contoso' });
  });

  describe('a BMC that lies', () => {
    const table: { habit: Habit; code: string; says: RegExp; met?: string[] }[] = [
      { habit: 'endless-answer', code: 'BMC_FAULT', says: /longer than 4 MiB/, met: ['bmc-answer'] },
      { habit: 'unpacks-endlessly', code: 'BMC_FAULT', says: /longer than 4 MiB/, met: ['bmc-answer'] },
      { habit: 'unknown-packing', code: 'BMC_FAULT', says: /packed in a way that nobody asked for/ },
      { habit: 'slow-answer', code: 'BMC_UNREACHABLE', says: /no answer within 0\.3 s/ },
      { habit: 'redirects-elsewhere', code: 'BMC_FAULT', says: /another server/ },
      { habit: 'redirects-for-ever', code: 'BMC_FAULT', says: /status 302/ },
      { habit: 'links-elsewhere', code: 'BMC_FAULT', says: /another server/ },
      { habit: 'reset-elsewhere', code: 'BMC_FAULT', says: /another server/ },
      { habit: 'endless-list', code: 'BMC_UNSUPPORTED', says: /blade31 and 49968 more$/ },
      { habit: 'endless-allowables', code: 'BMC_UNSUPPORTED', says: /Reset31 and 49968 more$/ },
      { habit: 'deep-answer', code: 'BMC_FAULT', says: /not what Redfish says it is/ },
    ];
    for (const { habit, code, says, met: limits = [] } of table) {
      it(`${habit}: ${says.source}`, async () => {
        const driver = await start([habit], habit === 'slow-answer' ? { answerSeconds: 0.3 } : {});
        const error = await rejection(driver.perform('cycle'));
        expect(codeOf(error)).to.equal(code);
        expect(error.message).to.match(says);
        expect(error.message.length).to.be.lessThan(1000);
        expect(met).to.deep.equal(limits);
        expect(elsewhere.calls).to.deep.equal([]);
        expect(bmc.openSessions()).to.equal(0);
      });
    }
  });
});
