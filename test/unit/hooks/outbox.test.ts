import { expect } from 'chai';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Outbox, type OutboxFaults } from '../../../src/hooks/outbox.js';

const MOST = 1000;
const state = { after: 'a'.repeat(40), news: [] };

describe('an outbox', () => {
  let folder: string;
  let file: string;
  let told: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'imago-outbox-'));
    file = join(folder, 'outbox');
    told = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const faults: OutboxFaults = {
    cannotWrite: ({ message }) => told.push(message),
    damaged: (reason, aside) => told.push(`${reason}: ${aside?.slice(folder.length)}`),
  };
  const outbox = () => new Outbox(file, faults, MOST);

  it('that is not there is none, and no fault', async () => {
    expect(await outbox().load()).to.equal(undefined);
    expect(told).to.deep.equal([]);
  });

  it('of as many bytes as it may have says what it says', async () => {
    writeFileSync(file, JSON.stringify(state).padEnd(MOST));
    expect(await outbox().load()).to.deep.equal(state);
    expect(told).to.deep.equal([]);
  });

  const damage: Readonly<Record<string, { make: () => void; says: string }>> = {
    'no JSON': { make: () => writeFileSync(file, '{"news": ['), says: 'it is no JSON' },
    empty: { make: () => writeFileSync(file, ''), says: 'it is no JSON' },
    'JSON nested without end': {
      make: () => writeFileSync(file, `{"news": ${'['.repeat(400)}`),
      says: 'it is no JSON',
    },
    'something else': {
      make: () => writeFileSync(file, '{"after": 7, "news": []}'),
      says: 'it does not say what was told',
    },
    'one byte too long': {
      make: () => writeFileSync(file, JSON.stringify(state).padEnd(MOST + 1)),
      says: "it has 1001 bytes, and 1000 at most are imago's",
    },
    'longer than a text in memory may be': {
      make: () => grow(600 * 1024 ** 2),
      says: "it has 629145600 bytes, and 1000 at most are imago's",
    },
    'longer than a file in memory may be': {
      make: () => grow(3 * 1024 ** 3),
      says: "it has 3221225472 bytes, and 1000 at most are imago's",
    },
  };
  /** A hole: it takes no room on the disk. */
  const grow = (bytes: number): void => {
    writeFileSync(file, '');
    truncateSync(file, bytes);
  };

  for (const [name, { make, says }] of Object.entries(damage)) {
    it(`that is damaged by being ${name} counts as none, is put aside, and a new one is written`, async () => {
      make();
      const damaged = outbox();
      expect(await damaged.load()).to.equal(undefined);
      expect(told).to.deep.equal([`${says}: /outbox.damaged`]);
      expect(readdirSync(folder)).to.deep.equal(['outbox.damaged']);
      damaged.save(state);
      await damaged.settled();
      expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal(state);
      expect(existsSync(`${file}.damaged`)).to.equal(true);
      expect(await outbox().load()).to.deep.equal(state);
    });
  }

  it('that nests without end within its bytes counts as none', async () => {
    writeFileSync(file, `{"news": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    expect(await new Outbox(file, faults).load()).to.equal(undefined);
    expect(told).to.have.length(1);
  });
});
