// Holds the direction of imports. A parser that silently reads nothing would pass every rule, so the number of modules
// is compared with the number of files.
import { readdirSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import configuration from '../.dependency-cruiser.mjs';

const files = readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.ts'));
const { output } = await cruise(['src'], { ruleSet: configuration, validate: true, ...configuration.options });
const read = output.modules.filter(({ source }) => source.startsWith('src/') && source.endsWith('.ts'));

for (const { rule, from, to } of output.summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
if (read.length !== files.length) {
  console.error(`${files.length} files in src, but ${read.length} modules were read: the check is blind`);
}
const edges = read.reduce((sum, { dependencies }) => sum + dependencies.length, 0);
if (edges < read.length) console.error(`only ${edges} imports in ${read.length} modules: the check is blind`);
const sound = output.summary.violations.length === 0 && read.length === files.length && edges >= read.length;
console.log(`import direction: ${read.length} modules, ${edges} imports, ${output.summary.violations.length} violations`);
process.exitCode = sound ? 0 : 1;
