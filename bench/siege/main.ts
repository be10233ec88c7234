import { siege, SPARE } from './siege.js';
import { shortSiege, wholeSiege } from './sizes.js';

/** `npm run siege [-- --short]`, as root. Fails where a machine does not come through, or imago grows beyond its bounds. */
const MOST_MEBIBYTES = 400;

/** Of routes, methods, statuses and reasons, as they are met for the first time. */
const MOST_NEW_SERIES = 600;

const isShort = process.argv.includes('--short');
const size = isShort ? shortSiege : wholeSiege;
const report = await siege(size, (line) => console.log(line));
const { lives, descriptors, peakMebibytes, limits } = report;
console.log(JSON.stringify(report, null, 2));
const faults = [
  ...(lives.through < size.machines
    ? [`${size.machines - lives.through} machines did not come through`]
    : []),
  ...(peakMebibytes > MOST_MEBIBYTES ? [`${peakMebibytes} MiB of memory, more than ${MOST_MEBIBYTES}`] : []),
  ...(descriptors.after > descriptors.before + SPARE
    ? [`${descriptors.after} descriptors are left of ${descriptors.before}`]
    : []),
  ...(report.series.after > report.series.before + MOST_NEW_SERIES
    ? [`${report.series.after} series of metrics, after ${report.series.before}`]
    : []),
  ...(Object.keys(limits).length === 0 ? ['no bound was told of'] : []),
];
for (const fault of faults) console.error(`siege: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
