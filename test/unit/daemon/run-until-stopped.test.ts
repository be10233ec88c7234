import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';

const module = new URL('../../../src/daemon/run-until-stopped.js', import.meta.url).href;

/** A process that waits to be stopped, with a daemon that says when it closes. */
async function run(after: string, close = `say('closed')`) {
  const program = `
    import { runUntilStopped } from ${JSON.stringify(module)};
    const say = (line) => console.log(line);
    const logger = {
      info: (facts, message) => say(message),
      fatal: ({ err }, message) => say(message + ': ' + err.message),
    };
    const ended = runUntilStopped({ close: async () => { ${close} } }, logger);
    const alive = setInterval(() => {}, 1000);
    ${after}
    process.exitCode = await ended;
    clearInterval(alive);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, complaint, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { said: said.trimEnd().split('\n'), complaint, code };
}

describe('a daemon that runs until it is stopped', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    it(`ends with status 0 on ${signal}`, async () => {
      expect(await run(`process.kill(process.pid, '${signal}');`)).to.deep.equal({
        said: ['stopping', 'closed', 'stopped'],
        complaint: '',
        code: 0,
      });
    });
  }

  for (const { name, fault } of [
    { name: 'a rejection that nobody handles', fault: `Promise.reject(new Error('lost'));` },
    { name: 'an error that nobody catches', fault: `setImmediate(() => { throw new Error('lost'); });` },
  ]) {
    it(`tells the log of ${name}, closes what is open, and ends with status 1`, async () => {
      expect(await run(fault)).to.deep.equal({
        said: ['imago has a fault, and stops: lost', 'closed', 'stopped'],
        complaint: '',
        code: 1,
      });
    });
  }

  it('ends at once where a second fault comes while it stops', async () => {
    const { said, complaint, code } = await run(
      `Promise.reject(new Error('lost'));`,
      `Promise.reject(new Error('lost again')); await new Promise(() => {});`,
    );
    expect(said).to.deep.equal(['imago has a fault, and stops: lost']);
    expect(complaint).to.include('Error: lost again');
    expect(code).to.equal(1);
  });
});
