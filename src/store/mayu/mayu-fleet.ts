import { readdirSync } from 'node:fs';
import { ImagoError, showValue } from '../../errors.js';
import { readHostFile } from '../../host/host-json.js';
import type { Host } from '../../host/host.js';
import { parseSerial, type Serial } from '../../host/serial.js';
import { formatIpv4 } from '../../net/ipv4.js';
import { CLUSTER_FILE, HOST_FILE, LARGEST_FILE } from '../layout.js';
import { findRecordFile } from '../worktree/work-tree.js';

/** The files of a cluster of Mayu's, by the names of the hosts' folders. */
export interface MayuFiles {
  readonly hosts: ReadonlyMap<string, Buffer>;
  readonly cluster: Buffer | undefined;
}

/** A host as imago takes it over. */
export interface TakenHost {
  /** Of its folder: the serial as Mayu has it. */
  readonly name: string;
  readonly serial: Serial;
  readonly content: Buffer;
  readonly host: Host;
}

export interface HostFault {
  readonly name: string;
  readonly faults: readonly string[];
}

/** What lies in the folder, which is what Mayu reads. */
export function filesIn(folder: string): MayuFiles {
  const hosts = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== '.git')
    .flatMap(({ name }) => {
      const content = findRecordFile(folder, `${name}/${HOST_FILE}`)?.content;
      return content ? [[name, content] as const] : [];
    });
  return { hosts: new Map(hosts), cluster: findRecordFile(folder, CLUSTER_FILE)?.content };
}

/**
 * The serial by which imago knows the machine that Mayu knows as `name`: the machine reports what it always did, and imago
 * reads that as this.
 */
export function serialNamed(name: string): Serial | undefined {
  try {
    return parseSerial(name);
  } catch (error) {
    if (error instanceof ImagoError) return undefined;
    throw error;
  }
}

/** Sorts the hosts into those that imago can take and those that it cannot, each with all its faults. */
export function judgeHosts(files: ReadonlyMap<string, Buffer>): {
  readonly taken: readonly TakenHost[];
  readonly faulty: readonly HostFault[];
} {
  const taken = new Map<Serial, TakenHost>();
  const holders = new Map<number, string>();
  const faulty: HostFault[] = [];
  for (const [name, found] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const judged = judgeHost(name, found);
    if ('faults' in judged) {
      faulty.push(judged);
      continue;
    }
    const { serial, host } = judged;
    const twin = taken.get(serial);
    const address = host.internalAddress;
    const holder = address === undefined ? undefined : holders.get(address);
    const faults = [
      ...(twin
        ? [`it is one serial with ${showValue(twin.name)} to imago, ${serial}: remove one of them`]
        : []),
      ...(address !== undefined && holder !== undefined
        ? [
            `InternalAddr: ${formatIpv4(address)} is the address of ${showValue(holder)}: give one of them another`,
          ]
        : []),
    ];
    if (faults.length > 0) {
      faulty.push({ name, faults: faults.map((fault) => `${fileOf(name)}: ${fault}`) });
      continue;
    }
    taken.set(serial, judged);
    if (address !== undefined) holders.set(address, name);
  }
  return { taken: [...taken.values()], faulty };
}

function judgeHost(name: string, found: Buffer): TakenHost | HostFault {
  const file = fileOf(name);
  const serial = serialNamed(name);
  if (serial === undefined)
    return { name, faults: [`${file}: the folder is named by no serial: it needs a letter or digit`] };
  if (found.length > LARGEST_FILE)
    return { name, faults: [`${file} has more than ${LARGEST_FILE} bytes: write it anew`] };
  const content = withSerial(found, name, serial);
  const read = readHostFile(content.toString('utf8'), file);
  if (!('serial' in read)) return { name, faults: read.map(({ message }) => message) };
  if (read.serial !== serial) return { name, faults: [`${file}: it is of ${read.serial}`] };
  return { name, serial, content, host: read };
}

function fileOf(name: string): string {
  return `${/^[\w.+:-]+$/.test(name) ? name : showValue(name)}/${HOST_FILE}`;
}

/** A host's file of Mayu's under the serial that imago knows the machine by; all else stays as it is. */
export function withSerial(content: Buffer, name: string, serial: Serial): Buffer {
  if (name === serial) return content;
  const json = recordIn(content);
  const own = json?.['Serial'];
  if (typeof own !== 'string' || serialNamed(own) !== serial) return content;
  return Buffer.from(`${JSON.stringify({ ...json, Serial: serial }, null, 2)}\n`);
}

function recordIn(content: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(content.toString('utf8'));
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // an earlier version may be anything
  }
}
