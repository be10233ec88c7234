import { expect } from 'chai';
import { fileEvents, fileStates, stepOf } from '../../../../src/store/worktree/file-protocol.js';

/** The whole protocol: what a file is after an event, and what is done about it. */
const table = `
          start          commit         flush   differ        agree          seen
clean     clean          written:write  clean   edited:tell   clean          clean
written   written:flush  written:write  clean   edited:tell   written        written
edited    edited:tell    edited:hold    edited  edited:tell   clean:tell     written:release
torn      written:write  written:write  torn    edited:tell   clean          torn
`;

describe('the protocol of a file in the work tree', () => {
  const [heads = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));

  it('covers each state and each event', () => {
    expect(heads).to.deep.equal([...fileEvents]);
    expect(rows.map(([state]) => state)).to.deep.equal([...fileStates]);
  });

  for (const [index, state] of fileStates.entries()) {
    for (const [place, event] of fileEvents.entries()) {
      const want = rows[index]?.[place + 1];
      it(`${state}, ${event}: ${want}`, () => {
        const { to, task } = stepOf(state, event);
        expect(task ? `${to}:${task}` : to).to.equal(want);
      });
    }
  }

  it('writes over no edit before it is seen', () => {
    for (const event of fileEvents) expect(stepOf('edited', event).task).not.to.equal('write');
  });

  it('takes no torn file that a start finds for an edit', () => {
    expect(stepOf('torn', 'start').task).to.equal('write');
  });
});
