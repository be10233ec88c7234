import { lstatSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';

/** Longest path of a Unix socket in bytes (sun_path of unix(7), without its end). */
const LONGEST_PATH = 107;

/**
 * Listens at a Unix socket of mode 0600. What a killed process left there gives way; one that answers does not.
 * @param onListening Called once it listens.
 * @throws NodeJS.ErrnoException EADDRINUSE, ENAMETOOLONG
 */
export async function bindSocket(server: Server, path: string, onListening: () => void): Promise<void> {
  // Node cuts a longer one off without a word.
  if (Buffer.byteLength(path) > LONGEST_PATH) throw faultOf('ENAMETOOLONG');
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) {
    if (await answers(path)) throw faultOf('EADDRINUSE');
    rmSync(path, { force: true });
  }
  // The file is made in this call, and by no other thread at this moment.
  const before = process.umask(0o177);
  try {
    server.listen(path, onListening);
  } finally {
    process.umask(before);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}

function faultOf(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
