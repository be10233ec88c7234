import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { operatorsOfTests, root } from '../../support/run-imagoctl.js';
import { apiHost, FakeImago } from '../../unit/api/fake-imago.js';

/** A shell at a terminal, which shows its command line between marks when Ctrl-X S is pressed, and empties it. */
const interactive = {
  bash: {
    start: 'bash --norc --noprofile -i',
    prepare: `source <(imagoctl completion bash); bind 'set bell-style none'; show() { printf '<%s>' line; printf '%s</line>' "$READLINE_LINE"; READLINE_LINE= READLINE_POINT=0; }; bind -x '"\\C-xs": show'`,
  },
  zsh: {
    start: 'zsh -f -i',
    prepare: `unsetopt beep; autoload -Uz compinit; compinit -D -u; source <(imagoctl completion zsh); bindkey '^I' complete-word; show() { print -rn -- "<"line">$BUFFER</line>"; BUFFER= }; zle -N show; bindkey '^Xs' show`,
  },
} as const;

const lines = [
  { typed: 'imagoctl sta', want: 'imagoctl status ' },
  { typed: 'imagoctl status uni', want: 'imagoctl status unique1 ' },
  { typed: 'imagoctl status ser00', want: 'imagoctl status ser000' },
  { typed: 'imagoctl wait unique1 --for runn', want: 'imagoctl wait unique1 --for running ' },
  { typed: 'imagoctl list --fields ip,sta', want: 'imagoctl list --fields ip,state ' },
  { typed: 'imagoctl list --output=ya', want: 'imagoctl list --output=yaml ' },
  { typed: 'imagoctl set unique1 prov', want: 'imagoctl set unique1 providerid ' },
  { typed: 'imagoctl set --tag zo', want: 'imagoctl set --tag zone=a ' },
  { typed: 'imagoctl --no-tls status uni', want: 'imagoctl --no-tls status unique1 ' },
  { typed: 'imagoctl images fet', want: 'imagoctl images fetch ' },
];

describe('completion in the shells themselves', () => {
  let imago: FakeImago;

  before(async () => {
    imago = await FakeImago.start([
      apiHost({ serial: 'ser0001' }),
      apiHost({ serial: 'ser0002' }),
      apiHost({ serial: 'unique1', metadata: ['zone=a'] }),
    ]);
  });
  after(() => imago.stop());

  const environment = () => ({
    ...process.env,
    ...operatorsOfTests,
    TERM: 'xterm',
    PATH: `${root}bin:${process.env['PATH']}`,
    IMAGO_HOST: '127.0.0.1',
    IMAGO_PORT: `${imago.port}`,
  });

  for (const [name, { start, prepare }] of Object.entries(interactive)) {
    it(`${name}: the tabulator goes on with what is written`, async () => {
      const command = `env PS1='at your service' ${start}`;
      const shell = spawn('script', ['-qec', command, '/dev/null'], { env: environment() });
      // Not 'close': that waits for the last of what is drawn to be read, and nobody does.
      const exited = once(shell, 'exit');
      const output = shell.stdout.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
      let seen = '';
      const next = async (mark: RegExp): Promise<string> => {
        for (;;) {
          const found = mark.exec(seen);
          if (found) {
            seen = seen.slice(found.index + found[0].length);
            return found[1] ?? '';
          }
          const { value, done } = await output.next();
          if (done === true) throw new Error(`${name} ended: ${seen}`);
          seen += value;
        }
      };
      try {
        // What is typed before the shell has its terminal ready may be thrown away.
        await next(/at your service/);
        shell.stdin.write(`PS1='' PS2=''; ${prepare}; echo rea''dy\n`);
        await next(/ready\r?\n/);
        const completed = [];
        for (const { typed } of lines) {
          shell.stdin.write(`${typed}\t\u{18}s`);
          completed.push(await next(/<line>(.*?)<\/line>/));
        }
        expect(completed).to.deep.equal(lines.map(({ want }) => want));
      } finally {
        shell.kill();
        await exited;
        shell.stdout.destroy();
      }
    });
  }

  it('fish: proposes what goes on with what is written', async () => {
    const asked = lines.map(({ typed }) => `complete -C '${typed}'; echo ++`);
    const script = ['imagoctl completion fish | source', ...asked].join('\n');
    const { stdout } = await promisify(execFile)('fish', ['--no-config', '-c', script], {
      env: environment(),
    });
    const proposed = stdout.split('++\n').map((part) => part.trimEnd().split('\n'));
    for (const [index, { typed, want }] of lines.entries()) {
      const last = want.trimEnd().split(' ').at(-1) ?? '';
      expect(proposed[index], typed).to.deep.equal(last === 'ser000' ? ['ser0001', 'ser0002'] : [last]);
    }
  });
});
