// Writes the pages of docs/ that are made from code. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { withAttacks } from '../dist/tools/docs/attacks-reference.js';
import { apiReference } from '../dist/tools/docs/api-reference.js';
import { withFieldNames } from '../dist/tools/docs/list-reference.js';
import { limitsReference } from '../dist/tools/docs/limits-reference.js';
import { configReference } from '../dist/tools/docs/config-reference.js';
import { withArchitecture } from './rooms.mjs';

writeFileSync('docs/configuration.md', configReference());
writeFileSync('docs/limits.md', limitsReference());
writeFileSync('docs/api.md', apiReference());
writeFileSync('docs/security.md', withAttacks(readFileSync('docs/security.md', 'utf8')));
writeFileSync('docs/imagoctl.md', withFieldNames(readFileSync('docs/imagoctl.md', 'utf8')));
writeFileSync('docs/architecture.md', withArchitecture(readFileSync('docs/architecture.md', 'utf8')));
