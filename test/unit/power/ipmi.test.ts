import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseBmcAddress } from '../../../src/power/bmc-address.js';
import type { IpmiTarget } from '../../../src/power/bmc-target.js';
import { bootDeviceArguments, connectionArguments, IpmiDriver } from '../../../src/power/ipmi-driver.js';
import { errorFromOutput, parseInventory, parsePowerStatus } from '../../../src/power/ipmi-answers.js';
import { Secret } from '../../../src/power/secret.js';
import { codeOf, rejection } from '../../support/rejection.js';

const PASSWORD = 'swordfish-77';

const target: IpmiTarget = {
  driver: 'ipmi',
  address: parseBmcAddress('10.76.0.9'),
  port: 623,
  user: 'admin',
  password: async () => new Secret(PASSWORD),
  timeoutSeconds: 2,
  cipherSuites: [17],
  retrySeconds: 3,
  packetTries: 2,
  privilege: 'administrator',
};

describe('ipmitool', () => {
  it('is told where and as whom, and never the password', () => {
    expect(connectionArguments(target, 17).join(' ')).to.equal(
      '-v -I lanplus -H 10.76.0.9 -p 623 -U admin -E -C 17 -L ADMINISTRATOR -R 2 -N 3',
    );
  });

  const boots = [
    { device: 'pxe', options: {}, want: 'chassis bootdev pxe' },
    { device: 'pxe', options: { uefi: true }, want: 'chassis bootdev pxe options=efiboot' },
    { device: 'pxe', options: { uefi: false }, want: 'chassis bootdev pxe' },
    { device: 'disk', options: { persistent: true }, want: 'chassis bootdev disk options=persistent' },
    {
      device: 'bios',
      options: { persistent: true, uefi: true },
      want: 'chassis bootdev bios options=persistent,efiboot',
    },
  ] as const;
  for (const { device, options, want } of boots) {
    it(`boots from ${device} ${JSON.stringify(options)}: ${want}`, () => {
      expect(bootDeviceArguments(device, options).join(' ')).to.equal(want);
    });
  }

  const seen = [
    { seenUefi: true, options: {}, want: 'chassis bootdev pxe options=efiboot' },
    { seenUefi: false, options: {}, want: 'chassis bootdev pxe' },
    { seenUefi: undefined, options: {}, want: 'chassis bootdev pxe' },
    { seenUefi: true, options: { uefi: false }, want: 'chassis bootdev pxe' },
    { seenUefi: false, options: { uefi: true }, want: 'chassis bootdev pxe options=efiboot' },
  ];
  for (const { seenUefi, options, want } of seen) {
    it(`B2: of a machine ${seenUefi === undefined ? 'never seen' : `seen ${seenUefi ? 'with' : 'without'} UEFI`}, told ${JSON.stringify(options)}: ${want}`, () => {
      expect(bootDeviceArguments('pxe', options, seenUefi).join(' ')).to.equal(want);
    });
  }

  const statuses = [
    ['Chassis Power is on\n', 'on'],
    ['Chassis Power is off', 'off'],
    ['Chassis Power is confused', undefined],
    ['', undefined],
  ] as const;
  for (const [output, want] of statuses) {
    it(`'${output.trim()}' means ${want ?? 'nothing'}`, () =>
      expect(parsePowerStatus(output)).to.equal(want));
  }

  // As ipmitool 1.8.19 wrote them.
  const session = 'Error: Unable to establish IPMI v2 / RMCP+ session';
  const vso =
    'Running Get VSO Capabilities my_addr 0x20, transit 0, target 0x20\nInvalid completion code received: Invalid command\nDiscovered IPMB address 0x0';
  const complaints: { output: string; code: string; says: string; entry?: string }[] = [
    { output: `> RAKP 2 HMAC is invalid\n${session}`, code: 'BMC_CREDENTIALS', says: 'wrong password' },
    {
      output: `RAKP 2 message indicates an error : unauthorized name\n${session}`,
      code: 'BMC_CREDENTIALS',
      says: 'no such user',
    },
    {
      output: `IPMI Request Match NOT FOUND\n> Error: no response from RAKP 1 message\n> RAKP 2 HMAC is invalid\n${session}`,
      code: 'BMC_UNREACHABLE',
      says: 'its answers come later than 1 s',
      entry: 'B1: ',
    },
    {
      output: `Authentication algorithm 0x01 is not what we requested 0x03\n${session}`,
      code: 'BMC_UNSUPPORTED',
      says: 'cipher suite 17',
      entry: 'B12: ',
    },
    { output: 'lanplus: password is longer than 20 bytes.', code: 'BMC_CREDENTIALS', says: '20 bytes' },
    {
      output: `${vso}\nSet Chassis Power Control to Up/On failed: Insufficient privilege level`,
      code: 'BMC_CREDENTIALS',
      says: 'privilege',
    },
    {
      output: `Error in open session response message : invalid authentication algorithm\n\n${session}`,
      code: 'BMC_UNSUPPORTED',
      says: 'cipher suite 17',
    },
    {
      output: `Get Auth Capabilities error\nError issuing Get Channel Authentication Capabilities request\n${session}`,
      code: 'BMC_UNREACHABLE',
      says: 'no answer',
    },
    {
      output: `Address lookup for no.such.invalid failed\nCould not open socket!\n${session}`,
      code: 'BMC_UNREACHABLE',
      says: 'its name is not known',
    },
    { output: `Loading IANA PEN Registry...\n${session}`, code: 'BMC_UNREACHABLE', says: 'no session' },
    {
      output: `${vso}\nSet Chassis Power Control to Cycle failed: Command not supported in present state`,
      code: 'BMC_UNSUPPORTED',
      says: 'manual',
    },
    { output: `${vso}\nUnspecified error\u001b[2J`, code: 'BMC_FAULT', says: 'Unspecified error\ufffd' },
    { output: '', code: 'BMC_FAULT', says: 'it said nothing' },
  ];
  for (const { output, code, says, entry = '' } of complaints) {
    it(`${entry}${code}, ${says}: ${output.split('\n').at(-1)?.slice(0, 60)}`, () => {
      const error = errorFromOutput(output, {
        address: '10.76.0.9:623',
        user: 'admin',
        cipherSuite: 17,
        retrySeconds: 1,
      });
      expect([error.code, error.message]).to.satisfy(
        ([got, message]: string[]) => got === code && message?.includes(says),
      );
    });
  }

  it('tells the inventory, as far as the BMC has one', () => {
    const fru =
      'FRU Device Description : Builtin FRU Device (ID 0)\n Product Manufacturer  : Supermicro\n Product Name          : X11 \n Product Serial        : S1\n';
    const mc = 'Device ID : 0\nFirmware Revision         : 9.08\n';
    const guid = 'System GUID  : A123456789-x\nSystem GUID  : 33221100-5544-7766-8899-AABBCCDDEEFF\n';
    expect(parseInventory(fru, mc, guid)).to.deep.equal({
      manufacturer: 'Supermicro',
      model: 'X11',
      serial: 'S1',
      bmcVersion: '9.08',
      uuid: '33221100-5544-7766-8899-aabbccddeeff',
    });
    expect(parseInventory('', '', '')).to.deep.equal({});
  });
});

describe('IpmiDriver', () => {
  let folder: string;
  let met: string[];
  beforeEach(() => (met = []));
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'imago-ipmi-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const toolThat = async (script: string, changes: Partial<IpmiTarget> = {}) => {
    const tool = join(folder, 'tool');
    await writeFile(tool, `#!/bin/sh\n${script}\n`);
    await chmod(tool, 0o755);
    return new IpmiDriver({ ...target, ...changes }, (name) => met.push(name), tool);
  };

  it('passes the password in the environment alone, and nothing else of its own environment', async () => {
    process.env['IMAGO_TEST_PLANTED'] = 'planted';
    try {
      const driver = await toolThat(
        `env > ${folder}/env; echo "$@" > ${folder}/argv; echo Chassis Power is on`,
      );
      expect(await driver.status()).to.equal('on');
    } finally {
      delete process.env['IMAGO_TEST_PLANTED'];
    }
    const environment = await readFile(join(folder, 'env'), 'utf8');
    expect(environment).to.contain(`IPMI_PASSWORD=${PASSWORD}`);
    expect(environment).not.to.contain('planted');
    expect(await readFile(join(folder, 'argv'), 'utf8')).not.to.contain(PASSWORD);
  });

  const commandsOf = async () => {
    const lines = (await readFile(join(folder, 'argv'), 'utf8')).trim().split('\n');
    return lines.map((line) => line.replace(/.*-N \S+ /, ''));
  };

  it('B2: switches off the timer that drops the boot device after 60 s, before it is set', async () => {
    const driver = await toolThat(`echo "$@" >> ${folder}/argv`);
    await driver.setBootDevice('pxe', { uefi: true });
    expect(await commandsOf()).to.deep.equal([
      'raw 0x00 0x08 0x03 0x08',
      'chassis bootdev pxe options=efiboot',
    ]);
  });

  it('B2: sets the boot device of a BMC that has no such timer', async () => {
    const driver = await toolThat(
      `echo "$@" >> ${folder}/argv; case "$*" in *raw*) echo "Unable to send RAW command (channel=0x0 netfn=0x0 lun=0x0 cmd=0x8 rsp=0x80): Unknown (0x80)" >&2; exit 1 ;; esac`,
    );
    await driver.setBootDevice('pxe');
    expect(await commandsOf()).to.deep.equal(['raw 0x00 0x08 0x03 0x08', 'chassis bootdev pxe']);
  });

  it('B2: does not wait twice for a BMC that answers nothing', async () => {
    const driver = await toolThat(
      `echo "$@" >> ${folder}/argv; echo "Get Auth Capabilities error" >&2; exit 1`,
    );
    expect(codeOf(await rejection(driver.setBootDevice('pxe')))).to.equal('BMC_UNREACHABLE');
    expect(await commandsOf()).to.deep.equal(['raw 0x00 0x08 0x03 0x08']);
  });

  it('scrubs the password from what the tool says', async () => {
    const driver = await toolThat('echo "bad password $IPMI_PASSWORD" >&2; exit 1');
    const error = await rejection(driver.setBootDevice('pxe'));
    expect(error.message).to.contain('bad password [secret]');
    expect(`${error.stack}${JSON.stringify(error)}`).not.to.contain(PASSWORD);
  });

  it('switches on a machine that is off instead of cycling it', async () => {
    const driver = await toolThat(`echo "$@" >> ${folder}/argv; echo Chassis Power is off`);
    await driver.perform('cycle');
    const calls = (await readFile(join(folder, 'argv'), 'utf8')).trim().split('\n');
    expect(calls.map((call) => call.replace(/.*chassis/, 'chassis'))).to.deep.equal([
      'chassis power status',
      'chassis power on',
    ]);
  });

  const REFUSED = 'echo "Authentication algorithm 0x01 is not what we requested 0x03" >&2; exit 1';

  it('B12: tries cipher suite 3 after 17, and stays with what the BMC took', async () => {
    const driver = await toolThat(
      `echo "$@" >> ${folder}/argv; case "$*" in *"-C 17"*) ${REFUSED} ;; esac; echo Chassis Power is on`,
      { cipherSuites: [17, 3] },
    );
    await driver.perform('reset');
    const lines = (await readFile(join(folder, 'argv'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => line.replace(/.*-C (\S+) .*(chassis.*)/, '$1 $2'))).to.deep.equal([
      '17 chassis power status',
      '3 chassis power status',
      '3 chassis power reset',
    ]);
  });

  it('B12: names all cipher suites that were refused, and what to set', async () => {
    const error = await rejection((await toolThat(REFUSED, { cipherSuites: [17, 3] })).status());
    expect(codeOf(error)).to.equal('BMC_UNSUPPORTED');
    expect(error.message).to.contain('cipher suite 17 or 3: set power.ipmi.cipherSuite');
  });

  it('B12: tries nothing weaker than the cipher suite that is configured', async () => {
    const driver = await toolThat(`echo "$@" >> ${folder}/argv; ${REFUSED}`);
    await rejection(driver.status());
    expect((await readFile(join(folder, 'argv'), 'utf8')).trim().split('\n')).to.have.length(1);
  });

  it('A BMC that lies: output without end is cut off, and the tool ended', async () => {
    const driver = await toolThat('yes "Chassis Power is on"');
    const error = await rejection(driver.status());
    expect([codeOf(error), met]).to.deep.equal(['BMC_FAULT', ['bmc-output']]);
    expect(error.message).to.contain('does not end');
  });

  it('all that one command takes to do shares its time limit', async () => {
    const driver = await toolThat('sleep 0.3; echo Chassis Power is on', { timeoutSeconds: 0.5 });
    expect(codeOf(await rejection(driver.perform('cycle')))).to.equal('BMC_UNREACHABLE');
  });

  it('gives up after its time limit', async () => {
    const driver = await toolThat('exec sleep 60', { timeoutSeconds: 0.2 });
    const error = await rejection(driver.status());
    expect(codeOf(error)).to.equal('BMC_UNREACHABLE');
  });

  it('ends the tool when its caller gives up', async () => {
    const driver = await toolThat('exec sleep 60');
    const error = await rejection(driver.status(AbortSignal.timeout(50)));
    expect(error.name).to.equal('TimeoutError');
  });

  it('says that the tool is missing', async () => {
    const error = await rejection(new IpmiDriver(target, () => undefined, '/nowhere/ipmitool').status());
    expect(codeOf(error)).to.equal('POWER_TOOL_MISSING');
    expect(`${error.stack}${JSON.stringify(error)}`).not.to.contain(PASSWORD);
  });
});
