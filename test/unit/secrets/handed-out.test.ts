import { expect } from 'chai';
import sinon from 'sinon';
import { HandedOut } from '../../../src/secrets/handed-out.js';

describe('answers with secrets, in memory', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => (clock = sinon.useFakeTimers()));
  afterEach(() => clock.restore());

  it('are gone after the minute, also where nobody asks for anything any more', () => {
    const handed = new HandedOut();
    handed.put('ignition a', 'planted', clock.now);
    clock.tick(59_999);
    expect(handed.get('ignition a')).to.equal('planted');
    clock.tick(1);
    expect(handed.get('ignition a')).to.equal(undefined);
  });

  it('a later one has a minute of its own', () => {
    const handed = new HandedOut();
    handed.put('ignition a', 'planted', clock.now);
    clock.tick(30_000);
    handed.put('ignition a', 'another', clock.now);
    clock.tick(30_000);
    expect(handed.get('ignition a')).to.equal('another');
    clock.tick(30_000);
    expect([handed.get('ignition a'), clock.countTimers()]).to.deep.equal([undefined, 0]);
  });
});
