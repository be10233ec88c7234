import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openLanguages } from '../../../../src/dialects/matchbox/open-languages.js';
import { Remembered } from '../../../../src/dialects/matchbox/remembered.js';
import { TemplateFault } from '../../../../src/template/template-fault.js';

const BUTANE = 'variant: fcos\nversion: 1.4.0\npasswd: { users: [{ name: core }] }\n';
const served = (users: string) =>
  `{"ignition":{"config":{"replace":{"verification":{}}},"proxy":{},"security":{"tls":{}},"timeouts":{},"version":"3.4.0"},"kernelArguments":{},"passwd":{${users}},"storage":{},"systemd":{}}`;

describe('the languages of templates of matchbox', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-languages-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('Butane is translated by imago where there is no such program', async () => {
    const { translate } = await openLanguages(() => undefined, folder);
    expect(await translate(BUTANE, 'ignition/a')).to.equal(served('"users":[{"name":"core"}]'));
  });

  it('and by the program where there is one, once for the same text', async () => {
    const program = join(folder, 'butane');
    const calls = join(folder, 'calls');
    writeFileSync(program, `#!/bin/sh\ncat >>${calls}\nprintf '{"ignition":{"version":"3.3.0"}}'\n`);
    chmodSync(program, 0o755);
    const { translate } = await openLanguages(() => undefined, folder);
    const both = await Promise.all([translate(BUTANE, 'ignition/a'), translate(BUTANE, 'ignition/a')]);
    expect([...both, await translate(BUTANE, 'ignition/a')]).to.deep.equal(Array(3).fill(served('')));
    expect(readFileSync(calls, 'utf8')).to.equal(BUTANE);
    await translate(`${BUTANE}# another\n`, 'ignition/a');
    expect(readFileSync(calls, 'utf8')).to.equal(`${BUTANE}${BUTANE}# another\n`);
  });

  it('what cannot be translated is a fault each time', async () => {
    const { translate } = await openLanguages(() => undefined, folder);
    for (const _ of [1, 2]) {
      let thrown: unknown;
      await translate('variant: none\n', 'ignition/a').catch((error: unknown) => (thrown = error));
      expect(thrown).to.be.instanceOf(TemplateFault);
    }
  });
});

describe('what was worked out lately', () => {
  it('is kept for so many, the longest unused goes, and what failed is tried again', async () => {
    const worked: string[] = [];
    const kept = new Remembered<string>(2);
    const get = (key: string) =>
      kept.get(key, async () => {
        worked.push(key);
        if (key === 'bad') throw new Error('no');
        return key;
      });
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) expect(await get(key)).to.equal(key);
    expect(worked).to.deep.equal(['a', 'b', 'c', 'b']);
    for (const _ of [1, 2]) await get('bad').catch(() => undefined);
    expect(worked.slice(4)).to.deep.equal(['bad', 'bad']);
  });
});
