import { expect } from 'chai';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Outbox } from '../../../src/hooks/outbox.js';

describe('an outbox that is damaged', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-outbox-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const damage: Readonly<Record<string, (file: string) => void>> = {
    'no JSON': (file) => writeFileSync(file, '{"news": ['),
    'JSON nested without end': (file) =>
      writeFileSync(file, `{"news": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    'longer than a file in memory may be': (file) => {
      writeFileSync(file, '');
      truncateSync(file, 3 * 1024 ** 3);
    },
  };
  for (const [name, make] of Object.entries(damage)) {
    it(`by being ${name} counts as none`, async () => {
      const file = join(folder, 'outbox');
      make(file);
      const outbox = new Outbox(file, () => undefined);
      expect(await outbox.load()).to.equal(undefined);
    });
  }
});
