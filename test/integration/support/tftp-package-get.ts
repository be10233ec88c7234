import { createClient } from 'tftp';

/** Fetches with the client of the npm package: HOST REMOTE LOCAL. It asks for blocks of 1468, windows of 4, and rollover. */
const [, , host = '', remote = '', local = ''] = process.argv;
createClient({ host, port: 69 }).get(remote, local, {}, (error) => {
  if (!error) return;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
