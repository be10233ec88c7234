import { AttackLab, victimOf } from './attack-lab.js';
import { Dice, tryOf } from './generate.js';
import { disguises, isNamed, leaked, stages } from './rows.js';
import { goOn, live } from './victim.js';

/**
 * `npm run attack [-- --tries N --seed S]`, as root: so many tries to be A, by every disguise that is to give B nothing, while A is at
 * each stage. Status 1 where something of A's leaves, or something of A changes. The same seed makes the same tries.
 */
const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const tries = option('tries', 100_000);
const seed = option('seed', 1);
const AT_ONCE = 32;

const scenes = disguises
  .flatMap((disguise) => stages.map((stage) => ({ disguise, stage })))
  .filter(({ disguise, stage }) => !isNamed(disguise, stage));
const perScene = Math.ceil(tries / scenes.length);
const statuses = new Map<number, number>();
const faults: string[] = [];
let made = 0;

console.log(`attack: ${tries} tries, seed ${seed}`);
const lab = await AttackLab.create('attacks', scenes.length + 1);
try {
  await lab.start();
  const began = performance.now();
  for (const [index, { disguise, stage }] of scenes.entries()) {
    const dice = new Dice(seed * 1000 + index);
    const a = await live(lab, victimOf(index), stage);
    const number = String(index).padStart(2, '0');
    const own = { serial: `own${number}`, mac: `52:54:0b:00:00:${number}`, base: '' };
    const before = await lab.recordsOf(a.serial);
    if (disguise.aIsAway) await lab.a.ip('link', 'set', 'eth0', 'down');
    const { from = '', base: known = '' } = await disguise.put({ lab, a, card: own.mac });
    // What B knows already may come back to it, as in an error that names a path.
    const unknown = { ...a, base: known === '' ? a.base : '' };
    const scene = { a, known, own, from };
    const name = `${disguise.name}, at '${stage}'`;
    for (let left = perScene; left > 0; left -= AT_ONCE) {
      const asked = Array.from({ length: Math.min(AT_ONCE, left) }, () => tryOf(dice, scene));
      const answers = await Promise.all(asked.map((one) => lab.b.ask(one)));
      made += asked.length;
      for (const [at, answer] of answers.entries()) {
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (leaked(unknown, [answer]).length > 0)
          faults.push(`${name}: ${JSON.stringify(asked[at])} got ${answer.body.slice(0, 300)}`);
      }
    }
    const after = await lab.recordsOf(a.serial);
    if (after !== before) faults.push(`${name}: A was ${before.slice(0, 600)} and is ${after.slice(0, 600)}`);
    await lab.b.forget();
    await lab.a.lookAgain();
    if (disguise.aIsAway) await lab.a.ip('link', 'set', 'eth0', 'up');
    await goOn(lab.a, a, stage, 'running').catch((error: unknown) =>
      faults.push(`${name}: A cannot go on: ${String(error)}`),
    );
    console.log(`${name}: ${perScene} tries, ${faults.length} faults so far`);
  }
  const seconds = (performance.now() - began) / 1000;
  const shown = [...statuses]
    .toSorted(([one], [other]) => one - other)
    .map(([status, count]) => `${status || 'no answer'}: ${count}`);
  console.log(`${made} tries in ${Math.round(seconds)} s; answers by status: ${shown.join(', ')}`);
  for (const fault of faults.slice(0, 20)) console.error(`attack: ${fault}`);
  console.log(faults.length === 0 ? 'nothing of A left, nothing of A changed' : `${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await lab.remove();
}
process.exit();
