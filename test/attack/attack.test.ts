import { expect } from 'chai';
import { AttackLab, dialectVictim, newcomerOf, victimOf } from './attack-lab.js';
import {
  dialects,
  disguises,
  isNamed,
  leaked,
  races,
  reportsOf,
  requestsFor,
  stages,
  type Attacker,
  type Disguise,
} from './rows.js';
import { goOn, live, type Living, type Stage } from './victim.js';
import type { Answer } from './machine.js';

/** The next machine, which nobody has attacked yet. */
let victims = 0;

describe('B in the place of A', function () {
  this.timeout(60_000);
  let lab: AttackLab;

  before(async () => {
    lab = await AttackLab.create('attack', 100);
    await lab.start();
  });
  after(() => lab.remove());

  /** A comes to a stage; then B disguises itself, and asks for all there is. */
  const attack = async (disguise: Disguise, stage: Stage) => {
    const a = await live(lab, victimOf((victims += 1)), stage);
    const attacker: Attacker = { lab, a, card: `52:54:0b:00:00:${String(victims).padStart(2, '0')}` };
    const before = await lab.recordsOf(a.serial);
    if (disguise.aIsAway) await lab.a.ip('link', 'set', 'eth0', 'down');
    const answers: Answer[] = [];
    try {
      const way = await disguise.put(attacker);
      answers.push(...(await Promise.all(requestsFor(a, way).map((asked) => lab.b.ask(asked)))));
      for (const asked of reportsOf(a, way)) answers.push(await lab.b.ask(asked));
    } finally {
      await lab.b.forget();
      await lab.a.lookAgain();
      if (disguise.aIsAway) await lab.a.ip('link', 'set', 'eth0', 'up');
    }
    return { a, answers, before, after: await lab.recordsOf(a.serial) };
  };

  const expectNothing = async (a: Living, answers: readonly Answer[], before: string, after: string) => {
    expect(leaked(a, answers), 'what B got of A').to.deep.equal([]);
    expect(after, 'what imago has of A').to.equal(before);
    await goOn(lab.a, a, a.stage, 'running');
    expect(await lab.hostOf(a.serial)).to.include({ state: 'running' });
  };

  for (const stage of stages) {
    describe(`while A has come to '${stage}'`, () => {
      for (const disguise of disguises) {
        const { name } = disguise;
        if (!isNamed(disguise, stage))
          it(`gets nothing and changes nothing with ${name}`, async () => {
            const { a, answers, before, after } = await attack(disguise, stage);
            expect(
              answers.some(({ status }) => status > 0),
              'anybody answered',
            ).to.equal(true);
            await expectNothing(a, answers, before, after);
          });
        else
          it(`is A with ${name}: docs/security.md says so`, async () => {
            const { a, answers, before, after } = await attack(disguise, stage);
            expect(leaked(a, answers).length > 0 || before !== after).to.equal(true);
          });
      }
    });
  }

  describe('before A', () => {
    for (const { name, cardIsKnown, remains } of races)
      it(`${remains === undefined ? 'gets nothing' : 'is A'} with ${name}`, async () => {
        const a = newcomerOf((victims += 1));
        await lab.operator('POST', '/api/v1/hosts', { serial: a.serial, ...(cardIsKnown && { mac: a.mac }) });
        await lab.operator('PATCH', `/api/v1/hosts/${a.serial}`, { overrides: { marker: a.marker } });
        const before = await lab.recordsOf(a.serial);
        expect(before).to.include(a.marker);
        await lab.b.becomeCard(`52:54:0b:00:01:${String(victims).padStart(2, '0')}`);
        await lab.b.lease();
        const answers: Answer[] = [];
        for (const asked of requestsFor({ ...a, stage: 'unseen', address: '', base: '' }, {}))
          answers.push(await lab.b.ask(asked));
        await lab.b.forget();
        const isToldOf = leaked({ ...a, base: '' }, answers).length > 0;
        expect(isToldOf).to.equal(remains !== undefined);
        const meanwhile = await lab.recordsOf(a.serial);
        if (remains === undefined) expect(meanwhile).to.equal(before);
        if (remains === undefined) await live(lab, a, 'running');
      });
  });

  describe('in the files of other systems', () => {
    for (const { name, asked } of dialects)
      it(`gets what they have for A, by ${name}: docs/security.md says so`, async () => {
        await lab.b.becomeCard('52:54:0b:00:02:01');
        await lab.b.lease();
        for (const one of asked)
          expect(leaked({ ...dialectVictim, base: '' }, [await lab.b.ask(one)])).to.have.length(1);
        await lab.b.forget();
      });
  });
});
