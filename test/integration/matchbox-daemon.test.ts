import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { CertificateAuthority } from '../support/certificates.js';
import { DaemonLab, finish } from '../support/daemon-lab.js';
import { pythonCalls, type Fields } from '../support/python-grpc.js';

const MATCHBOX = 'http://10.75.0.1:8080';
const OWN = 'http://10.75.0.1:4080';
const NOT_FOUND = '404 page not found\n';
const PASSPHRASE = 'open sesame';

describe('the daemon in the place of matchbox', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let data: string;
  let home: string;
  let ca: CertificateAuthority;

  const write = (path: string, text: string) => {
    mkdirSync(join(data, path, '..'), { recursive: true });
    writeFileSync(join(data, path), text);
  };
  const gpg = (...words: string[]) =>
    execFileSync(
      'gpg',
      ['--homedir', home, '--batch', '--pinentry-mode', 'loopback', '--passphrase', PASSPHRASE, ...words],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
  const get = async (url: string) => (await lab.onClient('curl', '-s', '-g', url)).stdout;
  /** As Terraform does: a group of that id with these metadata, and a template. */
  const putByGrpc = async (id: string, metadata: string) => {
    const group: Fields = [
      [1, id],
      [3, 'p'],
      [
        4,
        [
          [1, 'os'],
          [2, id],
        ],
      ],
      [5, metadata],
    ];
    const outcomes = await pythonCalls(
      {
        address: '10.75.0.1:8081',
        ca: ca.certificate,
        as: ca.client('/CN=terraform'),
        within: ['ip', 'netns', 'exec', lab.client],
      },
      [
        { path: '/rpcpb.Groups/GroupPut', fields: [[1, group]] },
        { path: '/rpcpb.Groups/GroupGet', fields: [[1, id]] },
        { path: '/rpcpb.Groups/GroupDelete', fields: [[1, 'none']] },
      ],
    );
    expect(outcomes.map(({ code }) => code)).to.deep.equal(['OK', 'OK', 'UNKNOWN']);
    return Buffer.from(outcomes[1]?.answer ?? '', 'hex').toString('utf8');
  };
  const withGrpc = (section: string) => {
    const { certificate, key } = ca.server('10.75.0.1');
    const grpc = `{ certificate: ${certificate}, key: ${key}, clientCa: ${ca.certificate} }`;
    lab.configure((text) =>
      text.replace(/^listeners:$/m, `matchbox: ${section}\nlisteners:\n  matchbox: { grpc: ${grpc} }`),
    );
  };
  const matchbox = (section: string) =>
    lab.configure((text) => `${text.replace('level: info', 'level: debug')}\nmatchbox:\n${section}\n`);

  before(async () => {
    lab = await DaemonLab.create('matchbox');
    ca = CertificateAuthority.create();
    data = join(lab.folder, 'matchbox');
    home = mkdtempSync(join(tmpdir(), 'gpg-'));
    gpg('--quick-generate-key', 'Rack <rack@example.net>', 'ed25519', 'sign', '0');
    writeFileSync(join(lab.folder, 'ring.gpg'), gpg('--export-secret-keys'));
    writeFileSync(join(home, 'public.gpg'), gpg('--export'));
    write(
      'groups/node1.json',
      '{"id":"node1","profile":"p","selector":{"mac":"52-54-00-00-00-01"},"metadata":{"name":"one"}}',
    );
    write(
      'profiles/p.json',
      '{"id":"p","generic_id":"p.tmpl","boot":{"kernel":"/assets/vmlinuz","initrd":["--name main /assets/initrd"],"args":["initrd=main"]}}',
    );
    write('generic/p.tmpl', 'I am {{.name}}\n');
    write('groups/broken.json', '{\n"id": ');
    write('assets/vmlinuz', 'a kernel');
    process.env['MATCHBOX_PASSPHRASE'] = PASSPHRASE;
    await lab.onClient('ip', 'addr', 'add', '10.75.0.200/24', 'dev', 'eth0');
  });
  after(async () => {
    delete process.env['MATCHBOX_PASSPHRASE'];
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
    rmSync(home, { recursive: true });
    ca.remove();
    await lab.remove();
  });

  const machine = 'uuid=u&mac=52-54-00-00-00-01&domain=&hostname=&serial=rack1&arch=x86_64';

  describe('with its data folder', () => {
    before(async () => {
      matchbox('  data: matchbox\n  assets: matchbox/assets\n  keyRing: ring.gpg');
      await lab.start();
    });
    after(() => lab.stop());

    it('answers at its port', async () => {
      expect(await get(`${MATCHBOX}/`)).to.equal('matchbox\n');
      expect(await get(`${MATCHBOX}/ipxe?${machine}`)).to.equal(
        '#!ipxe\nkernel /assets/vmlinuz initrd=main\ninitrd --name main /assets/initrd\nboot\n',
      );
      expect(await get(`${MATCHBOX}/generic?${machine}`)).to.equal('I am one\n');
      expect(await get(`${MATCHBOX}/assets/vmlinuz`)).to.equal('a kernel');
      expect(await get(`${MATCHBOX}/ipxe?mac=52-54-00-00-00-02`)).to.equal(NOT_FOUND);
      expect(await get(`${OWN}/generic?${machine}`)).not.to.equal('I am one\n');
    });

    it('an edit holds from the next request on', async () => {
      write('generic/p.tmpl', 'I was {{.name}}\n');
      expect(await get(`${MATCHBOX}/generic?${machine}`)).to.equal('I was one\n');
      write(
        'groups/node1.json',
        '{"id":"node1","profile":"p","selector":{"mac":"52-54-00-00-00-01"},"metadata":{"name":"two"}}',
      );
      expect(await get(`${MATCHBOX}/generic?${machine}`)).to.equal('I was two\n');
    });

    it('a faulty file is told with its line in the log, in health, and by imagoctl check', async () => {
      expect(lab.log()).to.include('matchbox: left out: groups/broken.json:2:');
      expect(await get(`${OWN}/health`)).to.include('groups/broken.json:2:');
      const check = await lab.onServer(resolve('bin/imagoctl'), 'check');
      expect(check.stdout).to.match(/MATCHBOX_FAULT.*groups\/broken\.json:2:/);
      expect(check.status).to.equal(1);
    });

    it('a template that failed, and a profile that is missing, are alarms until they are put right', async () => {
      write('groups/odd.json', '{"id":"odd","profile":"odd","selector":{"os":"odd"}}');
      const alarms = async () => get(`${OWN}/health`);
      expect(await get(`${MATCHBOX}/ipxe?os=odd`)).to.equal(NOT_FOUND);
      expect(await alarms()).to.include("group 'odd' names profile 'odd', which is not there");
      write('profiles/odd.json', '{"id":"odd","ignition_id":"odd.ign"}');
      write('ignition/odd.ign', '{ "ignition": ');
      expect(await get(`${MATCHBOX}/ignition?os=odd`)).to.equal(NOT_FOUND);
      const check = await lab.onServer(resolve('bin/imagoctl'), 'check');
      expect(check.stdout).to.match(/MATCHBOX_FAULT.*group odd, profile odd: ignition\/odd\.ign:1:/);
      expect(check.stdout).not.to.include("group 'odd'");
      expect(lab.log()).to.include('matchbox: group odd, profile odd: ignition/odd.ign:1:');
      write('ignition/odd.ign', '{ "ignition": { "version": "3.4.0" } }');
      expect(await get(`${MATCHBOX}/ignition?os=odd`)).to.include('"version":"3.4.0"');
      expect(await alarms()).not.to.include('odd');
      for (const path of ['groups/odd.json', 'profiles/odd.json', 'ignition/odd.ign'])
        rmSync(join(data, path));
    });

    it("imago's own /ipxe boots the machine by its group, and simulate says so", async () => {
      expect(await get(`${OWN}/ipxe?${machine}`)).to.include(
        'kernel http://10.75.0.1:8080/assets/vmlinuz initrd=main ||',
      );
      const played = await lab.onServer(
        resolve('bin/imagoctl'),
        'simulate',
        'boot',
        '--mac',
        '52:54:00:00:00:01',
        '--firmware',
        'ipxe',
      );
      expect(played.stdout, played.stderr).to.include('group node1');
      expect(played.stdout).to.match(/http:\/\/10\.75\.0\.1:8080\/assets\/vmlinuz {2}8 B/);
      expect(played.stdout).to.match(
        /FAULT: http:\/\/10\.75\.0\.1:8080\/assets\/initrd: .*\/matchbox\/assets has no such file: put it there/,
      );
    });

    it('signs each answer so that gpg takes it, with the passphrase of the key', async () => {
      const file = join(home, 'body');
      await lab.onClient('curl', '-s', '-g', '-o', file, `${MATCHBOX}/generic?${machine}`);
      for (const [ending, form] of [
        ['sig', 'binary'],
        ['asc', 'armored'],
      ] as const) {
        const signature = `${file}.${ending}`;
        await lab.onClient('curl', '-s', '-g', '-o', signature, `${MATCHBOX}/generic.${ending}?${machine}`);
        const said = await finish('gpgv', ['--keyring', join(home, 'public.gpg'), signature, file]);
        expect(said.status, `${form}: ${said.stderr}`).to.equal(0);
        writeFileSync(join(home, 'other'), 'another body');
        const other = await finish('gpgv', [
          '--keyring',
          join(home, 'public.gpg'),
          signature,
          join(home, 'other'),
        ]);
        expect(other.status, `${form} over another body`).not.to.equal(0);
      }
      expect(await get(`${MATCHBOX}/generic.sig?mac=52-54-00-00-00-02`)).to.equal(NOT_FOUND);
    });
  });

  describe('otherwise', () => {
    it('does not start with the wrong passphrase, and says why', async () => {
      process.env['MATCHBOX_PASSPHRASE'] = 'wrong';
      const ended = await lab.start().then(
        () => 'started',
        (error: unknown) => String(error),
      );
      process.env['MATCHBOX_PASSPHRASE'] = PASSPHRASE;
      expect(ended).to.match(
        /matchbox\.keyRing: the environment variable MATCHBOX_PASSPHRASE is not the passphrase of the key in /,
      );
    });

    it('with records made of the folder it answers the same', async () => {
      const imago = (...words: string[]) =>
        finish(resolve('bin/imago'), [...words, '--config', lab.configFile]);
      matchbox('  records: true');
      const refused = await imago('--import-matchbox', data);
      expect([refused.status, refused.stderr]).to.satisfy(
        ([status, said]: [number, string]) => status === 1 && said.includes('groups/broken.json:2:'),
      );
      const taken = await imago('--import-matchbox', data, '--skip-faulty');
      expect(taken.stdout)
        .to.include('1 group, 1 profile, 1 template')
        .and.to.include('left out: groups/broken.json:2:');
      const checked = await finish(resolve('bin/imago'), ['--check-matchbox', data]);
      expect([checked.status, checked.stderr.includes('groups/broken.json:2:')]).to.deep.equal([1, true]);
      await lab.start();
      expect(await get(`${MATCHBOX}/generic?${machine}`)).to.equal('I was two\n');
      expect((await lab.git('log', '--format=%s')).stdout).to.include(
        'groups/node1: imported from matchbox\n',
      );
      expect(await lab.stop()).to.equal(0);
    });

    it('with records each put by gRPC is a commit by the name of the certificate, and serves at once', async () => {
      withGrpc('{ records: true }');
      await lab.start();
      const metadata = '{ "name": "three",  "n": [1.0] }';
      expect(await putByGrpc('three', metadata)).to.include(metadata);
      expect(await get(`${MATCHBOX}/generic?os=three`)).to.equal('I was three\n');
      const log = await lab.git('log', '-1', '--format=%an: %s');
      expect(log.stdout).to.equal('terraform: groups/three: created\n');
      const history = await lab.onServer(resolve('bin/imagoctl'), 'history', 'groups/three');
      expect(history.stdout).to.match(/terraform .*created/);
      expect(await lab.stop()).to.equal(0);
    });

    it('with a folder each put by gRPC is a file as matchbox writes it, and serves at once', async () => {
      withGrpc('{ data: matchbox }');
      await lab.start();
      expect(await putByGrpc('four', '{"name":"four"}')).to.include('{"name":"four"}');
      expect(await get(`${MATCHBOX}/generic?os=four`)).to.equal('I was four\n');
      expect(readFileSync(join(data, 'groups/four.json'), 'utf8')).to.equal(
        '{\n\t"id": "four",\n\t"profile": "p",\n\t"selector": {\n\t\t"os": "four"\n\t},\n\t"metadata": {\n\t\t"name": "four"\n\t}\n}',
      );
      // The daemon's umask takes the rights of others away.
      expect(statSync(join(data, 'groups/four.json')).mode & 0o777).to.equal(0o644);
      expect(await lab.stop()).to.equal(0);
    });
  });
});
