// Loaded into a daemon before all else: its clock is off by as many seconds as the file IMAGO_TEST_CLOCK says.
import { readFileSync } from 'node:fs';

const RealDate = Date;
let offset = 0;
let readAt = -Infinity;

function now() {
  if (performance.now() - readAt > 20) {
    readAt = performance.now();
    offset = Number(readFileSync(process.env.IMAGO_TEST_CLOCK, 'utf8')) * 1000;
  }
  return RealDate.now() + offset;
}

globalThis.Date = class Date extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(now());
    else super(...values);
  }

  static now() {
    return now();
  }
};
