// Changes the program in one place at a time and sees whether the unit tests notice.
//   npm run mutate -- --room dhcp [--sample 200] [--seed 1] [--jobs 2] [--only part-of-a-path]
// Only what the tests run at all is changed, and each mutant meets only the test files that run its place. The same seed makes the
// same sample of the same program. Ends with 1 where less is caught than MUST_BE_CAUGHT.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { allowed } from './mutants-allowed.mjs';
import { mutantsOf } from './mutants.mjs';

const MUST_BE_CAUGHT = 0.85;

/** The unit tests that are about a room, beside its own. */
const testsOf = {
  boot: ['dhcp/policy'],
  host: ['fleet', 'provision'],
  provision: ['hooks'],
};

/** What only sockets and the kernel tell: integration tests have it, in network namespaces, and no unit test can. */
const EDGES = /\/dhcp\/(dhcp-sockets|native-port|link-helpers|ping|router-advertiser)\.js$/;

const { values: options } = parseArgs({
  options: {
    room: { type: 'string' },
    sample: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    only: { type: 'string', default: '' },
  },
});
const room = options.room;
if (!room || !existsSync(`dist/src/${room}`)) {
  console.error('name a room of src, as in --room dhcp, after npm run build');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'imago-mutants-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const testFiles = [room, ...(testsOf[room] ?? [])].flatMap((name) => filesIn(`dist/test/unit/${name}`, '.test.js'));
const tests = await inParallel([...new Set(testFiles)], cover);
const files = filesIn(`dist/src/${room}`, '.js').filter((file) => file.includes(options.only) && !EDGES.test(file));
const mutants = sampled(files.flatMap(mutantsIn));
console.log(`${room}: ${mutants.length} mutants (seed ${options.seed}), ${tests.length} files of tests`);
const fates = await inParallel(mutants, tryOut);
report();

function filesIn(path, end) {
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true })
    .filter((name) => name.endsWith(end))
    .map((name) => join(path, name))
    .sort();
}

/** Runs one file of tests as it is: how long it takes, and what of the room it runs. */
async function cover(file, index) {
  const coverage = join(folder, `coverage-${index}`);
  mkdirSync(coverage);
  const began = performance.now();
  const { code, output } = await runTests([file], 300_000, { NODE_V8_COVERAGE: coverage });
  const milliseconds = performance.now() - began;
  if (code !== 0) throw new Error(`${file} fails before anything is changed:\n${output}`);
  const ran = new Map();
  for (const name of readdirSync(coverage)) {
    for (const { url, functions } of JSON.parse(readFileSync(join(coverage, name), 'utf8')).result) {
      if (!url.includes(`/dist/src/${room}/`)) continue;
      ran.set(url, [...(ran.get(url) ?? []), functions.flatMap(({ ranges }) => ranges)]);
    }
  }
  rmSync(coverage, { recursive: true });
  return { file, milliseconds, ran };
}

/** Whether a test runs that place: the innermost range around it counts. */
function runs(test, url, place) {
  return (test.ran.get(url) ?? []).some((ranges) => {
    let innermost;
    for (const range of ranges) {
      const isAround = range.startOffset <= place && place < range.endOffset;
      const size = range.endOffset - range.startOffset;
      if (isAround && (!innermost || size <= innermost.endOffset - innermost.startOffset)) innermost = range;
    }
    return (innermost?.count ?? 0) > 0;
  });
}

function mutantsIn(file) {
  const text = readFileSync(file, 'utf8');
  const url = pathToFileURL(resolve(file)).href;
  return mutantsOf(text).flatMap((mutant) => {
    const those = tests.filter((test) => runs(test, url, mutant.start));
    return those.length > 0 ? [{ ...mutant, file, url, text, tests: those }] : [];
  });
}

function sampled(all) {
  let state = Number(options.seed);
  // xorshift32: the same everywhere, and good enough to shuffle with.
  const random = (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const rest = [...all];
  const most = Math.min(Number(options.sample), rest.length);
  return Array.from({ length: most }, () => rest.splice(random(rest.length), 1)[0]);
}

async function tryOut(mutant, index) {
  const { text, start, end, url } = mutant;
  const changed = join(folder, `mutant-${index}.js`);
  writeFileSync(changed, `${text.slice(0, start)}${mutant.mutant}${text.slice(end)}`);
  const those = [...mutant.tests].sort((one, other) => one.milliseconds - other.milliseconds);
  const usual = those.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const { code } = await runTests(those.map(({ file }) => file), 10_000 + 3 * usual, { MUTANT_URL: url, MUTANT_TEXT: changed });
  const survives = code === 0;
  const place = { ...mutant, ...sourceOf(mutant) };
  const reason = survives ? reasonFor(place) : undefined;
  if (survives && reason === undefined) console.log(`survived ${shown(place)}`);
  return { ...place, fate: reason === undefined ? (survives ? 'survived' : code === undefined ? 'ended' : 'caught') : 'allowed' };
}

/** Where it stands in the TypeScript. */
function sourceOf({ file, text, start }) {
  const before = text.slice(0, start).split('\n');
  const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
  const { originalLine = 0 } = map.findEntry(before.length - 1, before.at(-1).length);
  const source = relative('dist', file).replace(/\.js$/, '.ts');
  return { source, line: originalLine + 1, code: text.split('\n')[before.length - 1].trim() };
}

function reasonFor({ source, code, original, mutant }) {
  return allowed.find(
    (each) =>
      each.source === source && code.includes(each.code) && each.original === original && (each.mutant ?? mutant) === mutant,
  )?.reason;
}

function shown({ source, line, code, original, mutant }) {
  return `${source}:${line}  ${oneLine(original)} -> ${oneLine(mutant)}\n      ${code}`;
}

function oneLine(text) {
  const short = text.replace(/\s+/g, ' ');
  return short.length > 90 ? `${short.slice(0, 89)}…` : short || 'nothing';
}

function report() {
  const count = (fate) => fates.filter((each) => each.fate === fate).length;
  const [caught, ended, survived, isAllowed] = ['caught', 'ended', 'survived', 'allowed'].map(count);
  const share = (caught + ended) / Math.max(1, caught + ended + survived);
  console.log(
    `${room}: ${(100 * share).toFixed(1)} % caught: ${caught} by a test, ${ended} ran out of time, ${survived} survived; ${isAllowed} allowed, as they change nothing that can be seen`,
  );
  if (share < MUST_BE_CAUGHT) process.exitCode = 1;
}

/** Ends at the first test that fails. No code when it took too long. */
function runTests(files, milliseconds, environment) {
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      ['tools/mutant-run.mjs', ...files],
      { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output = `${output}${chunk}`.slice(-4000)));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      process.kill(-child.pid, 'SIGKILL');
    }, milliseconds);
    child.on('exit', (code) => {
      clearTimeout(timer);
      done({ code: isLate ? undefined : (code ?? 1), output });
    });
  });
}

async function inParallel(items, work) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
  return results;
}
