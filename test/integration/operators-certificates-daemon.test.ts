import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CertificateAuthority, type CertificateOnDisk } from '../support/certificates.js';
import { DaemonLab } from '../support/daemon-lab.js';

const AT = '10.75.0.1:4443';

const CUT_OFF = 'cut off';

describe('operators with client certificates', function () {
  this.timeout(90_000);
  let lab: DaemonLab;
  let ca: CertificateAuthority;
  let stranger: CertificateAuthority;
  let ada: CertificateOnDisk;

  const rules = `[{ commonName: 'ci-*', role: operator }, { commonName: '*@ops', role: viewer }]`;
  const configured = (roles: string) => {
    lab.configure((text) => {
      const proven = text.replace('{ trusted: true }', '{}').replace('level: info', 'level: debug');
      return `${proven}\noperators: { certificates: { ca: ops.crt, crl: ops.crl, roles: ${roles} } }\n`;
    });
  };

  before(async () => {
    lab = await DaemonLab.create('crt');
    ca = CertificateAuthority.create('ops CA');
    stranger = CertificateAuthority.create('ops CA');
    ada = ca.client('/CN=ada@ops', 'ada');
    copyFileSync(ca.certificate, join(lab.folder, 'ops.crt'));
    copyFileSync(ca.revoke(), join(lab.folder, 'ops.crl'));
    configured(rules);
    await lab.start();
    await lab.onClient('ip', 'addr', 'add', '10.75.0.150/24', 'dev', 'eth0');
  });
  after(async () => {
    await lab.remove();
    ca.remove();
    stranger.remove();
  });

  const curl = async (certificate: CertificateOnDisk | undefined, path: string, ...more: string[]) => {
    const shown = certificate ? ['--cert', certificate.certificate, '--key', certificate.key] : [];
    const url = `https://${AT}${path}`;
    const { stdout } = await lab.onClient('curl', '-sk', '-w', '\n%{http_code}', ...shown, ...more, url);
    const lines = stdout.split('\n');
    return { status: Number(lines.pop()), text: lines.join('\n') };
  };
  const whoIs = async (certificate: CertificateOnDisk | undefined, ...more: string[]) => {
    const { status, text } = await curl(certificate, '/api/v1/whoami', ...more);
    // OpenSSL itself ends the connection of some that it cannot judge.
    if (text === '') return { status: 401, detail: CUT_OFF };
    const { name, role, by, detail } = JSON.parse(text) as Record<string, string>;
    return status === 200 ? { name, role, by } : { status, detail };
  };

  it('are who their common name says, with the role of the first rule that fits', async () => {
    expect(await whoIs(ada)).to.deep.equal({ name: 'ada@ops', role: 'viewer', by: 'certificate' });
  });

  it('are the authors of what they change', async () => {
    const ci = ca.client('/CN=ci-deploy', 'ci');
    const body = ['-H', 'Content-Type: application/json', '-d', '{"serial":"a1"}'];
    expect((await curl(ci, '/api/v1/hosts', ...body)).status).to.equal(201);
    expect((await curl(ci, '/api/v1/hosts/a1/history')).text).to.contain('"ci-deploy"');
    const { status, text } = await curl(ada, '/api/v1/hosts', ...body);
    expect(status).to.equal(403);
    expect(text).to.contain('ada@ops is viewer');
  });

  it('need none where they have a token', async () => {
    const socket = join(lab.folder, 'var/admin.sock');
    const { stdout } = await lab.onServer(
      'curl',
      '-s',
      '--unix-socket',
      socket,
      '-d',
      '{"name":"bob","role":"auditor"}',
      '-H',
      'Content-Type: application/json',
      'http://localhost/api/v1/tokens',
    );
    const { token } = JSON.parse(stdout) as { token: string };
    const bob = { name: 'bob', role: 'auditor', by: 'token' };
    for (const shown of [undefined, ada, ca.expired('/CN=ci-late')])
      expect(await whoIs(shown, '-H', `Authorization: Bearer ${token}`)).to.deep.equal(bob);
    expect(await whoIs(undefined)).to.include({ status: 401 });
  });

  const refused: readonly {
    name: string;
    make: () => CertificateOnDisk;
    says: string;
    /** False of one whom OpenSSL may cut off while it looks for the list of revoked ones. */
    isAnswered?: boolean;
  }[] = [
    {
      name: 'of another CA with the same name',
      make: () => stranger.client('/CN=ci-eve', 'evil'),
      says: 'is not of the CA in operators.certificates.ca',
      isAnswered: false,
    },
    { name: 'that has expired', make: () => ca.expired('/CN=ci-old'), says: 'has expired' },
    { name: 'of a server', make: () => ca.server('10.75.0.9', 'other'), says: 'is not for clients' },
    {
      name: 'that no rule fits',
      make: () => ca.client('/CN=eve', 'eve'),
      says: "has a common name, 'eve', that no rule",
    },
    {
      name: 'without a common name',
      make: () => ca.client('/O=ops', 'none'),
      says: 'has no common name, or several',
    },
    {
      name: 'with two common names',
      make: () => ca.client('/CN=ci-a/CN=ci-b', 'two'),
      says: 'has no common name, or several',
    },
    {
      name: 'with escape sequences',
      make: () => ca.client('/CN=ci-\u001b[31mred', 'esc'),
      says: "'ci-\ufffd[31mred', that no operator can have",
    },
    {
      name: 'with a line break',
      make: () => ca.client('/CN=ci-a\nauthor root', 'line'),
      says: 'that no operator can have',
    },
  ];
  for (const { name, make, says, isAnswered = true } of refused)
    it(`${name} are refused, and told why`, async () => {
      const { status, detail } = (await whoIs(make())) as { status?: number; detail?: string };
      expect(status).to.equal(401);
      if (detail !== CUT_OFF || isAnswered) expect(detail).to.contain(says);
      expect(lab.log()).to.not.contain('\u001b');
    });

  it('are refused from the next request on once their rule is gone', async () => {
    configured(`[{ commonName: 'ci-*', role: operator }]`);
    await lab.signalled('SIGHUP', 'the configuration was reloaded');
    expect(await whoIs(ada)).to.include({ status: 401 });
    configured(rules);
    await lab.signalled('SIGHUP', 'the configuration was reloaded');
    expect(await whoIs(ada)).to.include({ role: 'viewer' });
  });

  it('are out once their certificate is revoked: also on connections that are open, and on TLS sessions taken up again', async () => {
    const eve = ca.client('/CN=ci-eve', 'revoked');
    const session = join(lab.folder, 'session');
    const words = (more: string) =>
      `printf 'GET /api/v1/whoami HTTP/1.1\\r\\nHost: 10.75.0.1\\r\\nConnection: close\\r\\n\\r\\n' | openssl s_client -connect ${AT} -ign_eof -cert ${eve.certificate} -key ${eve.key} ${more}`;
    const before = await lab.onClient('sh', '-c', words(`-sess_out ${session}`));
    expect(before.stdout).to.contain('"name":"ci-eve"');
    const taken = await lab.onClient('sh', '-c', words(`-sess_in ${session}`));
    expect(taken.stdout).to.contain('Reused, TLSv1.3').and.contain('"name":"ci-eve"');
    const open = spawn('ip', [
      'netns',
      'exec',
      lab.client,
      'curl',
      '-skNi',
      '--cert',
      eve.certificate,
      '--key',
      eve.key,
      '-H',
      'Accept: text/event-stream',
      `https://${AT}/api/v1/events`,
    ]);
    const ended = new Promise((resolve) => open.once('close', resolve));
    await once(open.stdout, 'data');
    copyFileSync(ca.revoke(eve), join(lab.folder, 'ops.crl'));
    await ended;
    expect(await whoIs(eve)).to.deep.include({ status: 401 });
    expect((await whoIs(eve)).detail).to.contain('the client certificate was revoked');
    const again = await lab.onClient('sh', '-c', words(`-sess_in ${session}`));
    expect(again.stdout).to.contain('was revoked').and.not.contain('"name":"ci-eve"');
    expect(await whoIs(ada)).to.include({ role: 'viewer' });
  });

  it('are judged by the list of before while a new one is no list, and that is told', async () => {
    writeFileSync(join(lab.folder, 'ops.crl'), 'nothing');
    expect(await whoIs(ada)).to.include({ role: 'viewer' });
    // Its lines come a little later than its answers.
    for (let tries = 0; tries < 50 && !lab.log().includes('those of before'); tries += 1) await whoIs(ada);
    expect(lab.log()).to.contain('those of before stay in force').and.contain('ops.crl');
  });
});
