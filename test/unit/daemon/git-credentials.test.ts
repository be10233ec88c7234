import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitCredentials } from '../../../src/daemon/git-credentials.js';

describe('gitCredentials', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-credentials-'));
    file = join(folder, 'token');
    writeFileSync(file, 's3cr3t $HOME "x"\n', { mode: 0o600 });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets git itself find the user and the password, and nothing of them in a command line', async () => {
    const environment = await gitCredentials({ user: 'backup', password: { file } }, {});
    const filled = execFileSync('git', ['credential', 'fill'], {
      input: 'protocol=https\nhost=git.example.org\n\n',
      env: { ...process.env, ...environment, GIT_TERMINAL_PROMPT: '0' },
      encoding: 'utf8',
    });
    expect(filled).to.include('username=backup\npassword=s3cr3t $HOME "x"\n');
  });

  it('refuses a password that others may read', async () => {
    chmodSync(file, 0o644);
    const outcome = await gitCredentials({ password: { file } }, {}).catch((error: unknown) => error);
    expect(outcome).to.have.property('code', 'SECRET_UNUSABLE');
  });

  it('never asks anybody, and takes the keys that are named', async () => {
    const sshOf = async (remote: Parameters<typeof gitCredentials>[0]) =>
      (await gitCredentials(remote, {}))['GIT_SSH_COMMAND'];
    expect(await sshOf({})).to.equal("ssh -o 'BatchMode=yes' -o 'ConnectTimeout=20'");
    expect(await sshOf({ sshKey: "/etc/o'neil key", knownHosts: '/etc/known' })).to.equal(
      `ssh -o 'BatchMode=yes' -o 'ConnectTimeout=20' -o 'IdentityFile="/etc/o'\\''neil key"' -o 'IdentitiesOnly=yes' ` +
        `-o 'UserKnownHostsFile="/etc/known"' -o 'GlobalKnownHostsFile=/dev/null' -o 'StrictHostKeyChecking=yes'`,
    );
    const environment = await gitCredentials({ caFile: '/etc/ca.pem' }, {});
    expect(environment).to.include({ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.sslCAInfo' });
  });
});
