import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { apiHost, FakeImago } from '../api/fake-imago.js';
import { root, operatorsOfTests } from '../../support/run-imagoctl.js';

/** What somebody at a terminal sees: util-linux's script(1) makes one. */
describe('imagoctl on a terminal', () => {
  let imago: FakeImago;
  beforeEach(async () => {
    imago = await FakeImago.start([
      apiHost({ serial: 'a', state: 'running' }),
      apiHost({ serial: 'b', state: 'installing' }),
    ]);
  });
  afterEach(() => imago.stop());

  it('colours states', async () => {
    const { seen } = await onTerminal('list --fields serial,state --no-legend');
    expect(seen)
      .to.contain('a  \u{1b}[32mrunning\u{1b}[0m')
      .and.to.contain('b  \u{1b}[33minstalling\u{1b}[0m');
  });

  it('asks before a disk is wiped, and wipes none without a yes', async () => {
    const { seen, code } = await onTerminal('set a b state configured', 'n\n');
    expect(seen).to.contain(
      'The disk of 1 machine will be wiped at the next boot: a (running). Go on? [y/N]',
    );
    expect(seen).to.contain('nothing was changed: it was not confirmed; --yes confirms beforehand');
    expect({ code, state: imago.hosts.get('a')?.state }).to.deep.equal({ code: 1, state: 'running' });
  });

  it('takes the end of input for a no', async () => {
    expect(await onTerminal('set a state configured', '\u{4}')).to.include({ code: 1 });
    expect(imago.hosts.get('a')?.state).to.equal('running');
  });

  it('goes on after a yes', async () => {
    expect(await onTerminal('set a state configured', 'y\n')).to.include({ code: 0 });
    expect(imago.hosts.get('a')?.state).to.equal('configured');
  });

  it('asks for the number of machines before more than ten disks are wiped', async () => {
    for (let index = 0; index < 11; index += 1) {
      const serial = `m${index}`;
      imago.hosts.set(serial, apiHost({ serial, state: 'running' }));
    }
    const many = `set ${Array.from({ length: 11 }, (_, index) => `m${index}`).join(' ')} state configured`;
    const { seen, code } = await onTerminal(many, 'yes\n');
    expect(seen).to.contain('Type 11 to go on:').and.to.contain('nothing was changed');
    expect({ code, state: imago.hosts.get('m0')?.state }).to.deep.equal({ code: 1, state: 'running' });
    expect(await onTerminal(many, '11\n')).to.include({ code: 0 });
    expect(imago.hosts.get('m10')?.state).to.equal('configured');
  });

  it('draws on a terminal that was never told its size', async () => {
    const child = spawn(
      'script',
      ['-qec', `stty rows 0 cols 0; ${root}bin/imagoctl list --watch --fields serial,state`, '/dev/null'],
      { env: terminalEnvironment() },
    );
    try {
      let seen = '';
      for await (const chunk of child.stdout.setEncoding('utf8')) {
        seen += String(chunk);
        if (seen.includes('\u{1b}[J')) break;
      }
      expect(seen).to.contain('2 machines: 1 installing, 1 running').and.to.contain('SERIAL  STATE');
    } finally {
      child.kill();
      await once(child, 'close');
    }
  });

  it('names those whose disks are wiped, and those that have none', async () => {
    imago.hosts.set('d', apiHost({ serial: 'd', diskless: true }));
    const { seen } = await onTerminal('reinstall a d', 'n\n');
    expect(seen).to.contain(
      '1 will be cycled and wiped: a (running). 1 will be cycled: d (running). Go on? [y/N]',
    );
  });

  for (const line of [
    'set b state configured',
    'set a state configured --yes',
    'set a providerid x --dry-run',
  ]) {
    it(`does not ask for ${line}`, async () => {
      const { seen, code } = await onTerminal(line);
      expect(code).to.equal(0);
      expect(seen).not.to.contain('Go on?');
    });
  }

  function terminalEnvironment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...operatorsOfTests,
      TERM: 'xterm',
      NO_COLOR: '',
      IMAGO_HOST: '127.0.0.1',
      IMAGO_PORT: `${imago.port}`,
    };
  }

  async function onTerminal(line: string, answer?: string): Promise<{ seen: string; code: number }> {
    const child = spawn('script', ['-qec', `${root}bin/imagoctl ${line}`, '/dev/null'], {
      env: terminalEnvironment(),
    });
    let seen = '';
    let isAnswered = false;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk;
      if (answer !== undefined && !isAnswered && /\[y\/N\]|Type \d+/.test(seen)) {
        isAnswered = true;
        child.stdin.write(answer);
      }
    });
    const [code] = (await once(child, 'close')) as [number];
    return { seen, code };
  }
});
