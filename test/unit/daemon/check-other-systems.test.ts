import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { checkAll, checkConfig } from '../../../src/daemon/check-config.js';
import {
  groupKind,
  ignitionKind,
  matchboxKinds,
  type MatchboxCode,
} from '../../../src/dialects/matchbox/records/record-kinds.js';
import type { RecordKind } from '../../../src/host/record-kind.js';
import { recordPath } from '../../../src/store/layout.js';
import { openHostStore } from '../../../src/store/open-host-store.js';
import { CertificateAuthority } from '../../support/certificates.js';
import { houseConfig } from '../../support/http-house.js';
import { rejection } from '../../support/rejection.js';

describe('the files of other systems', () => {
  let home: string;
  let file: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'imago-others-'));
    for (const folder of ['conf', 'images/v1', 'tftproot', 'bootcfg/boot/mac', 'bootcfg/cloud'])
      mkdirSync(join(home, folder), { recursive: true });
    for (const image of ['vmlinuz', 'initrd.cpio.gz', 'install_image.bin.bz2'])
      writeFileSync(join(home, 'images/v1', image), 'x');
    file = join(home, 'conf/imago.yaml');
    configure('bootcfg: { data: bootcfg, images: images }');
  });
  afterEach(() => rmSync(home, { recursive: true }));

  function configure(section: string): void {
    const paths = `paths: { templates: ${resolve('templates')}, snippets: ${resolve('template_snippets')} }`;
    writeFileSync(file, `${houseConfig}\n${paths}\n${section}\n`);
  }

  it('are read from where the configuration is', async () => {
    const { bootcfg } = await checkAll(file);
    expect(bootcfg).to.deep.equal({ data: join(home, 'bootcfg'), images: join(home, 'images') });
  });

  it('are checked as a whole, and named by file and line beside their setting', async () => {
    writeFileSync(join(home, 'bootcfg/boot/mac/52:54:00:00:00:01'), '{\n"kernel": [] }');
    writeFileSync(join(home, 'bootcfg/boot/default'), 'none');
    const { message } = await rejection(checkAll(file));
    expect(message).to.match(/^2 faults in the configuration\n/);
    expect(message).to.match(/imago\.yaml:\d+:12: bootcfg\.data: boot\/default:1: 'none' is no JSON/);
    expect(message).to.include("bootcfg.data: boot/mac/52:54:00:00:00:01:2: kernel: '[]' is no text");
    expect(checkConfig(file, { withAll: false }), 'the daemon serves the others').to.include.keys('bootcfg');
  });

  for (const { section, want } of [
    { section: 'bootcfg: { data: nothing }', want: 'bootcfg.data: HOME/nothing is not a folder' },
    { section: 'bootcfg: { data: bootcfg, images: no }', want: 'bootcfg.images: HOME/no is not a folder' },
    { section: 'bootcfg: { data: bootcfg, images: conf }', want: 'HOME/conf would give the configuration' },
  ]) {
    it(`are folders, and give nothing of imago’s own away: ${section}`, async () => {
      configure(section);
      expect((await rejection(checkAll(file))).message.replaceAll(home, 'HOME')).to.include(want);
    });
  }

  it('a missing folder of matchbox is told once', async () => {
    configure('matchbox: { data: nothing }');
    const { message } = await rejection(checkAll(file));
    expect(message).to.match(/^one fault in the configuration\n/);
    expect(message).to.include(`${home}/nothing is not a folder`);
  });

  it('the key ring, and what gRPC shows, are there: each that is not is named at its line', async () => {
    configure(`matchbox:
  records: true
  keyRing: secring.gpg
listeners:
  matchbox:
    grpc:
      certificate: conf
      key: tls/key.pem
      clientCa: tls/ca.pem`);
    const { message } = await rejection(checkAll(file));
    const lines = message.replaceAll(home, 'HOME').split('\n').slice(1);
    const first = Number(/imago\.yaml:(\d+):/.exec(lines[0] ?? '')?.[1]);
    const places = lines.map((line) =>
      line.replace(/^.*imago\.yaml:(\d+):\d+: /, (_, at) => `${+at - first} `),
    );
    const missing = 'cannot be read: there is no such file; make it, or name another';
    expect(places).to.deep.equal([
      `0 matchbox.keyRing: HOME/secring.gpg ${missing}`,
      '4 listeners.matchbox.grpc.certificate: HOME/conf is no file: name one',
      `5 listeners.matchbox.grpc.key: HOME/tls/key.pem ${missing}`,
      `6 listeners.matchbox.grpc.clientCa: HOME/tls/ca.pem ${missing}`,
    ]);
  });

  it('what gRPC shows is a certificate, and its key', async () => {
    writeFileSync(join(home, 'conf/a.pem'), 'no PEM');
    configure(
      'pxeInit: { enabled: true }\nlisteners: { pxeInit: { grpc: { certificate: conf/a.pem, key: conf/a.pem, trusted: true } } }',
    );
    const { message } = await rejection(checkAll(file));
    expect(message).to.include('listeners.pxeInit.grpc: ').and.to.include('write a certificate and the key');
  });

  it('the CA of operators, and what it has revoked, are there and can be read', async () => {
    const said = async (files: string) => {
      configure(`operators: { certificates: { ${files}, roles: [{ commonName: '*', role: viewer }] } }`);
      return (await rejection(checkAll(file))).message.replaceAll(home, 'HOME');
    };
    expect(await said('ca: ops.crt')).to.include(
      'operators.certificates.ca: HOME/ops.crt cannot be read: there is no such file',
    );
    writeFileSync(join(home, 'ops.crt'), 'none');
    expect(await said('ca: ops.crt')).to.include('write the certificate of the CA of your callers as PEM');
    const ca = CertificateAuthority.create();
    try {
      writeFileSync(join(home, 'ops.crt'), readFileSync(ca.certificate));
      writeFileSync(join(home, 'ops.crl'), 'none');
      expect(await said('ca: ops.crt, crl: ops.crl')).to.include(
        'HOME/ops.crl cannot be used: it has no such list',
      );
    } finally {
      ca.remove();
    }
  });

  it('records of matchbox are looked at where they lie, and stay as they are', async () => {
    configure('matchbox: { records: true }');
    const { paths, cluster } = await checkAll(file);
    const directory = join(paths.clusters, cluster);
    const store = await openHostStore({
      directory,
      clock: () => new Date(),
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
      kinds: matchboxKinds,
    });
    const author = { name: 'ada', kind: 'operator' } as const;
    const put = async <T extends object>(kind: RecordKind<T, MatchboxCode>, name: string, record: T) =>
      store.records(kind).change(name, () => ({ record, code: 'created' }), author);
    await put(ignitionKind, 'controller.ign', Buffer.from('{ bad'));
    await put(groupKind, 'node1', {
      id: 'node1',
      name: '',
      profile: 'controller',
      selector: {},
    });
    await store.close();
    const place = join(directory, recordPath(groupKind, 'edited'));
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, '{\n"id": edited }');
    const before = statSync(join(directory, '.git')).mtimeMs;
    const { message } = await rejection(checkAll(file));
    expect(message).to.match(/^3 faults in the configuration\n/);
    expect(message)
      .to.include('matchbox.records: ignition/controller.ign:1: is no JSON')
      .and.to.include("groups/node1.json: profile: there is no profile 'controller'")
      .and.to.match(/matchbox\.records: groups\/[0-9a-f]{2}\/edited\.json:2: '"id": edited }' is no JSON/);
    expect(statSync(join(directory, '.git')).mtimeMs).to.equal(before);
  });
});
