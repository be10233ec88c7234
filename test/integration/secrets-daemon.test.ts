import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { endpoints } from '../../src/api/endpoints.js';
import { renderedKinds } from '../../src/api/rendered.js';
import { DaemonLab } from '../support/daemon-lab.js';
import { OperatorsShell } from '../support/operators-shell.js';

const URL = 'http://10.75.0.1:4080';
/** One for each source; what mints it adds who it is for. */
const PLANTED = {
  file: 'planted-6f1c-in-a-file',
  credential: 'planted-b2d9-by-systemd',
  age: 'planted-77aa-in-age',
  sops: 'planted-e5f0-in-sops',
  program: 'planted-0c3b-minted',
};

interface Machine {
  readonly at: string;
  readonly mac: string;
  readonly address: string;
}

describe('secrets of one machine, with a real daemon', function () {
  this.timeout(240_000);
  const environment = { ...process.env };
  let lab: DaemonLab;
  let shell: OperatorsShell;
  let a: Machine;
  let b: Machine;
  /** Of the boot of `a`: `/m/<token>`. */
  let token = '';

  const inLab = (name: string) => join(lab.folder, name);
  const write = (name: string, content: string | Buffer, mode = 0o600) => {
    writeFileSync(inLab(name), content, { mode });
    chmodSync(inLab(name), mode);
    return inLab(name);
  };
  const machine = async (name: string): Promise<Machine> => {
    const at = await lab.machine(name);
    const mac = (await lab.on(at, 'cat', '/sys/class/net/eth0/address')).stdout.trim();
    const said = await lab.on(at, 'udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-s', '/bin/true');
    const [, address = ''] = /lease of (\S+) obtained/.exec(said.stderr + said.stdout) ?? [];
    await lab.on(at, 'ip', 'addr', 'replace', `${address}/24`, 'dev', 'eth0');
    return { at, mac, address };
  };
  const ask = async ({ at, address }: Machine, path: string, ...words: string[]) => {
    const options = ['-s', '-m', '20', '-w', '\n%{http_code} %{content_type}', '--interface', address];
    const { stdout } = await lab.on(at, 'curl', ...options, ...words, URL + path);
    const [, body = '', status = '', type = ''] = /^([^]*)\n(\d+) (.*)$/.exec(stdout) ?? [];
    return { status: Number(status), type, body };
  };
  /** The machine boots from the network, and learns its token. */
  const boot = async (from: Machine, serial: string): Promise<string> => {
    const { body } = await ask(from, `/ipxe?serial=${serial}&mac=${from.mac}&platform=pcbios`);
    return /http:\/\/10\.75\.0\.1:4080(\/m\/[0-9a-f]{32})\/first-stage-script/.exec(body)?.[1] ?? '';
  };
  const final = (from: Machine, serial: string, prefix: string, ...words: string[]) => {
    const nics = [{ Name: 'eth0', MacAddress: from.mac }];
    const body = JSON.stringify({ Serial: serial, NetDevs: nics, IPMIAddress: '' });
    return ask(from, `${prefix}/final-ignition-config.json`, ...words, '-d', body);
  };
  const plantedIn = (config: string): string => {
    const { storage } = JSON.parse(config) as {
      storage: { files: { contents: { source: string } }[] };
    };
    const [, data = ''] = storage.files[0]!.contents.source.split(',');
    return storage.files[0]!.contents.source.includes(';base64')
      ? Buffer.from(data, 'base64').toString()
      : decodeURIComponent(data);
  };
  const setClock = (seconds: number) => writeFileSync(inLab('clock'), String(seconds));

  /** That none of the values is in it, in no form that something could have brought it into. */
  const holdsNone = (what: string, content: string | Buffer) => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
    for (const [source, value] of Object.entries(PLANTED)) {
      const forms = [value, encodeURIComponent(value), Buffer.from(value).toString('hex')];
      // Base64 of it wherever it stands within something longer.
      for (const shift of [0, 1, 2]) {
        const encoded = Buffer.from(`${'x'.repeat(shift)}${value}`).toString('base64');
        forms.push(encoded.slice(Math.ceil((shift * 4) / 3) + 1, -4));
      }
      for (const form of forms)
        expect(bytes.includes(form), `${what} holds the secret of ${source}, as ${form}`).to.equal(false);
    }
  };

  before(async () => {
    lab = await DaemonLab.create('secrets');
    shell = new OperatorsShell(lab);
    mkdirSync(inLab('credentials'));
    mkdirSync(inLab('programs'));
    setClock(0);
    const key = write('age-key', '', 0o600);
    rmSync(key);
    execFileSync('age-keygen', ['-o', key], { stdio: 'pipe' });
    const recipient = execFileSync('age-keygen', ['-y', key], { encoding: 'utf8' }).trim();
    write('s.age', execFileSync('age', ['-r', recipient], { input: PLANTED.age }), 0o644);
    write('s.sops', 'encrypted', 0o644);
    // No Debian suite has sops: a stand-in for it, which shows what it is given.
    const shows = (program: string) =>
      `tr '\\0' '\\n' </proc/$$/environ >>${inLab(`seen-${program}`)}; ps -eo args >>${inLab('seen-processes')}`;
    write('programs/sops', `#!/bin/sh\n${shows('sops')}\nprintf %s ${PLANTED.sops}\n`, 0o755);
    const random = "$(od -An -N6 -tx1 /dev/urandom | tr -d ' \\n')";
    write(
      'programs/mint',
      `#!/bin/sh\n${shows('mint')}\necho ${PLANTED.program}-for-$IMAGO_SERIAL-${random}\n`,
      0o755,
    );
    write('credentials/join', `${PLANTED.credential}\n`, 0o440);
    const named = `
secrets:
  named:
    in-file: { file: ${write('in-file', `${PLANTED.file}\n`)} }
    by-systemd: { credential: join }
    in-age: { age: { file: ${inLab('s.age')}, identity: ${key} } }
    in-sops: { sops: { file: ${inLab('s.sops')}, key: a.b } }
    minted: { program: [${inLab('programs/mint')}] }
`;
    const names = ['in-file', 'by-systemd', 'in-age', 'in-sops', 'minted'];
    const line = names.map((name) => `secret('${name}')`).join(" ~ ' ' ~ ");
    write(
      'templates/planted.yaml',
      `ignition: { version: 3.3.0 }\nstorage:\n  files:\n    - path: /etc/planted\n      contents: { inline: {{ (${line}) | yaml }} }\n`,
      0o644,
    );
    const firstStage = readFileSync(inLab('templates/first-stage.sh'), 'utf8');
    write(
      'templates/first-stage.sh',
      firstStage.replace('set -u\n', "set -u\ntoken={{ secret('minted') | shell }}\n"),
      0o644,
    );
    lab.configure(
      (text) =>
        text
          .replace('level: info', 'level: debug')
          .replace(/ {4}osVersion: sandbox\n/g, '$&    templates: { ignition: planted.yaml }\n') + named,
    );
    process.env['CREDENTIALS_DIRECTORY'] = inLab('credentials');
    process.env['PATH'] = `${inLab('programs')}:${environment['PATH']}`;
    process.env['NODE_OPTIONS'] = `--import ${resolve('test/support/moving-clock.mjs')}`;
    process.env['IMAGO_TEST_CLOCK'] = inLab('clock');
    try {
      await lab.start();
    } finally {
      for (const name of ['CREDENTIALS_DIRECTORY', 'PATH', 'NODE_OPTIONS', 'IMAGO_TEST_CLOCK'])
        process.env[name] = environment[name] ?? '';
      for (const name of ['CREDENTIALS_DIRECTORY', 'NODE_OPTIONS', 'IMAGO_TEST_CLOCK'])
        if (environment[name] === undefined) delete process.env[name];
    }
    a = await machine('a');
    b = await machine('b');
  });
  after(() => lab.remove());

  let config = '';

  it('come to the machine that is proven, from every source', async () => {
    token = await boot(a, 'node-a');
    expect(token).to.match(/^\/m\//);
    const script = await ask(a, `${token}/first-stage-script/node-a`);
    expect(script.status, script.body).to.equal(200);
    const [, minted = ''] = /^token='(.*)'$/m.exec(script.body) ?? [];
    expect(minted).to.match(new RegExp(`^${PLANTED.program}-for-node-a-[0-9a-f]{12}$`));
    const answer = await final(a, 'node-a', token);
    expect(answer.status, answer.body).to.equal(200);
    config = answer.body;
    expect(plantedIn(config)).to.equal(
      [PLANTED.file, PLANTED.credential, PLANTED.age, PLANTED.sops, minted].join(' '),
    );
  });

  it('to nobody else: not under its serial, not by its URLs', async () => {
    for (const prefix of ['', token]) {
      for (const answer of [
        await final(b, 'node-a', prefix),
        await ask(b, `${prefix}/first-stage-script/node-a`),
        await ask(b, `${prefix}/ignition/node-a`),
      ]) {
        expect(answer.status, answer.body).to.be.oneOf([403, 409]);
        holdsNone('what B is told', answer.body);
      }
    }
  });

  it('the same once more within a minute, then not again, which is an alarm, an event and a metric', async () => {
    expect((await final(a, 'node-a', token)).body).to.equal(config);
    setClock(61);
    const refused = await final(a, 'node-a', token);
    expect(refused.status).to.equal(409);
    expect((await final(a, 'node-a', '')).body, 'by its lease and card').to.include('SECRETS_SERVED');
    expect(refused.body).to.match(
      /SECRETS_SERVED\): this boot of it was handed ignition \d+ s ago; boot the machine again/,
    );
    const ready = (await lab.onServer('curl', '-s', `${URL}/ready`)).stdout;
    expect(ready).to.include('"code":"SECRETS_SERVED"');
    expect((await shell.type('imagoctl check')).stdout).to.match(
      /^SECRETS_SERVED: node-a was refused its secrets: this boot/m,
    );
    const events = (await lab.onServer('curl', '-s', `${URL}/api/v1/events`)).stdout;
    expect(events).to.include('"code":"handed-out"').and.to.include('"code":"asked-again"');
    const metrics = (await lab.onServer('curl', '-s', `${URL}/metrics`)).stdout;
    expect(metrics).to.match(/imago_secret_requests_total\{outcome="served-already"\} 2/);
    expect(metrics).to.match(/imago_secret_requests_total\{outcome="repeated"\} 1/);
  });

  it('as HEAD nothing is handed out', async () => {
    const head = await ask(a, `${token}/ignition/node-a`, '-I');
    holdsNone('the answer to a HEAD', head.body);
    const served = async () =>
      /^imago_secret_requests_total\{outcome="served"\} \d+$/m.exec(
        (await lab.onServer('curl', '-s', `${URL}/metrics`)).stdout,
      )?.[0];
    const before = await served();
    token = await boot(a, 'node-a');
    const stage = await ask(a, `${token}/first-stage-script/node-a`, '-I');
    expect(stage.status).to.equal(200);
    holdsNone('the answer to a HEAD of the first stage', stage.body);
    expect(before).to.be.a('string');
    expect(await served()).to.equal(before);
  });

  it('to its next boot, minted anew, and sealed to the key that it sends', async () => {
    token = await boot(a, 'node-a');
    const key = inLab('installer-key');
    execFileSync('age-keygen', ['-o', key], { stdio: 'pipe' });
    const recipient = execFileSync('age-keygen', ['-y', key], { encoding: 'utf8' }).trim();
    const sealed = inLab('sealed');
    const answer = await final(a, 'node-a', token, '-H', `X-Imago-Recipient: ${recipient}`, '-o', sealed);
    expect(answer).to.include({ status: 200, type: 'application/age' });
    holdsNone('a sealed answer', readFileSync(sealed));
    const opened = execFileSync('age', ['--decrypt', '-i', key, sealed], { encoding: 'utf8' });
    rmSync(sealed);
    expect(plantedIn(opened))
      .to.include(PLANTED.age)
      .and.to.match(/minted-for-node-a-[0-9a-f]{12}$/);
    expect(plantedIn(opened)).not.to.equal(plantedIn(config));
    const other = execFileSync('age-keygen', [], { encoding: 'utf8', stdio: 'pipe' });
    const another = /age1[a-z0-9]+/.exec(other)?.[0] ?? '';
    const refused = await final(a, 'node-a', token, '-H', `X-Imago-Recipient: ${another}`);
    expect(refused.status).to.equal(409);
    expect(refused.body).to.include('sealed to another key');
    expect((await final(a, 'node-a', token, '-H', 'X-Imago-Recipient: age1wrong')).status).to.equal(400);
  });

  it('to a boot that is proven by its lease and card, and not again by the token of that boot', async () => {
    token = await boot(a, 'node-a');
    expect((await final(a, 'node-a', '')).status).to.equal(200);
    setClock(122);
    expect((await final(a, 'node-a', token)).body).to.include('SECRETS_SERVED');
  });

  it('after an operator has it configured once more, to the same boot', async () => {
    setClock(140);
    expect((await final(a, 'node-a', token)).status).to.equal(409);
    expect((await shell.type('imagoctl set node-a state configured')).status).to.equal(0);
    expect((await shell.type('imagoctl check')).stdout).not.to.include('SECRETS_SERVED');
    expect((await final(a, 'node-a', token)).status).to.equal(200);
  });

  it('show to operators as names and fingerprints', async () => {
    const { stdout } = await shell.type('imagoctl render node-a --what ignition');
    expect(plantedIn(stdout)).to.match(
      /^<secret in-file [0-9a-f]{8}> <secret by-systemd [0-9a-f]{8}> <secret in-age [0-9a-f]{8}> <secret in-sops [0-9a-f]{8}> <secret minted minted>$/,
    );
    const listed = await shell.type('imagoctl secrets list');
    expect(listed.stdout).to.match(/^in-age +age +[0-9a-f]{8} +all +\S+ +node-a$/m);
    expect(listed.stdout).to.match(/^minted +program +minted +all/m);
  });

  describe('stand nowhere else:', () => {
    it('no log', () => {
      expect(lab.log()).to.include('secrets were handed out').and.to.include('"level":"debug"');
      holdsNone('the log', lab.log());
    });

    it('no metric', async () =>
      holdsNone('/metrics', (await lab.onServer('curl', '-s', `${URL}/metrics`)).stdout));

    it('no answer of the API', async () => {
      const gets = Object.values(endpoints).filter(({ method }) => method === 'GET');
      const paths = gets.flatMap(({ path }) =>
        path.includes(':what')
          ? renderedKinds.map((what) => path.replace(':serial', 'node-a').replace(':what', what))
          : [path.replaceAll(/[:*](serial|name)\b/g, 'node-a').replaceAll(/[:*]\w+/g, 'x')],
      );
      expect(paths.length).to.be.greaterThan(25);
      for (const path of [...paths, '/ready', '/health', '/api/v1/explain/node-b'])
        holdsNone(path, (await lab.onServer('curl', '-s', '-m', '5', `${URL}${path}`)).stdout);
    });

    it('no output of imagoctl', async () => {
      const rendered = renderedKinds.map((what) => `render node-a --what ${what}`);
      const revision = (await shell.type('imagoctl history node-a -o json')).stdout;
      const [, first = ''] = /"commit": "([0-9a-f]{40})"[^]*$/.exec(revision) ?? [];
      for (const words of [
        ...rendered,
        'explain node-a',
        'history node-a',
        `diff node-a ${first}`,
        'log',
        'events',
        'status node-a',
        'list -o json',
        'export',
        'check',
        'secrets list -o json',
        'simulate boot node-a',
        'simulate boot node-a -o json',
      ]) {
        const { stdout, stderr } = await shell.type(`imagoctl ${words}`);
        expect(stdout + stderr, words).not.to.equal('');
        holdsNone(`imagoctl ${words}`, stdout + stderr);
      }
    });

    it('no object of Git, and no backup', async () => {
      const objects = (repository: string) =>
        execFileSync('git', ['-C', repository, 'cat-file', '--batch-all-objects', '--batch'], {
          maxBuffer: 64 * 1024 * 1024,
        });
      const all = objects(inLab('clusters/sandbox'));
      expect(all.toString('latin1')).to.include('updated host state to installing');
      holdsNone('Git', all);
      expect((await shell.type('imagoctl backup saved.bundle')).status).to.equal(0);
      holdsNone('the backup', readFileSync(inLab('saved.bundle')));
      execFileSync('git', ['clone', '-q', inLab('saved.bundle'), inLab('restored')], { stdio: 'pipe' });
      holdsNone('what the backup holds', objects(inLab('restored')));
    });

    it('no file of imago’s own, nor a core dump', () => {
      const files = ['var', 'clusters'].flatMap((folder) =>
        readdirSync(inLab(folder), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name)),
      );
      expect(files.map((file) => file.slice(lab.folder.length))).to.include('/var/secrets/deliveries');
      for (const file of files) holdsNone(file, readFileSync(file));
      expect(readdirSync(lab.folder).filter((name) => name.startsWith('core'))).to.deep.equal([]);
    });

    it('no command line or environment of what the daemon runs, nor its own', () => {
      const processes = readFileSync(inLab('seen-processes'), 'utf8');
      expect(processes).to.include('programs/mint');
      holdsNone('the command lines', processes);
      for (const program of ['mint', 'sops']) {
        const seen = readFileSync(inLab(`seen-${program}`), 'utf8');
        expect(seen).to.match(/^PATH=/m);
        expect(seen).not.to.match(/^(NODE_OPTIONS|CREDENTIALS_DIRECTORY)=/m);
        holdsNone(`the environment of ${program}`, seen);
      }
      expect(readFileSync(inLab('seen-mint'), 'utf8')).to.match(/^IMAGO_SERIAL=node-a$/m);
      const daemon = execFileSync('pgrep', ['-f', '--', `--config ${lab.configFile}`], { encoding: 'utf8' })
        .trim()
        .split('\n');
      expect(daemon.length).to.be.greaterThan(0);
      for (const pid of daemon) {
        holdsNone('the daemon’s command line', readFileSync(`/proc/${pid}/cmdline`));
        holdsNone('the daemon’s environment', readFileSync(`/proc/${pid}/environ`));
      }
    });
  });

  it('a kill -9 gives nobody a second go', async () => {
    token = await boot(a, 'node-a');
    expect((await final(a, 'node-a', token)).status).to.equal(200);
    await lab.stop('SIGKILL');
    process.env['CREDENTIALS_DIRECTORY'] = inLab('credentials');
    process.env['PATH'] = `${inLab('programs')}:${environment['PATH']}`;
    try {
      await lab.start();
    } finally {
      process.env['PATH'] = environment['PATH'] ?? '';
      delete process.env['CREDENTIALS_DIRECTORY'];
    }
    const again = await final(a, 'node-a', token);
    expect(again.status, 'what was minted is gone').to.equal(409);
    expect(again.body).to.include('SECRETS_SERVED');
    token = await boot(a, 'node-a');
    expect((await final(a, 'node-a', token)).status).to.equal(200);
  });
});
