// Whether one of the packages that package-lock.json names has a known hole, as the registry tells it.
//   node tools/audit.mjs     status 0: none; 1: some, each with its advisory; 77: the registry does not answer such questions
import { spawnSync } from 'node:child_process';

const NOT_ASKED = 77;
const WITHIN_MS = 60_000;

const { stdout, error } = spawnSync('npm', ['audit', '--json', '--fetch-retries=1', '--fetch-timeout=20000'], {
  encoding: 'utf8',
  timeout: WITHIN_MS,
  maxBuffer: 64 << 20,
  stdio: ['ignore', 'pipe', 'ignore'],
});
const report = parsed(stdout);
if (report?.vulnerabilities === undefined) {
  const reason = error?.code ?? report?.message ?? 'npm said nothing that can be read';
  console.log(`NOT AUDITED: the registry does not tell of known holes (${reason}). Run \`npm audit\` where one does.`);
  process.exitCode = NOT_ASKED;
} else {
  const found = Object.values(report.vulnerabilities);
  for (const { name, severity, range, via } of found) console.log(`${name} ${range}: ${severity}; ${reasonsOf(via)}`);
  if (found.length === 0) console.log(`no known hole in ${report.metadata?.dependencies?.total ?? 0} packages`);
  else console.log(`${found.length} packages with known holes: npm audit fix, or another package`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

function reasonsOf(via) {
  return via.map((one) => (typeof one === 'string' ? `by ${one}` : `${one.title} ${one.url}`)).join(', ');
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
