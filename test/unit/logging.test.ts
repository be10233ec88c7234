import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';

const MODULE = new URL('../../src/logging.js', import.meta.url).href;

/** For a process that logs as the daemon does. */
function sourceOf(script: string): readonly string[] {
  const source = `import { createLogger } from ${JSON.stringify(MODULE)};
    const log = createLogger('info');
    const many = (count) => { for (let line = 0; line < count; line += 1) log.info({ line }, 'one of many'); };
    ${script}`;
  return ['--input-type=module', '--eval', source];
}

function processThat(script: string) {
  return spawn(process.execPath, sourceOf(script), { stdio: ['pipe', 'pipe', 'ignore'] });
}

const endings: readonly { readonly name: string; readonly script: string; readonly count: number }[] = [
  { name: 'ends by itself', script: 'many(1000);', count: 1000 },
  { name: 'ends after it has waited', script: 'many(1000); setTimeout(() => {}, 150);', count: 1000 },
  { name: 'is ended', script: 'many(50); process.exit();', count: 50 },
  {
    name: 'is ended while some are being written',
    script: 'many(200); process.exit();',
    count: 200,
  },
  // Reading it makes the output one that a write does not wait for.
  {
    name: 'writes more than the reader takes at once',
    script: 'void process.stdout; many(20000);',
    count: 20_000,
  },
  {
    name: 'ends of an error that nobody catches',
    script: "many(50); throw new Error('a fault');",
    count: 50,
  },
  {
    name: 'ends of a promise that nobody catches',
    script: 'many(50); Promise.reject(new Error());',
    count: 50,
  },
  {
    name: 'ends itself upon a signal',
    script: `process.once('SIGTERM', () => process.stdin.destroy());
      process.stdin.once('data', () => { many(1000); process.kill(process.pid, 'SIGTERM'); });`,
    count: 1000,
  },
];

describe('the log on standard output', () => {
  for (const { name, script, count } of endings) {
    it(`has every line, in order, when the process ${name}`, async () => {
      const child = processThat(script);
      child.stdin.write('go on');
      const lines = (await text(child.stdout)).trim().split('\n');
      expect(lines.map((line) => JSON.parse(line).line)).to.deep.equal([...Array(count).keys()]);
    });
  }

  it('shows a line though no other follows and the process goes on', async () => {
    const child = processThat("process.stdin.resume(); log.warn({ serial: 'abc' }, 'a line');");
    const [line] = await once(createInterface(child.stdout), 'line');
    child.stdin.end();
    await once(child, 'exit');
    const { time, ...rest } = JSON.parse(line);
    expect(rest).to.deep.equal({ level: 'warn', serial: 'abc', msg: 'a line' });
    expect(time).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('does not keep a process from ending whose reader is gone', async () => {
    const child = processThat(
      "process.stdin.once('data', () => { log.info({}, 'a line'); process.exit(3); });",
    );
    child.stdout.destroy();
    child.stdin.write('go on');
    expect(await once(child, 'exit')).to.deep.equal([3, null]);
  });

  it('does not end a process whose reader is gone, nor one with a full disk', async () => {
    const script =
      'many(1000); setTimeout(() => { many(1000); setTimeout(() => process.exit(4), 100); }, 100);';
    const child = processThat(script);
    child.stdout.destroy();
    expect(await once(child, 'exit')).to.deep.equal([4, null]);
    const full = openSync('/dev/full', 'w');
    const other = spawn(process.execPath, sourceOf(script), { stdio: ['ignore', full, 'ignore'] });
    closeSync(full);
    expect(await once(other, 'exit')).to.deep.equal([4, null]);
  });
});
