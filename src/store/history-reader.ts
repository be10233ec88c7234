import { ImagoError } from '../errors.js';
import { parseHostFile } from '../host/host-json.js';
import type { HistoryEntry } from '../host/host-store.js';
import type { Host } from '../host/host.js';
import type { Serial } from '../host/serial.js';
import { decodeCommit, type Commit } from './git-commit.js';
import type { ObjectId } from './git-object.js';
import { treeEntry } from './git-tree.js';
import { hostPath } from './layout.js';
import type { ObjectReader } from './object-reader.js';

/** Commits looked at before other work gets its turn. */
const SLICE = 200;

/** Reads the past from the repository. */
export class HistoryReader {
  constructor(private readonly objects: ObjectReader) {}

  async ofHost(serial: Serial, head: ObjectId | undefined): Promise<readonly HistoryEntry[]> {
    const entries: HistoryEntry[] = [];
    let id = head;
    for (let count = 1; id !== undefined; count += 1) {
      const commit = decodeCommit(this.objects.readAs('commit', id));
      if (commit.message.startsWith(`${serial}: `)) entries.push(this.#entry(id, commit, serial));
      id = commit.parents[0];
      if (count % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return entries;
  }

  /** The host as a commit has it. */
  hostAt(commit: Commit, serial: Serial): Host | undefined {
    let id: ObjectId = commit.tree;
    const path = hostPath(serial);
    for (const name of path.split('/')) {
      const entry = treeEntry(this.objects.readAs('tree', id), name);
      if (!entry) return undefined;
      id = entry.id.toString('hex');
    }
    try {
      return parseHostFile(this.objects.readAs('blob', id).toString('utf8'), path);
    } catch (error) {
      if (error instanceof ImagoError) return undefined;
      throw error;
    }
  }

  #entry(id: ObjectId, commit: Commit, serial: Serial): HistoryEntry {
    return {
      commit: id,
      time: commit.author.time,
      author: commit.author.name,
      what: commit.message.slice(serial.length + 2),
      state: this.hostAt(commit, serial)?.state,
    };
  }
}
