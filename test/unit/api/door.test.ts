import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlainServer, type Server } from 'node:http';
import {
  createServer,
  type Server as SecureServer,
  type ServerOptions as SecureServerOptions,
} from 'node:https';
import type { TLSSocket } from 'node:tls';
import { type AddressInfo, createServer as createSilentServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { ApiClient } from '../../../src/api/client.js';
import type { DoorOptions } from '../../../src/api/door.js';
import type { Trust } from '../../../src/api/trust.js';
import { showFingerprint } from '../../../src/api/fingerprint.js';
import { CertificateAuthority, type CertificateOnDisk } from '../../support/certificates.js';
import { rejection } from '../../support/rejection.js';

const fingerprintOf = (file: string) => new X509Certificate(readFileSync(file)).fingerprint256;

/** Says who asked with what, as an empty list of hosts; counts what it was sent. */
class Listener {
  readonly heard: (string | undefined)[] = [];
  handshakes = 0;

  constructor(readonly server: Server | SecureServer) {
    server.on('request', (request, response) => {
      this.heard.push(request.headers.authorization);
      response.setHeader('content-type', 'application/json').end('{"hosts":[]}');
    });
    server.on('secureConnection', () => (this.handshakes += 1));
  }

  async listen(where: string | number): Promise<number> {
    await new Promise<void>((resolve) => {
      if (typeof where === 'string') this.server.listen(where, resolve);
      else this.server.listen(where, '127.0.0.1', resolve);
    });
    return typeof where === 'string' ? 0 : (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe('api/door', () => {
  let folder: string;
  let imagosOwn: CertificateAuthority;
  let another: CertificateAuthority;
  let good: CertificateOnDisk;
  let strange: CertificateOnDisk;
  const open: { close(): void }[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'door-'));
    imagosOwn = CertificateAuthority.create('imago CA');
    another = CertificateAuthority.create('imago CA');
    good = imagosOwn.server();
    strange = another.server();
  });
  after(() => {
    imagosOwn.remove();
    another.remove();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
  });

  async function secure({ certificate, key }: CertificateOnDisk, ...above: string[]) {
    const chain = [certificate, ...above].map((file) => readFileSync(file, 'utf8')).join('');
    const listener = new Listener(createServer({ cert: chain, key: readFileSync(key) }));
    open.push(listener);
    return { listener, baseUrl: `https://127.0.0.1:${await listener.listen(0)}` };
  }

  const ask = (door: DoorOptions) => new ApiClient({ ...door, timeoutMs: 5000 }).hosts();

  it('asks through a Unix socket, where no token is needed and none is sent', async () => {
    const socketPath = join(folder, 'admin.sock');
    const listener = new Listener(createPlainServer());
    open.push(listener);
    await listener.listen(socketPath);
    expect(await ask({ baseUrl: 'http://localhost', socketPath, token: 'imago_1_x' })).to.deep.equal([]);
    expect(listener.heard).to.deep.equal([undefined]);
  });

  it('says which socket nobody listens at', async () => {
    const socketPath = join(folder, 'none.sock');
    expect(String(await rejection(ask({ baseUrl: 'http://localhost', socketPath })))).to.contain(
      `no imago answers at ${socketPath} (there is no such socket): is the daemon running?`,
    );
  });

  it('sends no token over plain HTTP', async () => {
    const listener = new Listener(createPlainServer());
    open.push(listener);
    await ask({ baseUrl: `http://127.0.0.1:${await listener.listen(0)}`, token: 'imago_1_x' });
    expect(listener.heard).to.deep.equal([undefined]);
  });

  const believed: readonly { what: string; shows: 'own' | 'chain'; trust: () => Trust }[] = [
    {
      what: 'the pinned certificate',
      shows: 'own',
      trust: () => ({ fingerprint: fingerprintOf(good.certificate) }),
    },
    {
      what: 'a certificate of the pinned CA, which it shows',
      shows: 'chain',
      trust: () => ({ fingerprint: fingerprintOf(imagosOwn.certificate) }),
    },
    {
      what: 'a certificate of the pinned CA, which is kept here',
      shows: 'own',
      trust: () => ({
        fingerprint: fingerprintOf(imagosOwn.certificate),
        authority: readFileSync(imagosOwn.certificate, 'utf8'),
      }),
    },
    {
      what: 'a certificate of the CA of a file',
      shows: 'own',
      trust: () => ({ authorities: readFileSync(imagosOwn.certificate, 'utf8') }),
    },
  ];
  for (const { what, shows, trust } of believed) {
    it(`believes a server with ${what}, and shakes hands with it once for many calls`, async () => {
      const { listener, baseUrl } = await secure(good, ...(shows === 'chain' ? [imagosOwn.certificate] : []));
      const client = new ApiClient({ baseUrl, trust: trust(), token: 'imago_1_x' });
      await client.hosts();
      const first = listener.handshakes;
      await client.hosts();
      expect(listener.heard).to.deep.equal(['Bearer imago_1_x', 'Bearer imago_1_x']);
      expect(listener.handshakes).to.equal(first);
    });
  }

  describe('with a certificate of its own', () => {
    const identity = () => {
      const { certificate, key } = imagosOwn.client('/CN=ada', 'ada');
      return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
    };
    /** Remembers whom each connection showed; '' for nobody. */
    async function asking({ certificate, key }: CertificateOnDisk, options: SecureServerOptions = {}) {
      const chain = readFileSync(certificate, 'utf8') + readFileSync(imagosOwn.certificate, 'utf8');
      const ca = readFileSync(imagosOwn.certificate);
      const server = createServer({
        cert: chain,
        key: readFileSync(key),
        ca,
        requestCert: true,
        rejectUnauthorized: false,
        ...options,
      });
      const callers: string[] = [];
      const shown: string[] = [];
      const ended: Promise<unknown>[] = [];
      server.on('connection', (socket) => ended.push(new Promise((resolve) => socket.on('close', resolve))));
      server.on('secureConnection', (socket) => {
        const { subject } = socket.getPeerCertificate();
        shown.push(String(subject?.CN ?? ''));
      });
      server.on('request', ({ socket }) => {
        const { subject } = (socket as TLSSocket).getPeerCertificate();
        callers.push(String(subject.CN));
      });
      const listener = new Listener(server);
      open.push(listener);
      return { baseUrl: `https://127.0.0.1:${await listener.listen(0)}`, callers, shown, ended };
    }

    for (const { what, trust } of believed) {
      it(`shows it to a server with ${what}`, async () => {
        const { baseUrl, callers } = await asking(good);
        await ask({ baseUrl, trust: trust(), identity: identity() });
        expect(callers).to.deep.equal(['ada']);
      });
    }

    it('shows it to nobody who is not believed', async () => {
      const { baseUrl, callers, shown, ended } = await asking(strange, { maxVersion: 'TLSv1.2' }); // whose handshakes end with the server
      for (const trust of [{ fingerprint: fingerprintOf(good.certificate) }, pinnedAuthority()])
        await rejection(ask({ baseUrl, trust, identity: identity() }));
      await Promise.all(ended);
      expect(callers).to.deep.equal([]);
      expect(new Set(shown)).to.deep.equal(new Set(['']));
    });
  });

  const pinnedAuthority = () => ({ fingerprint: fingerprintOf(imagosOwn.certificate) });
  const refused: readonly {
    what: string;
    server: () => readonly [CertificateOnDisk, ...string[]];
    trust: () => Trust | undefined;
    says: () => string;
  }[] = [
    {
      what: 'another certificate than the pinned',
      server: () => [strange],
      trust: () => ({ fingerprint: fingerprintOf(good.certificate) }),
      says: () =>
        `it is ${showFingerprint(fingerprintOf(strange.certificate))}, and ${showFingerprint(fingerprintOf(good.certificate))} was pinned; somebody may stand in between`,
    },
    {
      what: 'a certificate of another CA of the same name',
      server: () => [strange, another.certificate],
      trust: pinnedAuthority,
      says: () => `it is ${showFingerprint(fingerprintOf(another.certificate))}, and `,
    },
    {
      what: 'the pinned CA beside a certificate that it did not make',
      server: () => [strange, imagosOwn.certificate],
      trust: pinnedAuthority,
      says: () => `it is ${showFingerprint(fingerprintOf(strange.certificate))}, and `,
    },
    {
      what: 'the certificate of a client of the pinned CA',
      server: () => [imagosOwn.client('/CN=ada'), imagosOwn.certificate],
      trust: pinnedAuthority,
      says: () => 'is not believed: it is not for servers',
    },
    {
      what: 'a certificate of the pinned CA for another name',
      server: () => [imagosOwn.server('192.0.2.1', 'elsewhere'), imagosOwn.certificate],
      trust: pinnedAuthority,
      says: () => 'is not believed: it is for 192.0.2.1, imago.test; use a name or address that it is for',
    },
    {
      what: 'a certificate that nobody spoke of',
      server: () => [good, imagosOwn.certificate],
      trust: () => undefined,
      says: () =>
        'nobody that this computer trusts has signed it; to see its fingerprint and pin it: imagoctl login --host 127.0.0.1 --port ',
    },
  ];
  for (const { what, server, trust, says } of refused) {
    it(`tells nothing to a server with ${what}`, async () => {
      const { listener, baseUrl } = await secure(...server());
      const failure = await rejection(ask({ baseUrl, trust: trust(), token: 'imago_1_x' }));
      expect(failure).to.include({ code: 'SERVER_UNTRUSTED' });
      expect(String(failure)).to.contain(says()).and.to.not.contain('imago_1_x');
      expect(listener.heard).to.deep.equal([]);
    });
  }

  for (const { what, trust } of [
    { what: 'that is pinned', trust: { fingerprint: 'AA' } },
    { what: 'that a CA vouches for', trust: undefined },
  ]) {
    it(`lets go of a server ${what} and never shakes hands`, async () => {
      const ended: Promise<void>[] = [];
      const silent = createSilentServer((socket) => {
        ended.push(
          new Promise((resolve) => socket.on('error', () => resolve()).on('close', () => resolve())),
        );
        socket.resume();
      });
      open.push(silent);
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const baseUrl = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const failure = await rejection(new ApiClient({ baseUrl, trust, timeoutMs: 100 }).hosts());
      expect(String(failure)).to.contain('(no answer within 0.1 s)');
      expect(ended).to.have.length(1);
      await ended[0];
    });
  }

  it('says of a server of plain HTTP how to speak to it', async () => {
    const listener = new Listener(createPlainServer());
    open.push(listener);
    const baseUrl = `https://127.0.0.1:${await listener.listen(0)}`;
    expect(String(await rejection(ask({ baseUrl })))).to.contain('it does not speak TLS: --no-tls speaks');
  });
});
