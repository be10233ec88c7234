import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { butaneProgram } from '../../../../../src/dialects/matchbox/butane/butane-program.js';
import { findButane } from '../../../../../src/dialects/matchbox/butane/find-butane.js';
import { rejection } from '../../../../support/rejection.js';

describe('the program butane', function () {
  this.timeout(20_000);
  let folder: string;
  let program: string;
  const reached: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-butane-'));
    program = join(folder, 'butane');
    reached.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (script: string) => {
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
  };
  const translator = (timeoutSeconds = 10) =>
    butaneProgram({ program, timeoutSeconds, reach: (name) => reached.push(name) }, 1000);

  it('gets the config on its input, no arguments, and nothing of the environment but PATH', async () => {
    write(`echo "$# $(cat)"; env | grep -Ev '^(PATH|LC_ALL|PWD|OLDPWD|SHLVL|_)='; pwd`);
    expect(await translator()('variant: fcos', 'node.yaml')).to.equal('0 variant: fcos\n/');
  });

  it('is said to refuse what it refuses, with the line', async () => {
    write(
      'echo "warning at \\$.foo, line 9 col 1: Unused key foo" >&2; echo "error at \\$.storage.files.0.path, line 5 col 13: path not absolute" >&2; echo "Error translating config" >&2; exit 1',
    );
    expect((await rejection(translator()('x', 'node.yaml'))).message).to.equal(
      `node.yaml:5: ${program} refuses it: error at $.storage.files.0.path, line 5 col 13: path not absolute`,
    );
  });

  it('may only warn', async () => {
    write('echo "warning at \\$.foo, line 9 col 1: Unused key foo" >&2; echo "{}"');
    expect(await translator()('x', 'node.yaml')).to.equal('{}');
  });

  it('is ended when it takes too long', async () => {
    write('exec sleep 60');
    expect((await rejection(translator(0.05)('x', 'node.yaml'))).message).to.equal(
      `node.yaml: ${program} took longer than 0.05 s to translate it`,
    );
  });

  it('is ended when its output does not end', async () => {
    write('exec cat /dev/zero');
    expect((await rejection(translator()('x', 'node.yaml'))).message).to.equal(
      `node.yaml: ${program} made more than 1000 bytes of it`,
    );
  });

  it('that is not there is told', async () => {
    expect((await rejection(translator()('x', 'node.yaml'))).message).to.equal(
      `node.yaml: ${program} was not run or was ended: ENOENT`,
    );
  });

  it('gets nothing that is longer than a MiB', async () => {
    write('cat >/dev/null');
    expect((await rejection(translator()('x'.repeat((1 << 20) + 1), 'node.yaml'))).message).to.equal(
      'node.yaml: is longer than 1 MiB: name a URL (source) for what is big',
    );
  });

  it('is waited for by a hundred configs, and no more', async () => {
    const gate = join(folder, 'gate');
    execFileSync('mkfifo', [gate]);
    write(`read go < ${gate}; cat`);
    const translate = translator(15);
    const taken = Array.from({ length: 102 }, (_, index) => translate(`c${index}`, 'node.yaml'));
    const turnedAway = await rejection(translate('one more', 'node.yaml'));
    const opened = openSync(gate, 'r+');
    writeSync(opened, 'go\n'.repeat(taken.length));
    expect(turnedAway.message).to.equal(`node.yaml: 100 others wait for ${program}: ask again`);
    expect(reached).to.deep.equal(['butane-programs']);
    const made = await Promise.all(taken);
    closeSync(opened);
    expect(made).to.deep.equal(Array.from({ length: 102 }, (_, index) => `c${index}`));
  });

  it('is found in the folders of PATH, where it may be run', async () => {
    write('true');
    expect(await findButane(`/nowhere::relative:${folder}`)).to.equal(program);
    chmodSync(program, 0o644);
    expect(await findButane(folder)).to.equal(undefined);
    expect(await findButane('')).to.equal(undefined);
  });
});
