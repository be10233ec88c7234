import { expect } from 'chai';
import { WaitingHabit } from '../../../src/tftp/native-socket.js';

/** Turns without waiting until it is tried again. */
function turnsUntilTried(habit: WaitingHabit): number {
  let turns = 0;
  while (!habit.mayWait()) turns += 1;
  return turns;
}

describe('the habit of waiting for an answer', () => {
  it('is kept while answers come', () => {
    const habit = new WaitingHabit();
    for (let turn = 0; turn < 5; turn += 1) {
      expect(turnsUntilTried(habit)).to.equal(0);
      habit.waited(true);
    }
  });

  it('is given up more and more where it is in vain, but never for good', () => {
    const habit = new WaitingHabit();
    const pauses = Array.from({ length: 11 }, () => {
      habit.waited(false);
      return turnsUntilTried(habit);
    });
    expect(pauses).to.deep.equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256]);
  });

  it('is back at once when an answer came', () => {
    const habit = new WaitingHabit();
    for (let turn = 0; turn < 5; turn += 1) habit.waited(false);
    turnsUntilTried(habit);
    habit.waited(true);
    expect(turnsUntilTried(habit)).to.equal(0);
  });

  it('can be laid aside', () => {
    const habit = new WaitingHabit();
    habit.pause();
    expect(turnsUntilTried(habit)).to.equal(256);
    habit.waited(true);
    expect(turnsUntilTried(habit)).to.equal(0);
  });
});
