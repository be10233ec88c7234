import { expect } from 'chai';
import { bootedMachine, parseEnvironmentFile } from '../../src/cli/booted-machine.js';
import { machineIdOf } from '../../src/host/machine-id.js';
import { parseSerial } from '../../src/host/serial.js';
import { FirstStageLab } from './first-stage-lab.js';

const shells = [
  { name: 'busybox ash', command: ['busybox', 'sh'] },
  { name: 'dash', command: ['dash'] },
  { name: 'bash', command: ['bash', '--posix'] },
] as const;
const dash = ['dash'];

describe('the first-stage script, run for real', function () {
  this.timeout(60_000);
  let lab: FirstStageLab;
  beforeEach(() => {
    lab = new FirstStageLab();
  });
  afterEach(() => lab.remove());

  for (const { name, command } of shells) {
    it(`installs a machine under ${name}`, async () => {
      const { output, requests, reports, hostInfo, status } = await lab.run(command);
      expect(output).to.include('rebooted');
      expect(status).to.equal(0);
      expect(reports.map((report) => report.split(':')[0])).to.deep.equal([
        'started',
        'disk',
        'download',
        'write',
        'config',
        'done',
      ]);
      expect(requests.filter((request) => !request.includes('/report/'))).to.deep.equal([
        'GET /hostinfo-helper',
        'POST /final-ignition-config.json',
        'GET /images/sbx0001/image.bz2',
        'PUT /admin/host/sbx0001/set_installed',
      ]);
      expect(hostInfo)
        .to.include({ Serial: 'sbx0001' })
        .and.to.have.all.keys('Serial', 'NetDevs', 'IPMIAddress', 'ConnectedNIC');
      expect(lab.start().equals(lab.unpacked.subarray(0, 1024 * 1024))).to.equal(true);
      expect(lab.fileOnDisk('/config.ign')).to.equal(lab.finalConfig);
    });
  }

  const mayuEnv = 'SERIAL=sbx0001\nMAYU_VERSION=imago\n';

  it('Y10: leaves a disk as Mayu did: user data, mayu-env and machine-id on ROOT', async () => {
    const { output } = await lab.run(dash, {
      label: 'ROOT',
      profile:
        'disk: { choose: smallest, minGigabytes: 0.001 }\n      layout: mayu\n      configFormat: cloud-config',
    });
    expect(output).to.include('rebooted');
    expect(lab.fileOnDisk('/var/lib/coreos-install/user_data')).to.equal(lab.cloudConfig);
    expect(lab.fileOnDisk('/etc/mayu-env')).to.equal(mayuEnv);
    expect(lab.fileOnDisk('/etc/machine-id')).to.equal(
      `${machineIdOf({ serial: parseSerial('sbx0001') })}\n`,
    );
    const environment = parseEnvironmentFile(lab.fileOnDisk('/etc/mayu-env'));
    expect(bootedMachine(environment, []).serial).to.equal('sbx0001');
  });

  it('Y10: leaves the machine id to Ignition, which enables no units where there is one', async () => {
    const { output } = await lab.run(['busybox', 'sh'], {
      label: 'ROOT',
      profile: 'disk: { choose: smallest, minGigabytes: 0.001 }\n      layout: mayu\n      configLabel: ROOT',
    });
    expect(output).to.include('rebooted');
    expect(lab.fileOnDisk('/config.ign')).to.equal(lab.finalConfig);
    expect(lab.fileOnDisk('/etc/mayu-env')).to.equal(mayuEnv);
    expect(lab.fileOnDisk('/etc/machine-id')).to.equal('');
  });

  it('takes the one disk that fits, and says why not the others', async () => {
    const { output } = await lab.run(dash);
    expect(output).to.match(new RegExp(`installing to /dev/${lab.disk}: the smallest that fits`));
    for (const verdict of [
      /disk sdstick, .*: removable/,
      /disk sdlocked, .*: read-only/,
      /disk sdempty, .*: no medium/,
      /disk sdsmall, .*: smaller than 1000000 bytes/,
      /disk sdbig, .*: fits/,
    ]) {
      expect(output).to.match(verdict);
    }
    expect(output).not.to.match(/disk (sr0|loop7)/);
  });

  for (const packing of ['gz', 'xz', 'zst', 'bin'] as const) {
    it(`unpacks an image that ends in .${packing}`, async () => {
      const { output } = await lab.run(dash, { packing });
      expect(output).to.include('rebooted');
      expect(lab.fileOnDisk('/config.ign')).to.equal(lab.finalConfig);
    });
  }

  it('reports how far it is while the image comes', async () => {
    const { reports, output } = await lab.run(dash, { packing: 'bin', images: ['slow'], tickSeconds: 0.4 });
    expect(reports.filter((report) => /^download: \d+ MiB are on /.test(report))).to.have.length.within(
      1,
      20,
    );
    expect(output).to.match(/imago: \d+ MiB are on [\s\S]*SHA-256 verified[\s\S]*rebooted/);
  });

  it('does not let a disk boot whose image is not the one that was promised, and starts over', async () => {
    const { output, reports, blankAtFailure } = await lab.run(dash, {
      packing: 'bin',
      images: ['corrupt', 'whole'],
    });
    expect(reports.find((report) => report.startsWith('failed'))).to.match(
      /SHA-256 is [0-9a-f]{64}, it should be/,
    );
    expect(blankAtFailure).to.deep.equal([true]);
    expect(output).to.match(/attempt 1 failed; starting over in [23] s[\s\S]*rebooted/);
  });

  it('goes on where the connection broke', async () => {
    const { output, requests } = await lab.run(dash, { images: ['half', 'unavailable', 'half', 'whole'] });
    const ranges = requests.filter((request) => request.includes('/images/'));
    expect(ranges).to.have.length(4);
    expect(ranges[1])
      .to.match(/ from \d+$/)
      .and.to.equal(ranges[2]);
    expect(ranges[3])
      .to.match(/ from \d+$/)
      .and.not.to.equal(ranges[2]);
    expect(output).to.include('rebooted').and.not.to.include('FAILED');
  });

  it('fails at once when the image is not there', async () => {
    const { reports } = await lab.run(dash, { images: ['absent'], giveUpAfter: 1 });
    expect(reports.at(-1)).to.match(/^failed: download: .*404/);
  });

  it('reboots only when the server has recorded the installation', async () => {
    const { output, requests } = await lab.run(dash, { installedStatuses: [503, 500, 400, 202] });
    expect(requests.filter((request) => request.startsWith('PUT'))).to.have.length(4);
    expect(requests.at(-1)).to.equal('POST /report/sbx0001/done');
    expect(output).to.match(/HTTP|did not record[\s\S]*has recorded the installation[\s\S]*rebooted/);
  });

  it('stops without a reboot when the server does not take the installation', async () => {
    const { output, status, requests } = await lab.run(dash, { installedStatuses: [409] });
    expect(status).to.equal(4);
    expect(requests.filter((request) => request.startsWith('PUT'))).to.have.length(1);
    expect(output).to.include('STOPPED').and.not.to.include('rebooted');
  });

  it('touches no disk when the server does not allow the installation', async () => {
    const { output, status, requests } = await lab.run(dash, { configStatuses: [409] });
    expect(status).to.equal(4);
    expect(requests.some((request) => request.includes('/images/'))).to.equal(false);
    expect(lab.start().every((byte) => byte === 0)).to.equal(true);
    expect(output).to.include('answer 409').and.not.to.include('rebooted');
  });

  it('boots again when this boot was handed its secrets already', async () => {
    const { output, status, reports, requests } = await lab.run(dash, {
      images: ['corrupt', 'whole'],
      configStatuses: [200, 409],
      refusal: 'sbx0001 gets no secrets again (SECRETS_SERVED): boot the machine again',
    });
    expect(reports.at(-1)).to.match(
      /^failed: the configuration was fetched by this boot already: .*SECRETS_SERVED/,
    );
    expect(requests.some((request) => request.includes('set_installed'))).to.equal(false);
    expect(lab.start().every((byte) => byte === 0)).to.equal(true);
    expect(output).to.include('rebooted').and.not.to.include('STOPPED');
    expect(status).to.equal(0);
  });

  for (const shell of [dash, ['busybox', 'sh']]) {
    it(`opens a configuration that is sealed to the key that it made (${shell[0]})`, async () => {
      const { output } = await lab.run(shell, {
        profile: 'disk: { choose: smallest, minGigabytes: 0.001 }\n      sealed: true',
      });
      expect(output).to.include('rebooted');
      expect(lab.fileOnDisk('config.ign')).to.equal(lab.finalConfig);
      expect(output).not.to.match(/AGE-SECRET-KEY/);
    });
  }

  it('stops where a configuration is to be sealed and there is no age', async () => {
    const { output, status, requests } = await lab.run(['dash'], {
      profile: 'disk: { choose: smallest, minGigabytes: 0.001 }\n      sealed: true',
      before:
        'command() { if [ "$1" = -v ]; then case $2 in age*) return 1 ;; *) type "$2" ;; esac; else env "$@"; fi; };',
    });
    expect(status).to.equal(4);
    expect(output).to.match(
      /STOPPED: this profile has its configuration sealed \(install.sealed\), and there is no age/,
    );
    expect(requests.some((request) => request.includes('/final-'))).to.equal(false);
  });

  it('asks again when the server has no configuration yet', async () => {
    const { output, reports } = await lab.run(dash, { configStatuses: [503, 200] });
    expect(reports.find((report) => report.startsWith('failed'))).to.include('HTTP 503: answer 503');
    expect(output).to.include('rebooted');
  });

  const failures = [
    {
      name: 'no disk fits',
      script: { profile: "disk: { choose: largest, name: 'nvme*' }" },
      want: /no disk fits the rule \(largest, name nvme\*.*sdbig, \d+ bytes: its name is not nvme\*/,
      blank: true,
    },
    {
      name: 'the image is larger than the disk',
      script: { imageMebibytes: 40 },
      want: /^failed: writing to .*No space left/,
      blank: true,
    },
    {
      name: 'the image has no file system with the label',
      script: { label: 'OTHER' },
      want: /no file system on .* is labelled IT\d+: .*p1=OTHER/,
      blank: true,
    },
  ];
  for (const { name, script, want, blank } of failures) {
    it(`says so, leaves nothing that boots, and waits longer each time when ${name}`, async () => {
      const { output, reports, blankAtFailure } = await lab.run(dash, { ...script, giveUpAfter: 3 });
      expect(reports.filter((report) => report.startsWith('failed'))).to.have.length(3);
      expect(reports.at(-1)).to.match(want);
      expect(blankAtFailure).to.deep.equal([blank, blank, blank]);
      expect(output).to.match(/starting over in [23] s[\s\S]*starting over in [456] s/);
    });
  }
});
