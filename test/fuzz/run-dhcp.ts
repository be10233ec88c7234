/**
 * Long runs on the DHCP targets: messages from the captures in test/fixtures/pcap, changed at random.
 *
 *     node dist/test/fuzz/run-dhcp.js dhcp-message|dhcp-decision CASES [SEED]
 *
 * Ends with 1 and the message in hex when a case throws or takes more than 100 ms of processor time.
 */
import { readdirSync } from 'node:fs';
import { requests } from '../unit/dhcp/pcap.js';
import { fuzz as fuzzDecision } from './dhcp-decision.js';
import { fuzz as fuzzMessage } from './dhcp-message.js';

const LONGEST_MILLISECONDS = 100;
const OPTION_CODES = [12, 50, 51, 52, 53, 54, 55, 57, 60, 61, 77, 82, 93, 97, 118, 175];
const [, , target = '', cases = '1000000', seed = '1'] = process.argv;
const fuzz = new Map([
  ['dhcp-message', fuzzMessage],
  ['dhcp-decision', fuzzDecision],
]).get(target);
if (fuzz === undefined) throw new Error('name a target: dhcp-message or dhcp-decision');

const captures = new URL('../../../test/fixtures/pcap', import.meta.url);
const corpus = readdirSync(captures).flatMap((name) => requests(name.replace('.pcap', '')));

let state = Number(seed);
/** A whole number below `limit` (xorshift32). */
function below(limit: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}

/** Mostly behind the header, where the options are. */
function somewhere(bytes: Buffer): number {
  return below(3) === 0 || bytes.length <= 240
    ? below(Math.max(bytes.length, 1))
    : 240 + below(bytes.length - 240);
}

function changed(original: Buffer): Buffer {
  const at = somewhere(original);
  const bytes = Buffer.from(original);
  switch (below(6)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
      return bytes;
    case 1:
      return bytes.subarray(0, at);
    case 2: {
      const code = OPTION_CODES[below(OPTION_CODES.length)] ?? 53;
      return Buffer.concat([bytes.subarray(0, at), Buffer.of(code, below(20)), bytes.subarray(at)]);
    }
    default:
      bytes[at] = below(256);
      return bytes;
  }
}

function nextCase(): Buffer {
  if (below(10) === 0) return Buffer.from(Array.from({ length: below(700) }, () => below(256)));
  let bytes = corpus[below(corpus.length)] ?? Buffer.alloc(0);
  for (let changes = 1 + below(8); changes > 0; changes -= 1) bytes = changed(bytes);
  return bytes;
}

const total = Number(cases);
for (let index = 0; index < total; index += 1) {
  const bytes = nextCase();
  const before = process.cpuUsage();
  try {
    fuzz(bytes);
  } catch (error) {
    process.stderr.write(`case ${index}: ${bytes.toString('hex')}\n`);
    throw error;
  }
  const { user, system } = process.cpuUsage(before);
  if ((user + system) / 1000 > LONGEST_MILLISECONDS) {
    throw new Error(`case ${index} took ${(user + system) / 1000} ms: ${bytes.toString('hex')}`);
  }
  if (index % 1_000_000 === 0) {
    const heap = Math.round(process.memoryUsage().heapUsed / 1e6);
    process.stdout.write(`${target}: ${index} of ${total}, heap ${heap} MB\n`);
  }
}
process.stdout.write(`${target}: ${total} cases, nothing found\n`);
