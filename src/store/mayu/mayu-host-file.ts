import { isIpAddress } from '../../host/mayu-host-json.js';

/** A host's file as Mayu can read it: it dies of a BMC that is known by a name, which is left out. Any other file stays to the byte. */
export function mayuHostFile(content: Buffer): Buffer {
  const host = objectIn(content);
  if (!host || host['IPMIAddr'] === undefined || isIpAddress(host['IPMIAddr'])) return content;
  const { IPMIAddr: _, ...rest } = host;
  return Buffer.from(`${JSON.stringify(rest, null, 2)}\n`);
}

/** Undefined for a file that is damaged: it is none that Mayu could read either. */
function objectIn(content: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(content.toString('utf8'));
    return typeof json === 'object' && json !== null ? { ...json } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
