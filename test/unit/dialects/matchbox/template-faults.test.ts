import { expect } from 'chai';
import { TemplateFaults } from '../../../../src/dialects/matchbox/template-faults.js';

const holds = async () => true;

describe('templates that machines could not be given', () => {
  it('are 100 at most: the one that failed first goes', () => {
    const faults = new TemplateFaults();
    for (let index = 0; index < 102; index += 1) faults.failed(`cloud/${index}`, `${index}`, holds);
    faults.failed('cloud/101', 'again', holds);
    const list = faults.list();
    expect([list.length, list[0], list.at(-1)]).to.deep.equal([100, '2', 'again']);
  });

  it('stay where nobody can tell whether they are right, and when they fail anew meanwhile', async () => {
    const faults = new TemplateFaults();
    faults.failed('cloud/a', 'a', () => Promise.reject(new Error('EIO')));
    faults.failed('cloud/b', 'b', async () => {
      faults.failed('cloud/b', 'b, in another way', holds);
      return false;
    });
    faults.failed('cloud/c', 'c', async () => false);
    await faults.lookAgain();
    expect(faults.list()).to.deep.equal(['a', 'b, in another way']);
  });
});
