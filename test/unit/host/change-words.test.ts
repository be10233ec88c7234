import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { changeCodeOf, changeWords, wordsWith, type ChangeCode } from '../../../src/host/change-words.js';

describe('host/change-words', () => {
  for (const [code, words] of Object.entries(changeWords)) {
    it(`reads a commit of '${words}' as ${code}`, () => {
      expect(changeCodeOf(wordsWith(code as ChangeCode, 'installing'))).to.equal(code);
    });
  }

  // What Mayu writes, and what stands in each repository of imago: docs of both name it.
  for (const [words, code] of [
    ['host created', 'created'],
    ['updated with predefined settings', 'predefined'],
    ['updated host InternalAddr', 'address'],
    ['updated host profile and metadata', 'profile'],
    ['set default etcd discovery token', 'default-etcd-token'],
    ['collected host mac addresses', 'cards-seen'],
    ['updated host connected nic', 'connected-nic'],
    ['updated host ipmi address', 'bmc-address'],
    ['updated host state to installing', 'state'],
    ['updated state to installed', 'reported'],
    ['updated state to running', 'reported'],
    ['host flagged as fresh', 'fresh'],
    ['updated host overrides: color, disk', 'overrides'],
    ['locked: its board is swapped, see $& there', 'locked'],
    ['rolled back to 0123456789', 'rolled-back'],
  ] as const) {
    it(`knows '${words}' of histories that are there`, () => {
      expect(changeCodeOf(words)).to.equal(code);
    });
  }

  it('has each of its codes in docs/events.md', () => {
    const page = readFileSync('docs/events.md', 'utf8');
    for (const code of Object.keys(changeWords)) expect(page).to.contain(`\`${code}\``);
  });

  it('gives a commit in somebody’s own words no code', () => {
    for (const words of ['', 'move rack 3', 'HOST CREATED', 'host created by hand', 'toString'])
      expect(changeCodeOf(words), words).to.equal(undefined);
  });

  it('writes a detail as it is', () => {
    expect(wordsWith('locked', '$& … $1')).to.equal('locked: $& … $1');
  });
});
