import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { CertificateAuthority, type CertificateOnDisk } from '../support/certificates.js';
import { GrpcCaller } from '../support/grpc-caller.js';
import { openGrpcHouse, until, word, type GrpcHouse } from '../support/grpc-house.js';

const nothing = word.encode({ word: '', content: new Uint8Array() });
const said = (text: string) => word.encode({ word: text, content: new Uint8Array() });

describe('gRPC over TLS', () => {
  let ours: CertificateAuthority;
  let theirs: CertificateAuthority;
  let alice: CertificateOnDisk;
  let house: GrpcHouse;
  let now: number;
  const sockets: TLSSocket[] = [];
  const files = () => ({
    certificate: join(ours.folder, 'live.crt'),
    key: join(ours.folder, 'live.key'),
    clientCa: join(ours.folder, 'live-ca.crt'),
  });

  before(() => {
    ours = CertificateAuthority.create();
    theirs = CertificateAuthority.create('another CA');
    alice = ours.client('/CN=alice');
  });
  after(() => {
    ours.remove();
    theirs.remove();
  });
  beforeEach(() => {
    now = 0;
    replace(ours.server(), ours);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await house.close();
  });

  const replace = ({ certificate, key }: CertificateOnDisk, ca: CertificateAuthority) => {
    copyFileSync(certificate, files().certificate);
    copyFileSync(key, files().key);
    copyFileSync(ca.certificate, files().clientCa);
  };
  const open = async (parts: Parameters<typeof openGrpcHouse>[0] = {}) =>
    (house = await openGrpcHouse({ tls: files(), clock: () => now, ...parts }));
  const socket = (options: ConnectionOptions = {}) => {
    const made = connect({
      port: house.server.port,
      host: '127.0.0.1',
      ca: readFileSync(ours.certificate),
      ALPNProtocols: ['h2'],
      ...options,
    });
    made.on('error', () => undefined);
    sockets.push(made);
    return made;
  };
  const withCertificate = ({ certificate, key }: CertificateOnDisk) => ({
    cert: readFileSync(certificate),
    key: readFileSync(key),
  });
  const caller = (options: ConnectionOptions = withCertificate(alice)) =>
    GrpcCaller.to(house.server.port, socket(options));

  it('knows a caller by the common name of his certificate, with TLS 1.3 and 1.2', async () => {
    await open();
    for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
      const options = { ...withCertificate(alice), minVersion: version, maxVersion: version };
      expect((await caller(options).call('/lab.Words/WhoAmI', nothing)).answers).to.deep.equal([
        said('alice'),
      ]);
    }
  });

  const names = [
    { subject: '/O=ops/CN=bob the builder', name: 'bob the builder' },
    { subject: '/O=ops', name: /^([0-9A-F]{2}:){21}…?/ },
    { subject: '/CN=first/CN=second', name: 'first' },
  ];
  for (const { subject, name } of names) {
    it(`names one with ${subject}`, async () => {
      await open();
      const { answers } = await caller(withCertificate(ours.client(subject, 'other'))).call(
        '/lab.Words/WhoAmI',
        nothing,
      );
      const { word: told } = word.decode(answers[0]!);
      if (typeof name === 'string') expect(told).to.equal(name);
      else expect(told).to.match(name);
    });
  }

  it('refuses who shows no certificate: TLS itself says so', async () => {
    await open();
    const bare = socket();
    const session = GrpcCaller.to(house.server.port, bare);
    const [error] = (await once(bare, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
    await session.closed();
    await until(() => house.told.length > 0);
    expect(house.told).to.deep.equal(['no-certificate']);
    expect(house.log).to.have.length(1);
    expect(house.log[0]?.facts).to.deep.include({ from: '127.0.0.1', reason: 'no-certificate' });
  });

  it('refuses who shows a certificate of another CA, or his own', async () => {
    await open();
    const foreign = caller(withCertificate(theirs.client('/CN=alice')));
    expect((await foreign.call('/lab.Words/WhoAmI', nothing)).status).to.equal(undefined);
    const own = caller(
      withCertificate({ certificate: theirs.certificate, key: join(theirs.folder, 'ca.key') }),
    );
    expect((await own.call('/lab.Words/WhoAmI', nothing)).status).to.equal(undefined);
    await until(() => house.told.length === 2);
    expect(house.told).to.deep.equal(['foreign-certificate', 'foreign-certificate']);
    expect(house.log[0]?.facts).to.deep.include({ reason: 'foreign-certificate' });
  });

  it('speaks to anybody where no CA is named', async () => {
    const { certificate, key } = files();
    await open({ tls: { certificate, key } });
    expect((await caller({}).call('/lab.Words/WhoAmI', nothing)).answers).to.deep.equal([said('nobody')]);
  });

  it('speaks no TLS before 1.2', async () => {
    await open();
    const old = socket({
      ...withCertificate(alice),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const [error] = (await once(old, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });

  it('waits so long for a handshake', async () => {
    await open({ times: { handshake: 20 } });
    const silent = connectPlain(house.server.port, '127.0.0.1');
    silent.resume();
    await once(silent, 'close');
    expect(house.told).to.deep.equal(['handshake-time']);
    await until(() => house.server.connections === 0);
  });

  it('writes one line for a flood of a kind', async () => {
    await open();
    for (let count = 0; count < 30; count += 1) {
      const noise = connectPlain(house.server.port, '127.0.0.1');
      noise.end('GET / HTTP/1.1\r\n\r\n');
      noise.resume();
      await once(noise, 'close');
    }
    await until(() => house.told.length === 30);
    expect(new Set(house.told)).to.deep.equal(new Set(['tls']));
    expect(house.log).to.have.length(1);
    expect((await caller().call('/lab.Words/WhoAmI', nothing)).status).to.equal(0);
  });

  it('lets strangers go first when places are short', async () => {
    await open({ limits: { connections: 4 } });
    const known = caller();
    expect((await known.call('/lab.Words/WhoAmI', nothing)).status).to.equal(0);
    for (let count = 0; count < 10; count += 1) {
      const stranger = connectPlain(house.server.port, '127.0.0.1');
      stranger.on('error', () => undefined);
      stranger.resume();
      await once(stranger, 'connect');
    }
    await until(() => house.told.filter((limit) => limit === 'grpc-connections').length === 7);
    expect((await known.call('/lab.Words/WhoAmI', nothing)).status).to.equal(0);
  });

  describe('certificates that are replaced', () => {
    const shown = async () => {
      const other = socket({ ...withCertificate(alice), rejectUnauthorized: false });
      await once(other, 'secureConnect');
      return other.getPeerCertificate().fingerprint256;
    };

    it('hold from the next connection on; those that began before end after their calls', async () => {
      await open();
      const before = caller();
      const under = before.call('/lab.Words/Wait', said('a'));
      await until(() => house.waiting.length === 1);
      const first = await shown();
      replace(ours.server('127.0.0.1', 'next'), ours);
      expect(await shown(), 'within the same moment').to.not.equal(first);
      house.waiting[0]?.end();
      expect((await under).status).to.equal(0);
      await before.closed();
      expect(house.log.map(({ message }) => message)).to.include('gRPC: other certificates hold from now on');
    });

    it('let nobody in any more whom the CA of before had signed, known or not', async () => {
      await open();
      const tickets: Buffer[] = [];
      const first = socket({ ...withCertificate(alice), minVersion: 'TLSv1.3' });
      first.on('session', (ticket: Buffer) => tickets.push(ticket));
      const before = GrpcCaller.to(house.server.port, first);
      expect((await before.call('/lab.Words/WhoAmI', nothing)).status).to.equal(0);
      await until(() => tickets.length > 0);
      replace(ours.server(), theirs);
      now += 1000;
      // The connection that is open already is where the change is noticed.
      void before.call('/lab.Words/WhoAmI', nothing);
      await before.closed();
      expect((await caller().call('/lab.Words/WhoAmI', nothing)).status).to.equal(undefined);
      const again = caller({ ...withCertificate(alice), session: tickets[0]! });
      expect((await again.call('/lab.Words/WhoAmI', nothing)).status).to.equal(undefined);
      const mallory = caller(withCertificate(theirs.client('/CN=mallory')));
      expect((await mallory.call('/lab.Words/WhoAmI', nothing)).answers).to.deep.equal([said('mallory')]);
    });

    it('stay as they were while what is on disk does not go together', async () => {
      await open();
      const first = await shown();
      const next = ours.server('127.0.0.1', 'next');
      copyFileSync(next.certificate, files().certificate);
      now += 1000;
      expect(await shown()).to.equal(first);
      expect(await shown()).to.equal(first);
      expect(house.log.map(({ message }) => message)).to.deep.equal([
        'gRPC: the certificates on disk cannot be used, those of before stay in force',
      ]);
      copyFileSync(next.key, files().key);
      now += 1000;
      expect(await shown()).to.not.equal(first);
    });
  });

  describe('files that cannot be used', () => {
    const failure = async () =>
      openGrpcHouse({ tls: files() }).then(
        () => 'it listens',
        (error: Error & { code: string }) =>
          `${error.code}: ${error.message}`.replaceAll(`${ours.folder}/`, ''),
      );
    beforeEach(() => open());

    it('are told at the start: one that is missing', async () => {
      const { certificate, key } = files();
      const missing = openGrpcHouse({ tls: { certificate, key: `${key}.not` } }).catch(
        (error: Error) => error.message,
      );
      expect(await missing).to.equal(
        `${key}.not cannot be used: there is no such file; name a file that imago’s user may read`,
      );
    });

    it('are told at the start: a key of another certificate', async () => {
      copyFileSync(alice.key, files().key);
      expect(await failure()).to.match(
        /^CERTIFICATE_UNUSABLE: live.crt with its key live.key cannot be used: the key does not belong to the certificate; write a certificate and the key/,
      );
    });

    it('are told at the start: a CA that is none', async () => {
      writeFileSync(files().clientCa, 'no certificate');
      expect(await failure()).to.match(
        /^CERTIFICATE_UNUSABLE: live-ca.crt cannot be used: .*; write the certificate of the CA/,
      );
    });
  });
});
