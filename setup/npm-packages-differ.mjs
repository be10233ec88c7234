// Status 0 when node_modules is not what package-lock.json asks for, 1 when it is. npm keeps a record of what it installed.
import { existsSync, readFileSync } from 'node:fs';

const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;

function differs() {
  if (!existsSync('node_modules/.package-lock.json')) return true;
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(packagesOf('package-lock.json')).some(
    ([path, { version, optional }]) => path !== '' && !(optional && !installed[path]) && installed[path]?.version !== version,
  );
}

process.exitCode = differs() ? 0 : 1;
