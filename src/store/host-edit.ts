import { hostFromJson, hostToJson } from '../host/host-json.js';
import type { Host } from '../host/host.js';

/**
 * An operator's edit of a file, put on top of what happened to the host meanwhile: fields that the operator changed are
 * as he wrote them, all others as they are now.
 * @param base what the operator had before him; undefined when that is not known, and then his file counts as a whole.
 */
export function mergeEdit(base: Host | undefined, edited: Host, current: Host | undefined): Host {
  if (!base || !current) return edited;
  const before = hostToJson(base);
  const after = hostToJson(edited);
  const merged: Record<string, unknown> = { ...hostToJson(current) };
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[field]) === JSON.stringify(after[field])) continue;
    if (after[field] === undefined) delete merged[field];
    else merged[field] = after[field];
  }
  return hostFromJson(merged);
}
