import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from './errors.js';

/** No token is longer. */
const LONGEST = 4096;

/**
 * A token, asked for on a terminal without showing it, or else the one line of standard input: what stands in the arguments of a
 * program is seen by all users of its computer.
 * @throws UsageError
 */
export async function readToken(): Promise<string> {
  const text = process.stdin.isTTY ? await askedFor('Token: ') : await given();
  const token = text.trim();
  if (token === '')
    throw new UsageError('no token was given: paste it, or give it on standard input, as in … < token');
  if (!/^[\x21-\x7e]+$/.test(token) || token.length > LONGEST) {
    throw new UsageError('what was given is no token: give the one line that imagoctl token create printed');
  }
  return token;
}

async function askedFor(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // Only now: until here the terminal itself shows what is typed.
  process.stderr.write(question);
  try {
    const ended = once(terminal, 'close').then(() => '');
    return await Promise.race([terminal.question(''), ended]);
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

async function given(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > LONGEST) break;
  }
  return text;
}
