/**
 * Prints what the kernel's table and its list have for addresses, one line of JSON for each line that comes in; where that is a time, whether
 * one card had them since then.
 */
import { createInterface } from 'node:readline';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { loadLibc } from '../../../src/net/linux/libc.js';
import { kernelNeighbours, listedNeighbours, openNeighbours } from '../../../src/net/linux/neighbour.js';

const [, , interfaceName = '', ...addresses] = process.argv;
const libc = await loadLibc();
if (typeof libc === 'string') throw new Error(libc);
const asked = kernelNeighbours(interfaceName, libc);
const watched = await openNeighbours(interfaceName, Date.now);
for await (const line of createInterface({ input: process.stdin })) {
  const listed = listedNeighbours(interfaceName, Date.now);
  const all = addresses.map((text) => parseIpv4(text));
  const found = all.map((address) => ({
    kernel: asked.at(address) ?? null,
    list: listed.at(address) ?? null,
    ...(line !== '' && { steady: watched.isSteadySince(address, Number(line)) }),
  }));
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
watched.close();
asked.close();
