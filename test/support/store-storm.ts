import { writeSync } from 'node:fs';
import { freeAddress } from '../../src/host/address-assignment.js';
import { newHost, type Host } from '../../src/host/host.js';
import type { FleetView } from '../../src/host/host-store.js';
import { parseSerial } from '../../src/host/serial.js';
import { StoreUnavailable } from '../../src/host/errors.js';
import { toIpv4 } from '../../src/net/ipv4.js';
import { openHostStore } from '../../src/store/open-host-store.js';

/**
 * A program of its own, to be killed: changes hosts without end, and prints `<serial> <step>` for each change that was
 * acknowledged. Arguments: the cluster folder, how many machines there are, how many change at once.
 */
const [directory = '', machines = '40', atOnce = '20'] = process.argv.slice(2);

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const range = { first: toIpv4(0x0a4b0001), last: toIpv4(0x0a4bffff) };
const started = performance.now();
const store = await openHostStore({ directory, clock: () => new Date(), logger: quiet });
print(`ready ${Math.round(performance.now() - started)}`);

let seed = process.pid;
await Promise.all(Array.from({ length: Number(atOnce) }, () => changeForEver()));

async function changeForEver(): Promise<never> {
  for (;;) {
    const serial = parseSerial(`ser${random(Number(machines))}`);
    const changes: string[] = [];
    try {
      await store.change({ name: serial, kind: 'machine' }, (fleet) => {
        changes.length = 0;
        let host = fleet.host(serial) ?? newcomer(serial, fleet);
        return Array.from({ length: 1 + random(3) }, () => {
          host = nextStep(host);
          changes.push(`${serial} ${stepOf(host)}`);
          return { host, what: `step ${stepOf(host)}` };
        });
      });
      for (const change of changes) print(change);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      print(`refused ${error.kind}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function newcomer(serial: ReturnType<typeof parseSerial>, fleet: FleetView): Host {
  return newHost(serial, {
    internalAddress: freeAddress(range, (address) => fleet.hostByAddress(address) !== undefined),
  });
}

function nextStep(host: Host): Host {
  return { ...host, metadata: [`step=${stepOf(host) + 1}`] };
}

function stepOf(host: Host): number {
  return Number(host.metadata[0]?.slice('step='.length) ?? 0);
}

/** Numerical Recipes' generator: the same child makes the same storm. */
function random(below: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}

/** Synchronous: what was acknowledged is printed before anything else happens. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}
