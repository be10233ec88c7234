import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import {
  matching,
  propose,
  wordsOf,
  type CompletableCommand,
} from '../../../src/cli/completion/candidates.js';
import { apiHost, FakeImago } from '../api/fake-imago.js';
import { imagoctl, root, operatorsOfTests } from '../../support/run-imagoctl.js';

const commands: readonly CompletableCommand[] = [
  {
    id: 'list',
    args: {},
    flags: {
      fields: { name: 'fields', type: 'option' },
      watch: { name: 'watch', type: 'boolean', char: 'w' },
      tls: { name: 'tls', type: 'boolean', allowNo: true },
      secret: { name: 'secret', type: 'boolean', hidden: true },
    },
  },
  {
    id: 'wait',
    strict: false,
    args: {},
    flags: {
      for: { name: 'for', type: 'option', char: 'f', options: ['installed', 'running'] },
      profile: { name: 'profile', type: 'option' },
    },
  },
  {
    id: 'switch',
    strict: false,
    args: { action: { name: 'action', options: ['on', 'off'] } },
    flags: { yes: { name: 'yes', type: 'boolean' }, tag: { name: 'tag', type: 'option' } },
  },
  { id: 'show', args: { serial: { name: 'serial' } }, flags: {} },
  { id: 'set', strict: false, args: {}, flags: {} },
  { id: 'accept', strict: false, args: {}, flags: { host: { name: 'host', type: 'option' } } },
  {
    id: 'token',
    strict: false,
    args: { action: { name: 'action' } },
    flags: { role: { name: 'role', type: 'option', options: ['viewer', 'admin'] } },
  },
  { id: 'help', args: {}, flags: {} },
  { id: 'complete', hidden: true, args: {}, flags: {} },
];

describe('cli/completion', () => {
  for (const { line, words, topics } of [
    { line: '', words: ['list', 'wait', 'switch', 'show', 'set', 'accept', 'token', 'help'] },
    { line: 'he', words: ['help'] },
    { line: 'help l', words: ['list'] },
    { line: 'help list ', words: [] },
    { line: 'nonsense ', words: [] },
    { line: 'list --', words: ['--fields', '--watch', '--tls', '--no-tls'] },
    { line: 'list --fields sta', words: ['state'] },
    { line: 'list --fields ip,sta', words: ['ip,state'] },
    { line: 'list --fields=ip,sta', words: ['--fields=ip,state'] },
    { line: 'list --fields = ip,sta', words: ['ip,state'] },
    { line: 'list ', words: [] },
    { line: 'wait --for ', words: ['installed', 'running'] },
    { line: 'wait -f r', words: ['running'] },
    { line: 'wait --profile ', words: [], topics: ['profiles'] },
    { line: 'wait ', words: [], topics: ['serials'] },
    { line: 'switch o', words: ['on', 'off'] },
    { line: 'switch --yes --tag a=b o', words: ['on', 'off'] },
    { line: 'switch on ', words: [], topics: ['serials'] },
    { line: 'switch on a ', words: [], topics: ['serials'] },
    { line: 'switch on --tag ', words: [], topics: ['tags'] },
    { line: 'show ', words: [], topics: ['serials'] },
    { line: 'show a ', words: [] },
    { line: 'set ', words: [], topics: ['serials'] },
    { line: 'set a st', words: ['state'], topics: ['serials'] },
    { line: 'set a state c', words: ['configured'] },
    { line: 'set a profile ', words: [], topics: ['profiles'] },
    { line: 'accept ', words: [], topics: ['pending'] },
    { line: 'accept K7QM ', words: [], topics: ['pending'] },
    { line: 'accept --host ', words: [], topics: ['servers'] },
    { line: 'token ', words: ['create', 'list', 'revoke'] },
    { line: 'token c', words: ['create'] },
    { line: 'token create --role v', words: ['viewer'] },
    { line: 'token create ', words: [] },
    { line: 'token revoke ', words: [], topics: ['tokens'] },
    { line: 'token revoke ada ', words: [], topics: ['tokens'] },
  ]) {
    it(`imagoctl ${line}▏ may go on with ${[...words, ...(topics ?? [])].join(' ') || 'nothing'}`, () => {
      const typed = line.split(' ');
      const proposal = propose(typed, commands);
      expect(proposal.topics).to.deep.equal(topics ?? []);
      expect(matching(proposal.words, typed.at(-1) ?? '')).to.deep.equal(words);
    });
  }

  it('finds words in the fleet, each once', () => {
    const hosts = [
      apiHost({ serial: 'b', profile: 'core', metadata: ['x=1'] }),
      apiHost({ serial: 'a', profile: 'core', metadata: ['x=1', 'y=2'] }),
      apiHost({ serial: 'c' }),
    ];
    expect(wordsOf(hosts, ['serials'])).to.deep.equal(['a', 'b', 'c']);
    expect(wordsOf(hosts, ['profiles'])).to.deep.equal(['core']);
    expect(wordsOf(hosts, ['tags'])).to.deep.equal(['x=1', 'y=2']);
  });
});

describe('imagoctl completion', () => {
  let imago: FakeImago;
  const environment = () => ({ IMAGO_HOST: '127.0.0.1', IMAGO_PORT: `${imago.port}` });

  before(async () => {
    imago = await FakeImago.start([apiHost({ serial: 'ser0001' }), apiHost({ serial: 'ser0002' })]);
  });
  after(() => imago.stop());

  it('completes serials in bash', async () => {
    const script = `source <(imagoctl completion bash)
COMP_WORDS=(imagoctl status SER); COMP_CWORD=2; _imagoctl; echo "\${COMPREPLY[@]}"
COMP_WORDS=(imagoctl status ser); COMP_CWORD=2; _imagoctl; echo "\${COMPREPLY[@]}"
COMP_WORDS=(imagoctl sta); COMP_CWORD=1; _imagoctl; echo "\${COMPREPLY[@]}"`;
    const env = {
      ...process.env,
      ...operatorsOfTests,
      ...environment(),
      PATH: `${root}bin:${process.env['PATH']}`,
    };
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], { env });
    expect({ stdout, stderr }).to.deep.equal({ stdout: '\nser0001 ser0002\nstatus\n', stderr: '' });
  });

  it('stays silent when no daemon answers', async () => {
    expect(
      await imagoctl(['complete', '--port', '9', '--host', '127.0.0.1', '--', 'status', '']),
    ).to.deep.equal({
      stdout: '',
      stderr: '',
      code: 0,
    });
  });

  it('knows zsh and fish, and refuses others', async () => {
    expect((await imagoctl(['completion', 'zsh'])).stdout).to.match(/^#compdef imagoctl\n/);
    expect((await imagoctl(['completion', 'fish'])).stdout).to.contain('complete -c imagoctl -f');
    expect(await imagoctl(['completion', 'csh'])).to.deep.equal({
      stdout: '',
      stderr: 'imagoctl: Expected csh to be one of: bash, zsh, fish; see imagoctl help completion\n',
      code: 2,
    });
  });
});
