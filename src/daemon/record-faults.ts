import { findFaults } from '../dialects/matchbox/find-faults.js';
import type { Group } from '../dialects/matchbox/group.js';
import { openLanguages } from '../dialects/matchbox/open-languages.js';
import type { Profile } from '../dialects/matchbox/profile.js';
import { matchboxKinds } from '../dialects/matchbox/records/record-kinds.js';
import { fileReason, ImagoError } from '../errors.js';
import { LARGEST_RECORD, textOf } from '../host/record-kind.js';
import { keyAt, kindsByName, isRecordName, partsOfName } from '../store/layout.js';
import { linkFault } from '../store/link-fault.js';
import { findRecordFile, linkedFolders, recordPaths } from '../store/worktree/work-tree.js';

/**
 * What of matchbox's records machines would be answered with 404 for, a sentence each. The work tree is only read, as a daemon
 * left it or keeps it at this moment; of a cluster that is not made yet there is nothing to say.
 */
export async function recordFaults(directory: string): Promise<readonly string[]> {
  const kinds = kindsByName(matchboxKinds);
  const faults = [...linkedFolders(directory, kinds)];
  const found = new Map(matchboxKinds.map(({ name }) => [name, new Map<string, object>()]));
  try {
    for (const path of recordPaths(directory, kinds)) {
      const key = keyAt(kinds, path);
      if (key === undefined || !isRecordName(key)) continue;
      const { kind: kindName, name } = partsOfName(key);
      const kind = kinds.get(kindName);
      const file = findRecordFile(directory, path);
      if (!kind || !file) continue;
      const { content } = file;
      try {
        if (file.isLink) throw linkFault(path);
        if (content.length > LARGEST_RECORD) faults.push(`${path}: is larger than ${LARGEST_RECORD} bytes`);
        else found.get(kindName)?.set(name, kind.parse(textOf(kind, content), path));
      } catch (error) {
        if (!(error instanceof ImagoError)) throw error;
        faults.push(error.message);
      }
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    return [`${directory} cannot be looked at: ${fileReason(error)}`];
  }
  const of = <T>(kind: string) => (found.get(kind) ?? new Map()) as ReadonlyMap<string, T>;
  const all = {
    groups: of<Group>('groups'),
    profiles: of<Profile>('profiles'),
    templates: {
      ignition: of<Buffer>('ignition'),
      cloud: of<Buffer>('cloud'),
      generic: of<Buffer>('generic'),
    },
  };
  return [...faults, ...(await findFaults(all, await openLanguages(() => undefined)))];
}
