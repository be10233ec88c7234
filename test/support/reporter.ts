import { appendFileSync } from 'node:fs';
import Mocha from 'mocha';

const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS } = Mocha.Runner.constants;
/** What takes longer is worth a line. */
const SLOW_MS = 1000;

/** How long a run may go on when its last test is over. */
const GRACE_MS = 10_000;

/** Something that a test left open would keep the run alive for ever: that is a failure of its own. */
function endHangingRun(totals: string | undefined): void {
  process.stdout.write(`  FAILED  the tests left open: ${process.getActiveResourcesInfo().join(', ')}\n`);
  if (totals !== undefined) appendFileSync(totals, '0 1\n');
  process.exit(1);
}

/**
 * Says what failed and what was slow, and adds a line `PASSED FAILED` to the file that IMAGO_TOTALS names, from which bin/test sums up.
 */
export default class Reporter extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.on(EVENT_TEST_PASS, (test) => {
      const ms = test.duration ?? 0;
      if (ms >= SLOW_MS) process.stdout.write(`  ${(ms / 1000).toFixed(1)} s  ${test.fullTitle()}\n`);
    });
    runner.on(EVENT_TEST_FAIL, (test) => process.stdout.write(`  FAILED  ${test.fullTitle()}\n`));
    runner.once(EVENT_RUN_END, () => {
      this.epilogue();
      const file = process.env['IMAGO_TOTALS'];
      if (file !== undefined) appendFileSync(file, `${this.stats.passes} ${this.stats.failures}\n`);
      setTimeout(() => endHangingRun(file), GRACE_MS).unref();
    });
  }
}
