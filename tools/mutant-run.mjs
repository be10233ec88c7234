// Runs files of unit tests, named as arguments, until one fails. One module of the program may have another text then: MUTANT_URL and
// MUTANT_TEXT name both. Tests are imported here, as mocha requires them, and what is required passes by the hooks of Node 20.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

export function load(url, context, nextLoad) {
  if (url !== process.env.MUTANT_URL) return nextLoad(url, context);
  return { format: 'module', source: readFileSync(process.env.MUTANT_TEXT, 'utf8'), shortCircuit: true };
}

if (isMainThread) {
  if (process.env.MUTANT_URL) register(import.meta.url);
  const { default: Mocha } = await import('mocha');
  const mocha = new Mocha({ bail: true, timeout: 20_000, reporter: 'dot', forbidPending: true });
  for (const file of process.argv.slice(2)) {
    mocha.suite.emit('pre-require', globalThis, file, mocha);
    await import(pathToFileURL(file).href);
  }
  mocha.run((failures) => process.exit(failures > 0 ? 1 : 0));
}
