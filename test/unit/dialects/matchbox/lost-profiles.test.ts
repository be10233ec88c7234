import { expect } from 'chai';
import { lostProfiles } from '../../../../src/dialects/matchbox/lost-profiles.js';

const group = (id: string, profile: string) => ({ id, name: '', profile, selector: {} });

describe('profiles that groups name and that are not there', () => {
  it('are a sentence each, with the first group and how many more there are', () => {
    const groups = [
      group('a', 'gone'),
      group('b', 'there'),
      group('c', 'gone'),
      group('d', ''),
      group('e', 'gone'),
    ];
    expect(lostProfiles(groups, (profile) => profile === 'there')).to.deep.equal([
      "group 'a', and 2 more, name profile 'gone', which is not there",
      "group 'd' names profile '', which is not there",
    ]);
  });
});
