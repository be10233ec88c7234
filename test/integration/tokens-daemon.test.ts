import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { TokenMade, WhoAmI } from '../../src/api/access.js';
import type { RefusalList } from '../../src/api/refusals.js';
import { DaemonLab, finish } from '../support/daemon-lab.js';

const AT = 'https://10.75.0.1:4443/api/v1';

describe('the tokens of a running daemon, as curl shows them', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  const secrets: string[] = [];

  before(async () => {
    lab = await DaemonLab.create('token');
    lab.configure((text) => text.replace(/^ {2}admin: \{ trusted: true \}\n/m, ''));
    await lab.start();
    await lab.onClient('ip', 'addr', 'add', '10.75.0.150/24', 'dev', 'eth0');
  });
  after(() => lab.remove());

  const state = (name: string) => join(lab.folder, 'var', name);
  /** At the socket, as root. */
  const atSocket = async (...words: string[]) =>
    (await lab.onServer('curl', '-s', '--unix-socket', lab.socket, ...words)).stdout;
  const make = async (name: string, role = 'operator'): Promise<TokenMade> => {
    const body = JSON.stringify({ name, role });
    const made = await atSocket(
      '-H',
      'Content-Type: application/json',
      '-d',
      body,
      'http://localhost/api/v1/tokens',
    );
    const token = JSON.parse(made) as TokenMade;
    secrets.push(token.token.split('_')[2] ?? '');
    return token;
  };
  const revoke = (id: string) =>
    atSocket('-X', 'DELETE', '-o', '/dev/null', '-w', '%{http_code}', `http://localhost/api/v1/tokens/${id}`);
  /** From another machine, over TLS; the token comes from a file, as nobody should write it on a command line. */
  const ask = async (path: string, token: string | undefined, ...words: string[]) => {
    const header = join(lab.folder, 'header');
    writeFileSync(header, token === undefined ? '' : `Authorization: Bearer ${token}\n`, { mode: 0o600 });
    const shown = token === undefined ? [] : ['-H', `@${header}`];
    const { stdout } = await lab.onClient(
      'curl',
      '-s',
      '--cacert',
      state('ca/ca.crt'),
      ...shown,
      '-w',
      '\n%{http_code}',
      ...words,
      AT + path,
    );
    const [status = '', ...lines] = stdout.split('\n').reverse();
    return { status: Number(status), body: lines.reverse().join('\n') };
  };

  it('prove over TLS who asks, and sign what is changed', async () => {
    const { token } = await make('ada');
    expect((await ask('/hosts', undefined)).status).to.equal(401);
    const { body } = await ask('/whoami', token);
    expect(JSON.parse(body) as WhoAmI).to.deep.equal({ name: 'ada', role: 'operator', by: 'token' });
    const words = [
      '-H',
      'Content-Type: application/json',
      '-H',
      'X-Imago-Operator: eve',
      '-d',
      '{"serial":"s1"}',
    ];
    expect((await ask('/hosts', token, ...words)).status).to.equal(201);
    expect((await lab.git('log', '-1', '--format=%an')).stdout.trim()).to.equal('ada');
    expect((await ask('/tokens', token)).status, 'of an operator').to.equal(403);
  });

  it('outlive a kill as soon as they are answered, and so does their end', async () => {
    const held: TokenMade[] = [];
    const ended: TokenMade[] = [];
    for (let round = 0; round < 3; round += 1) {
      const [kept, gone] = [await make(`k${round}`), await make(`g${round}`)];
      expect(await revoke(gone.id)).to.equal('204');
      held.push(kept);
      ended.push(gone);
      // It dies among these: of those that are answered each has to be there.
      const more = Array.from({ length: 12 }, () => make(`m${round}`).catch(() => undefined));
      await Promise.race(more);
      await lab.stop('SIGKILL');
      for (const made of await Promise.all(more)) if (made) held.push(made);
      await lab.start();
      for (const { token } of held) expect((await ask('/version', token)).status).to.equal(200);
      for (const { token } of ended) expect((await ask('/version', token)).status).to.equal(401);
    }
    const { refusals } = JSON.parse(
      await atSocket('http://localhost/api/v1/refusals?limit=1000'),
    ) as RefusalList;
    for (const { id } of [...held, ...ended])
      expect(
        refusals.some(({ reason, what }) => reason === 'token-created' && what?.includes(id)),
        id,
      ).to.equal(true);
    for (const { id } of ended)
      expect(
        refusals.some(({ reason, what }) => reason === 'token-revoked' && what?.includes(id)),
        id,
      ).to.equal(true);
  });

  it('tell who was refused after a kill, but for the last second', async () => {
    await ask('/leases', undefined);
    while (!readFileSync(state('refusals.jsonl'), 'utf8').includes('/api/v1/leases'))
      await ask('/version', undefined);
    await lab.stop('SIGKILL');
    await lab.start();
    const { refusals } = JSON.parse(await atSocket('http://localhost/api/v1/refusals')) as RefusalList;
    expect(refusals.find(({ path }) => path === '/api/v1/leases')).to.include({
      reason: 'nothing-shown',
      address: '10.75.0.150',
      method: 'GET',
    });
  });

  it('stand in no log, argument, Git object, backup or file of imago’s', async () => {
    const { token, id } = await make('ada', 'admin');
    await ask('/hosts', token);
    await ask('/hosts', `${token.slice(0, -1)}x`);
    const bundle = join(lab.folder, 'saved.bundle');
    await atSocket('-o', bundle, 'http://localhost/api/v1/backup');
    const clone = join(lab.folder, 'clone');
    expect((await finish('git', ['clone', '-q', bundle, clone])).status).to.equal(0);
    const objects = await finish('sh', [
      '-c',
      'cd "$1" && git cat-file --batch-all-objects --batch',
      'sh',
      join(lab.folder, 'clusters/sandbox'),
    ]);
    const files = await finish('grep', [
      '-rhaE',
      'tokens|refus|sha256',
      clone,
      '--include=*',
      '--exclude-dir=.git',
    ]);
    const told = [
      lab.log(),
      readFileSync(`/proc/${lab.pid}/cmdline`, 'utf8'),
      objects.stdout,
      files.stdout,
      await atSocket('http://localhost/metrics'),
      await atSocket('http://localhost/api/v1/tokens'),
      await atSocket('http://localhost/api/v1/refusals?limit=1000'),
      readFileSync(state('refusals.jsonl'), 'utf8'),
      readFileSync(state('tokens.json'), 'utf8'),
    ];
    expect(objects.stdout, 'objects are looked into').to.include('s1');
    for (const secret of secrets) for (const text of told) expect(text.includes(secret)).to.equal(false);
    for (const text of [objects.stdout, files.stdout])
      expect(text).not.to.include(id).and.not.include('sha256');
  });

  it('keep imago from starting when others can read their file, with what to do', async () => {
    expect(statSync(state('tokens.json')).mode & 0o777).to.equal(0o600);
    expect(statSync(state('refusals.jsonl')).mode & 0o777).to.equal(0o600);
    await lab.stop();
    chmodSync(state('tokens.json'), 0o644);
    expect(await lab.start().then(() => 'it starts', String)).to.match(
      /tokens\.json holds the tokens of operators, and others than imago's user can read or write it \(mode 0644\): chmod 600 /,
    );
    chmodSync(state('tokens.json'), 0o600);
    chownSync(state('tokens.json'), 12_345, 12_345);
    expect(await lab.start().then(() => 'it starts', String)).to.include(
      'it belongs to another user (12345)',
    );
    chownSync(state('tokens.json'), 0, 0);
    await lab.start();
  });
});
