import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** A call of a webhook, as it came. */
export interface ReceivedCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What it was answered with. */
  readonly status: number;
}

export interface WebhookReceiver {
  calls(): Promise<readonly ReceivedCall[]>;
  close(): Promise<void>;
}

const program = `
const { createServer } = require('node:http');
const { appendFileSync } = require('node:fs');
const [port, failures, file] = process.argv.slice(1);
let count = 0;
createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    count += 1;
    const status = count <= Number(failures) ? 503 : 204;
    appendFileSync(file, JSON.stringify({ headers: request.headers, body, status }) + '\\n');
    response.writeHead(status).end();
  });
}).listen(Number(port), '127.0.0.1', () => console.log('listens'));
`;

/** Listens on the loopback of a network namespace; answers the first so many calls with 503. */
export async function startWebhookReceiver(
  namespace: string,
  port: number,
  file: string,
  failures: number,
): Promise<WebhookReceiver> {
  const words = ['netns', 'exec', namespace, process.execPath, '-e', program];
  const child = spawn('ip', [...words, String(port), String(failures), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  return {
    async calls() {
      const text = await readFile(file, { encoding: 'utf8', flag: 'a+' });
      const lines = text.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as ReceivedCall);
    },
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
