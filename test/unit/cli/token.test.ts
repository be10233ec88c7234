import { expect } from 'chai';
import { openHouse, type House } from '../../support/http-house.js';
import { imagoctl, spawnImagoctl, words } from '../../support/run-imagoctl.js';

describe('imagoctl token', () => {
  let house: House;
  const environment = () => ({ IMAGO_HOST: '127.0.0.1', IMAGO_PORT: new URL(house.localUrl).port });
  const run = (line: string) => imagoctl(line.split(' '), environment());

  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.close());

  it('prints a token by itself, once, and what it is beside it', async () => {
    const { stdout, stderr, code } = await run(
      'token create --name ada --role operator --expires 2099-01-31',
    );
    expect(code).to.equal(0);
    expect(stdout).to.match(/^imago_\S+\n$/);
    expect(stderr).to.match(/^\S+: ada is operator by it until 2099-01-31T00:00:00Z\. It is shown this once/);
    expect(stderr).not.to.contain(stdout.trim());
    const listed = await run('token list');
    expect(words(listed.stdout).map(([, name, role, , expires]) => [name, role, expires])).to.deep.equal([
      ['NAME', 'ROLE', 'EXPIRES'],
      ['ada', 'operator', '2099-01-31T00:00:00Z'],
    ]);
    const secret = stdout.trim().split('_').at(-1) ?? '';
    expect(listed.stdout + (await run('token list -o json')).stdout).not.to.contain(secret);
  });

  it('makes one that proves its name and role, until it is revoked', async () => {
    const { stdout } = await run('token create --name ada --role viewer');
    const as = (token: string, path: string, method = 'GET') =>
      fetch(house.provenUrl + path, { method, headers: { authorization: `Bearer ${token}` } });
    const me = await (await as(stdout.trim(), '/api/v1/whoami')).json();
    expect(me).to.include({ name: 'ada', role: 'viewer', by: 'token' });
    expect((await as(stdout.trim(), '/api/v1/reload', 'POST')).status).to.equal(403);
    expect((await run('token revoke ada')).stdout).to.match(/^\S+: revoked \(ada, viewer\)\n$/);
    expect((await as(stdout.trim(), '/api/v1/whoami')).status).to.equal(401);
  });

  it('lasts 90 days unless told otherwise, or for ever', async () => {
    const made = JSON.parse((await run('token create --name a --role viewer --json')).stdout);
    const days = (Date.parse(made.expires) - Date.parse(made.created)) / 86_400_000;
    expect(Math.round(days)).to.equal(90);
    const { stderr } = await run('token create --name b --role viewer --expires never');
    expect(stderr).to.contain('b is viewer by it for ever');
  });

  it('revokes all of a name, or one by its id', async () => {
    for (const name of ['ada', 'ada', 'bob']) await run(`token create --name ${name} --role viewer`);
    const ids = async () => words((await run('token list --no-legend')).stdout).map(([id = '']) => id);
    const [, , bobs = ''] = await ids();
    expect((await run(`token revoke ${bobs} ada`)).stdout.split('\n')).to.have.length(4);
    expect((await run('token list -o name')).stdout).to.equal('');
  });

  for (const { line, says, code = 2 } of [
    { line: 'token', says: 'say what to do first: one of create, list, revoke' },
    { line: 'token make', says: 'say what to do first' },
    { line: 'token create --role viewer', says: 'give --name and --role' },
    { line: 'token create --name ada', says: 'give --name and --role' },
    { line: 'token create ada --name ada --role viewer', says: 'give --name and --role' },
    { line: 'token create --name ada --role root', says: 'to be one of: viewer, operator, admin, auditor' },
    { line: 'token create --name ada --role viewer --expires 1w', says: "'1w' is no end" },
    { line: 'token create --name a/b --role viewer', says: 'name', code: 1 },
    { line: 'token revoke', says: 'name a token: see imagoctl token list' },
    { line: 'token revoke eve', says: "there is no token 'eve': imagoctl token list", code: 3 },
  ]) {
    it(`${line}: is refused`, async () => {
      const outcome = await run(line);
      expect(outcome).to.include({ stdout: '', code });
      expect(outcome.stderr).to.contain(says);
    });
  }

  it('shows who was refused, and who made tokens', async () => {
    await run('token create --name ada --role viewer');
    await fetch(`${house.provenUrl}/api/v1/hosts`, { headers: { authorization: 'Bearer imago_x_y' } });
    const reasons = words((await run('refusals --no-legend')).stdout).map(([, , reason]) => reason);
    expect(reasons).to.deep.equal(['wrong-token', 'token-created']);
  });

  it('completes verbs, roles, names and ids', async () => {
    await run('token create --name ada --role viewer');
    const [id = ''] = words((await run('token list --no-legend')).stdout)[0] ?? [];
    const complete = async (line: string) =>
      (
        await spawnImagoctl(['complete', '--', ...line.split(' ')], { environment: environment() })
      ).stdout.split('\n');
    expect(await complete('token ')).to.include.members(['create', 'list', 'revoke']);
    expect(await complete('token create --role a')).to.include.members(['admin', 'auditor']);
    expect(await complete('token revoke a')).to.include('ada');
    expect(await complete('token revoke ')).to.include.members(['ada', id]);
  });
});
