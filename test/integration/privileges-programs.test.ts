import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { DaemonLab } from '../support/daemon-lab.js';

/** What imago knows, and the only program that may be told of it. */
const secrets = {
  'swordfish-of-the-bmc': 'ipmitool',
  'token-of-the-repository': 'git',
  'key-of-the-webhook': 'none',
  'passphrase-of-the-ring': 'none',
  'of-the-daemon-alone': 'none',
} as const;

/** What else the programs are told: where programs are, the language, whose home, and what is imago's to say. */
const plain =
  /^(?:PATH|LC_ALL|PWD|OLDPWD|SHLVL|_|HOME|USER|LOGNAME|GIT_[A-Z0-9_]+|IMAGO_(?:EVENT|OCCASION|SERIAL|WHAT|STATE|BEFORE|PROFILE|ADDRESS)|IPMI_PASSWORD|IMAGO_GIT_(?:USER|PASSWORD)|SSL_CERT_(?:FILE|DIR)|(?:https?|no|all)_proxy|(?:HTTPS?|NO|ALL)_PROXY)$/;

const SERVER = 'http://10.75.0.1:4080';
const facts = `{"Serial":"PRV1","NetDevs":[{"Name":"eth0","MacAddress":"52:54:00:00:00:31"}],"IPMIAddress":"","ConnectedNIC":"eth0"}`;

describe('A10: programs that imago starts', function () {
  this.timeout(60_000);
  let lab: DaemonLab;
  let records: string;
  const variables: Record<string, string> = {
    GIT_TOKEN: 'token-of-the-repository',
    HOOK_KEY: 'key-of-the-webhook',
    MATCHBOX_PASSPHRASE: 'passphrase-of-the-ring',
    OTHER_SERVICE_TOKEN: 'of-the-daemon-alone',
    CREDENTIALS_DIRECTORY: '/run/credentials/imago.service',
  };
  const path = process.env['PATH'] ?? '';

  /** Runs as the real one, and keeps what every user of the system could see of it. */
  const watched = (program: string): string => {
    const real = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    const file = join(lab.folder, 'bin', program);
    writeFileSync(
      file,
      `#!/bin/sh\nfor f in cmdline environ; do cat /proc/$$/$f > ${records}/${program}.$$.$f; done\nexec ${real} "$@"\n`,
    );
    chmodSync(file, 0o755);
    return file;
  };
  const seen = (kind: 'cmdline' | 'environ') =>
    readdirSync(records)
      .filter((name) => name.endsWith(kind))
      .map((name) => ({
        program: name.split('.')[0] ?? '',
        words: readFileSync(join(records, name), 'utf8').split('\0'),
      }));
  const ranAll = (...programs: string[]) =>
    programs.every((program) => readdirSync(records).some((name) => name.startsWith(`${program}.`)));

  before(async () => {
    lab = await DaemonLab.create('programs');
    records = join(lab.folder, 'records');
    for (const folder of [records, join(lab.folder, 'bin'), join(lab.folder, 'matchbox/generic')])
      mkdirSync(folder, { recursive: true });
    for (const program of ['git', 'ipmitool', 'gpg', 'gpgconf']) watched(program);
    const hook = watched('true');
    const bmc = join(lab.folder, 'bmc');
    writeFileSync(bmc, 'swordfish-of-the-bmc\n', { mode: 0o600 });
    const home = join(lab.folder, 'gpg');
    mkdirSync(home, { mode: 0o700 });
    const gpg = (...words: string[]) =>
      execFileSync(
        'gpg',
        ['--homedir', home, '--batch', '--pinentry-mode', 'loopback', '--passphrase-fd', '0', ...words],
        { input: 'passphrase-of-the-ring\n', stdio: ['pipe', 'pipe', 'ignore'] },
      );
    gpg('--quick-generate-key', 'Rack <rack@example.net>', 'ed25519', 'sign', '0');
    writeFileSync(join(lab.folder, 'ring.gpg'), gpg('--export-secret-keys'), { mode: 0o600 });
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
    lab.configure(
      (text) => `${text}
power: { driver: ipmi, user: admin, password: { file: ${bmc} }, timeoutSeconds: 2, networks: [127.0.0.0/8], ipmi: { port: 9 } }
events:
  hooks: [{ command: [${hook}], on: [configured, installing] }]
  webhooks: [{ url: 'http://127.0.0.1:9/hook', secret: { variable: HOOK_KEY }, tries: 1 }]
store: { remote: { url: 'https://127.0.0.1:9/rack.git', user: rack, password: { variable: GIT_TOKEN }, pushSeconds: 1 } }
matchbox: { records: true, keyRing: ring.gpg }
`,
    );
    Object.assign(process.env, variables, { PATH: `${join(lab.folder, 'bin')}:${path}` });
    await lab.start();
    await lab.onServer('curl', '-s', `${SERVER}/ipxe?serial=PRV1&mac=52-54-00-00-00-31`);
    await lab.onServer('curl', '-s', '-d', facts, `${SERVER}/final-ignition-config.json`);
    await lab.onServer(
      'curl',
      '-s',
      '-X',
      'PUT',
      '-d',
      '{"IPMIAddr":"127.0.0.1"}',
      `${SERVER}/admin/host/prv1/set_ipmi_addr`,
    );
    const asked = lab.onServer(
      'curl',
      '-s',
      '-m',
      '3',
      '-X',
      'POST',
      '-H',
      'content-type: application/json',
      '-d',
      '{"action":"on"}',
      `${SERVER}/api/v1/hosts/prv1/power`,
    );
    for (let tries = 0; tries < 400 && !ranAll('git', 'ipmitool', 'gpg', 'true'); tries += 1) await delay(50);
    await asked;
  });
  after(async () => {
    process.env['PATH'] = path;
    for (const name of Object.keys(variables)) delete process.env[name];
    await lab.remove();
  });

  it('ran, each of them', () => {
    expect(seen('cmdline').map(({ program }) => program)).to.include.members([
      'git',
      'ipmitool',
      'gpg',
      'true',
    ]);
    const lines = seen('cmdline').map(({ program, words }) => `${program} ${words.join(' ')}`);
    expect(lines.filter((line) => /^git .* (?:push|ls-remote|fetch)\b/.test(line))).not.to.deep.equal([]);
    expect(lines.filter((line) => /^ipmitool .* power on/.test(line))).not.to.deep.equal([]);
  });

  it('none is told a secret by its command line, which every user of the system may read', () => {
    for (const { program, words } of seen('cmdline'))
      for (const secret of Object.keys(secrets))
        expect(words.join(' '), `${program} ${words.join(' ')}`).not.to.include(secret);
  });

  it('each has the secret in its environment that is its own, and no other', () => {
    const told = new Set<string>();
    for (const { program, words } of seen('environ'))
      for (const [secret, owner] of Object.entries(secrets)) {
        if (!words.some((word) => word.includes(secret))) continue;
        expect(program, words.join(' ')).to.equal(owner);
        told.add(secret);
      }
    expect([...told].toSorted()).to.deep.equal(['swordfish-of-the-bmc', 'token-of-the-repository']);
  });

  it('none gets a variable of the daemon that is not its business', () => {
    for (const { program, words } of seen('environ'))
      for (const word of words.filter((text) => text !== ''))
        expect(word.split('=')[0], `${program} has ${word}`).to.match(plain);
  });

  it('no log line and no metric has a secret', async () => {
    const { stdout } = await lab.onServer('curl', '-s', `${SERVER}/metrics`);
    expect(stdout).to.include('imago_');
    for (const secret of Object.keys(secrets)) {
      expect(lab.log(), secret).not.to.include(secret);
      expect(stdout, secret).not.to.include(secret);
    }
  });

  it('neither imago nor they leave their memory on the disk when they crash', () => {
    const limits = readFileSync(`/proc/${lab.pid}/limits`, 'utf8');
    expect(limits).to.match(/^Max core file size +0 +0 /m);
  });
});
