// Holds the direction of imports to exactly what tools/rooms.mjs says and docs/architecture.md shows: an import that is not
// allowed, one that is allowed and never made, a room without an entry, and a picture of yesterday are faults.
// A parser that silently reads nothing would pass every rule, so the number of modules is compared with the number of files.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cruise } from 'dependency-cruiser';
import configuration from '../.dependency-cruiser.mjs';
import { architecturePicture, roomOf, rooms } from './rooms.mjs';

const files = readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.ts'));
const { output } = await cruise(['src'], { ruleSet: configuration, validate: true, ...configuration.options });
const read = output.modules.filter(({ source }) => source.startsWith('src/') && source.endsWith('.ts'));

for (const { rule, from, to } of output.summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
if (read.length !== files.length) {
  console.error(`${files.length} files in src, but ${read.length} modules were read: the check is blind`);
}
const edges = read.reduce((sum, { dependencies }) => sum + dependencies.length, 0);
if (edges < read.length) console.error(`only ${edges} imports in ${read.length} modules: the check is blind`);

const made = new Set(
  read.flatMap(({ source, dependencies }) => dependencies.map(({ resolved }) => `${roomOf(source)} → ${roomOf(resolved)}`)),
);
const page = readFileSync('docs/architecture.md', 'utf8');
const faults = [
  ...new Set(read.filter(({ source }) => source.split('/').length > 2 && roomOf(source) === undefined).map(({ source }) => dirname(source))),
].map((folder) => `tools/rooms.mjs does not say what ${folder} is for`);
for (const [room, { may }] of Object.entries(rooms)) {
  for (const other of may) if (!made.has(`${room} → ${other}`)) faults.push(`${room} → ${other} is allowed and never made`);
}
if (!page.includes(architecturePicture())) faults.push('docs/architecture.md is not of today: run `npm run docs`');
for (const fault of faults) console.error(fault);

const sound =
  output.summary.violations.length === 0 && faults.length === 0 && read.length === files.length && edges >= read.length;
console.log(`import direction: ${read.length} modules, ${edges} imports, ${output.summary.violations.length} violations`);
process.exitCode = sound ? 0 : 1;
