// Loaded into a daemon before all else: its clock is off by as many seconds as the file IMAGO_TEST_CLOCK says.
import { readFileSync } from 'node:fs';

const RealDate = Date;
let offset = 0;

function now() {
  const text = readFileSync(process.env.IMAGO_TEST_CLOCK, 'utf8');
  if (text !== '') offset = Number(text) * 1000; // empty while it is being written
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
