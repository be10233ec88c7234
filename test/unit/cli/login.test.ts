import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { showFingerprint } from '../../../src/api/fingerprint.js';
import { problem } from '../api/fake-imago.js';
import { CertificateAuthority, type CertificateOnDisk } from '../../support/certificates.js';
import { imagoctl, operatorsOfTests, root, spawnImagoctl, type Outcome } from '../../support/run-imagoctl.js';

const TOKEN = 'imago_k3_c2VjcmV0';
const fingerprintOf = (file: string) => new X509Certificate(readFileSync(file)).fingerprint256;

/** An imago that knows one token, and remembers what it was shown. */
class SecureImago {
  readonly shown: (string | undefined)[] = [];
  believesAll = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start({ certificate, key }: CertificateOnDisk, ...above: string[]): Promise<SecureImago> {
    const cert = [certificate, ...above].map((file) => readFileSync(file, 'utf8')).join('');
    const server = createServer({ cert, key: readFileSync(key) });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const imago = new SecureImago(server, (server.address() as AddressInfo).port);
    server.on('request', ({ headers: { authorization }, url }, response) => {
      imago.shown.push(authorization);
      const isKnown = imago.believesAll || authorization === `Bearer ${TOKEN}`;
      const { status, answer } = isKnown
        ? { status: 200, answer: url === '/api/v1/whoami' ? ME : { hosts: [] } }
        : problem(401, 'NOT_AUTHENTICATED', 'what was shown proves nothing: log in with imagoctl login');
      response.writeHead(status).end(JSON.stringify(answer));
    });
    return imago;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const ME = { name: 'ada', role: 'operator', by: 'token', expires: '2027-01-31T00:00:00Z' };

describe('imagoctl login', function () {
  this.timeout(20_000);
  let authority: CertificateAuthority;
  let another: CertificateAuthority;
  let imago: SecureImago;
  let folder: string;
  let server: string;

  before(() => {
    authority = CertificateAuthority.create('imago CA');
    another = CertificateAuthority.create('imago CA');
  });
  after(() => {
    authority.remove();
    another.remove();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'login-'));
    imago = await SecureImago.start(authority.server(), authority.certificate);
    server = `https://127.0.0.1:${imago.port}`;
  });
  afterEach(() => {
    imago.stop();
    rmSync(folder, { recursive: true });
  });

  const environment = (more: Record<string, string> = {}) => ({
    XDG_CONFIG_HOME: folder,
    IMAGO_NO_TLS: '',
    IMAGO_HOST: '127.0.0.1',
    IMAGO_PORT: `${imago.port}`,
    ...more,
  });
  /** In a process of its own where standard input is read. */
  const run = (line: string, { input = TOKEN, more = {} } = {}): Promise<Outcome> =>
    line.startsWith('login')
      ? spawnImagoctl(line.split(' '), { environment: environment(more), input })
      : imagoctl(line.split(' '), environment(more));
  const file = () => join(folder, 'imago/credentials.json');
  const ownFingerprint = () => showFingerprint(fingerprintOf(authority.certificate));

  it('keeps a token from standard input, for its owner alone, and the CA by its fingerprint', async () => {
    expect(await run(`login --fingerprint ${ownFingerprint()}`)).to.deep.equal({
      stdout: `${server}: ada is operator, by token, until 2027-01-31T00:00:00Z\n`,
      stderr: '',
      code: 0,
    });
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
    expect(await run('list --no-legend')).to.include({ stdout: '', code: 0 });
    expect(await run('list -o json')).to.include({ stdout: '[]\n', code: 0 });
    expect(await run('whoami')).to.include({ code: 0 });
    expect(new Set(imago.shown)).to.deep.equal(new Set([`Bearer ${TOKEN}`]));
  });

  it('keeps knowing a server whose certificate its CA has renewed, and no other', async () => {
    await run(`login --fingerprint ${ownFingerprint()}`);
    imago.stop();
    for (const { made, want } of [
      { made: () => SecureImago.start(authority.server('127.0.0.1', 'renewed')), want: 0 },
      { made: () => SecureImago.start(another.server(), another.certificate), want: 4 },
    ]) {
      const renewed = await made();
      try {
        // The same server for imagoctl: what was kept is of the port before.
        const kept = readFileSync(file(), 'utf8');
        writeFileSync(file(), kept.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${renewed.port}`));
        const listed = await run('list', { more: { IMAGO_PORT: `${renewed.port}` } });
        expect(listed.code).to.equal(want);
        expect(renewed.shown).to.have.length(want === 0 ? 1 : 0);
        if (want === 0) continue;
        expect(listed.stderr)
          .to.contain(
            `it is ${showFingerprint(fingerprintOf(another.certificate))}, and ${ownFingerprint()} was pinned`,
          )
          .and.to.contain(`imagoctl login --host 127.0.0.1 --port ${renewed.port}\n`);
      } finally {
        renewed.stop();
      }
    }
  });

  it('knows a server by the file of its CA', async () => {
    expect(await run(`login --ca ${authority.certificate}`)).to.include({ stderr: '', code: 0 });
    expect(await run('list')).to.include({ code: 0 });
    expect(await run(`login --ca ${another.certificate}`)).to.include({ code: 4 });
  });

  it('pins unseen with --yes alone', async () => {
    expect(await run('login --yes')).to.include({ stderr: '', code: 0 });
    expect(readFileSync(file(), 'utf8')).to.contain(fingerprintOf(authority.certificate));
  });

  it('says where nobody can be asked what to compare and to give, and is shown no token', async () => {
    const { stderr, code } = await run('login');
    expect(code).to.equal(2);
    expect(stderr).to.contain(`${server} shows ${ownFingerprint()}, and nobody is here to compare it`);
    expect(stderr).to.contain(`give --fingerprint ${ownFingerprint()}\n`);
    expect(imago.shown).to.deep.equal([]);
    expect(existsSync(file())).to.equal(false);
  });

  for (const { what, line, input, says, code } of [
    {
      what: 'of a server with another certificate',
      line: () => `login --fingerprint ${showFingerprint(fingerprintOf(another.certificate))}`,
      says: 'somebody may stand in between',
      code: 4,
    },
    { what: 'that is empty', line: () => 'login --yes', input: '\n', says: 'no token was given', code: 2 },
    { what: 'of two words', line: () => 'login --yes', input: 'a b', says: 'is no token', code: 2 },
    {
      what: 'without end',
      line: () => 'login --yes',
      input: 'a'.repeat(100_000),
      says: 'is no token',
      code: 2,
    },
    {
      what: 'that the server does not know',
      line: () => 'login --yes',
      input: 'imago_k4_x',
      says: 'what was shown proves nothing',
      code: 1,
    },
    {
      what: 'on the command line',
      line: () => `login --yes --token ${TOKEN}`,
      says: 'Nonexistent flag',
      code: 2,
    },
    {
      what: 'over plain HTTP',
      line: () => 'login --yes --no-tls',
      says: 'goes over HTTPS alone',
      code: 2,
    },
    {
      what: 'with a fingerprint that is none',
      line: () => 'login --fingerprint AA',
      says: "'AA' is not the SHA-256",
      code: 2,
    },
    {
      what: 'with a CA that is not there',
      line: () => 'login --ca /none',
      says: '--ca: /none cannot be read',
      code: 2,
    },
  ]) {
    it(`keeps no token ${what}`, async () => {
      const outcome = await run(line(), { input: input ?? TOKEN });
      expect(outcome).to.include({ stdout: '', code });
      expect(outcome.stderr).to.contain(says);
      expect(existsSync(file())).to.equal(false);
    });
  }

  it('keeps where a certificate and its key are, in place of a token', async () => {
    const { certificate, key } = authority.client('/CN=ada');
    chmodSync(key, 0o600);
    const line = `login --yes --cert ${certificate} --key ${key}`;
    // This server knows tokens alone: what counts here is that none was asked for.
    expect((await run(line, { input: '' })).stderr).to.contain('what was shown proves nothing');
    expect(imago.shown).to.deep.equal([undefined]);
    imago.believesAll = true;
    expect(await run(line, { input: '' })).to.include({ stderr: '', code: 0 });
    expect(readFileSync(file(), 'utf8')).to.contain(`"key": "${key}"`).and.to.not.contain('PRIVATE KEY');
    expect(await run('list')).to.include({ code: 0 });
    chmodSync(key, 0o644);
    expect((await run('list')).stderr).to.contain(`${key} may be used by others: chmod 600 ${key}`);
    const alone = await run(`login --yes --cert ${certificate}`);
    expect(alone).to.include({ code: 2 });
    expect(alone.stderr).to.contain('--cert and --key go together: give both');
  });

  it('completes the hosts that somebody logged in at; forgets at logout, and says so', async () => {
    await run('login --yes');
    expect((await run('complete -- list --host ')).stdout).to.equal('127.0.0.1\n');
    expect(await run('logout')).to.include({ code: 0, stderr: '' });
    expect(readFileSync(file(), 'utf8')).not.to.contain(TOKEN);
    expect((await run('logout')).stdout).to.equal(`127.0.0.1:${imago.port}: nobody was logged in\n`);
    expect((await run('list')).stderr).to.contain(
      'nobody that this computer trusts has signed it; to see its fingerprint',
    );
  });

  it('shows a token to the server that it is of, and to no other', async () => {
    await run('login --yes');
    const other = await SecureImago.start(authority.server(), authority.certificate);
    try {
      const more = { IMAGO_PORT: `${other.port}`, IMAGO_TLS_CA: authority.certificate };
      expect(await run('list', { more })).to.include({ code: 1 });
      expect(other.shown).to.deep.equal([undefined]);
    } finally {
      other.stop();
    }
  });

  it('is not needed where the environment says all', async () => {
    const more = { IMAGO_TOKEN: TOKEN, IMAGO_FINGERPRINT: ownFingerprint() };
    expect(await run('list', { more })).to.include({ code: 0 });
    expect(await run('list', { more: { ...more, IMAGO_FINGERPRINT: 'AA' } })).to.include({ code: 2 });
  });

  it('shows nothing of a stranger’s certificate that steers a terminal', async () => {
    const hostile = CertificateAuthority.create('imago\u001b[2J\u001b]0;owned\u0007');
    const stranger = await SecureImago.start(hostile.server(), hostile.certificate);
    try {
      const child = spawn('script', ['-qec', `${root}bin/imagoctl login`, '/dev/null'], {
        env: { ...process.env, ...operatorsOfTests, ...environment({ IMAGO_PORT: `${stranger.port}` }) },
      });
      let seen = '';
      let isAnswered = false;
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        seen += chunk;
        if (!isAnswered && seen.includes('[y/N]')) isAnswered = child.stdin.write('n\n');
      });
      await once(child, 'close');
      expect(seen).to.contain('(CN=imago').and.to.contain('it was not confirmed');
      expect(seen).to.not.contain('\u001b[2J').and.to.not.contain('\u001b]0;').and.to.not.contain('\u0007');
      expect(stranger.shown).to.deep.equal([]);
    } finally {
      stranger.stop();
      hostile.remove();
    }
  });

  it('asks on a terminal for the fingerprint and, unseen, for the token', async () => {
    const child = spawn('script', ['-qec', `${root}bin/imagoctl login`, '/dev/null'], {
      env: { ...process.env, ...operatorsOfTests, ...environment() },
    });
    let seen = '';
    const answers = [
      { to: '[y/N] ', answer: 'y\n' },
      { to: 'Token: ', answer: `${TOKEN}\n` },
    ];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk;
      const [next] = answers;
      if (next && seen.includes(next.to)) child.stdin.write(answers.shift()?.answer ?? '');
    });
    expect(await once(child, 'close')).to.deep.equal([0, null]);
    expect(seen).to.contain(ownFingerprint()).and.to.contain('ada is operator').and.to.not.contain(TOKEN);
    expect(readFileSync(file(), 'utf8')).to.contain(TOKEN);
  });
});
