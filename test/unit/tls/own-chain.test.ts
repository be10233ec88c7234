import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { expect } from 'chai';
import { FileCertificates } from '../../../src/tls/file-certificates.js';
import { CertificateAuthority } from '../../support/certificates.js';

describe('the chain that a server shows', () => {
  let ca: CertificateAuthority;
  before(() => (ca = CertificateAuthority.create()));
  after(() => ca.remove());

  for (const version of ['-tls1_2', '-tls1_3'])
    it(`has not the CA of callers, though it signed the server, and openssl verifies it: ${version}`, async () => {
      const files = { ...ca.server(), clientCa: ca.certificate };
      const silent = { info: () => undefined, warn: () => undefined };
      const shown = FileCertificates.read(files, () => 0, silent).current();
      const server = createServer({ ...shown, requestCert: true, rejectUnauthorized: false }, (socket) =>
        socket.end(),
      );
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const words = ['s_client', '-connect', `127.0.0.1:${port}`, '-showcerts', version];
      const client = spawn('openssl', [...words, '-CAfile', ca.certificate], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let said = '';
      client.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
      await once(client, 'close');
      server.close();
      const subjects = [...said.matchAll(/^ *\d+ s:(.*)$/gm)].map(([, subject]) => subject);
      expect([...new Set(subjects)]).to.deep.equal(['CN = imago.test']);
      expect(said).to.include('Acceptable client certificate CA names\nCN = lab CA');
      expect(said).to.include('Verification: OK');
    });
});
