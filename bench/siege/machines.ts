/**
 * A program of its own, in the namespace of the clients: `machines.js HOST PORT COUNT`. Plays so many machines from their lease to running,
 * as patient as firmware and curl --retry are. Prints one JSON line: how many came through, how long the slowest took, and what
 * stopped the others.
 */
import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { lifeOf, macOf, type Call } from '../storm/machine.js';
import { Connection } from '../storm/http-call.js';
import { DhcpClient } from './dhcp-client.js';

const run = promisify(execFile);
const [host = '', port = '', count = ''] = process.argv.slice(2);
const server = { host, port: Number(port) };
const RETRY_MS = 1000;
const TRIES = 120;

export interface Lives {
  readonly through: number;
  readonly slowestSeconds: number;
  readonly faults: readonly string[];
}

const client = await DhcpClient.open();
const faults: string[] = [];
let slowest = 0;

async function live(number: number): Promise<void> {
  const began = performance.now();
  const from = await client.lease(macOf(number));
  await plug(number, from);
  for (const call of lifeOf(number)) await insist(call, from);
  slowest = Math.max(slowest, (performance.now() - began) / 1000);
}

/** A card of its own, which answers for its address: imago looks which one does. */
async function plug(number: number, address: string): Promise<void> {
  const card = `m${number}`;
  await run('ip', ['link', 'add', 'link', 'eth0', 'name', card, 'address', macOf(number), 'type', 'macvlan']);
  await run('ip', ['addr', 'add', `${address}/32`, 'dev', card]);
  await run('ip', ['link', 'set', card, 'up']);
}

/** @throws Error with the last answer */
async function insist(call: Call, from: string): Promise<void> {
  let last = '';
  for (let tries = 0; tries < TRIES; tries += 1) {
    const connection = new Connection(server, from);
    try {
      const { status, body } = await connection.call(call.method, call.path, call.body);
      if (status === call.status && body.includes(call.says ?? '')) return;
      last = `${status} ${body.slice(0, 300)}`;
    } catch (error) {
      last = String(error);
    } finally {
      connection.close();
    }
    await pause(RETRY_MS);
  }
  throw new Error(`${call.name}: ${last}`);
}

const lives = Array.from({ length: Number(count) }, async (_, number) => {
  // A rack is not switched on within one millisecond.
  await pause(number * 20);
  return live(number);
});
for (const life of await Promise.allSettled(lives))
  if (life.status === 'rejected') faults.push(String(life.reason));
client.close();
const lived: Lives = {
  through: Number(count) - faults.length,
  slowestSeconds: slowest,
  faults: faults.slice(0, 5),
};
process.stdout.write(`${JSON.stringify(lived)}\n`);
