import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namespaces, removeNetwork } from './network.js';

/**
 * A lab's namespace and its folder have one name, which ends in the process that made them. What a killed process left behind
 * is therefore known by its name, and removed by the next.
 */
const labName = /^imago-sandbox-(\d+)$/;

export function nameOfLab(pid = process.pid): string {
  return `imago-sandbox-${pid}`;
}

export function folderOf(lab: string): string {
  return join(tmpdir(), lab);
}

/** Of its imago, for operators. */
export function socketOf(lab: string): string {
  return join(folderOf(lab), 'var/admin.sock');
}

/** Marks the folder as that of this very process: numbers of processes come again. */
export async function markOwner(folder: string): Promise<void> {
  await writeFile(join(folder, 'owner'), (await startOf(process.pid)) ?? '');
}

/** The labs whose processes are alive. */
export async function runningLabs(): Promise<string[]> {
  const running: string[] = [];
  for (const name of await namespaces()) {
    const pid = labName.exec(name)?.[1];
    if (pid !== undefined && (await isOwned(name, Number(pid)))) running.push(name);
  }
  return running;
}

/** Removes what killed runs left; returns their names. */
export async function removeLeftovers(): Promise<string[]> {
  const names = new Set([...(await namespaces()), ...(await readdir(tmpdir()))]);
  const removed: string[] = [];
  for (const name of names) {
    const pid = labName.exec(name)?.[1];
    if (pid === undefined || (await isOwned(name, Number(pid)))) continue;
    await removeLab(name);
    removed.push(name);
  }
  return removed;
}

export async function removeLab(name: string): Promise<void> {
  await removeNetwork(name);
  await rm(folderOf(name), { recursive: true, force: true });
}

async function isOwned(name: string, pid: number): Promise<boolean> {
  const start = await startOf(pid);
  return start !== undefined && (await readIfThere(join(folderOf(name), 'owner'))) === start;
}

/** When a process started, in clock ticks since the machine did (proc(5), stat, field 22); undefined without such a process. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readIfThere(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined;
    throw error;
  }
}
