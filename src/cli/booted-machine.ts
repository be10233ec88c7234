import type { MayuBody } from '../api/mayu-client.js';
import { UsageError } from './errors.js';
import { readIfPresent } from '../files/if-present.js';

/** The field of Mayu's host for each variable of the machine's environment. */
const versionFields: Readonly<Record<string, string>> = {
  VERSION: 'CoreOSVersion', // os-release(5)
  MAYU_VERSION: 'MayuVersion',
  DOCKER_VERSION: 'DockerVersion',
  ETCD_VERSION: 'EtcdVersion',
  FLEET_VERSION: 'FleetVersion',
  RKT_VERSION: 'RktVersion',
  K8S_VERSION: 'K8sVersion',
  YOCHU_VERSION: 'YochuVersion',
};

/** What a machine that is up has to report of itself. */
export interface BootedMachine {
  readonly serial: string;
  readonly versions: MayuBody;
}

/** Where machines keep what they know of themselves; the last is what imago’s own templates write. */
export const environmentFiles = ['/etc/os-release', '/etc/yochu-env', '/etc/mayu-env', '/etc/imago/host.env'];

/** @throws UsageError when the environment does not name the machine. */
export function bootedMachine(
  environment: ReadonlyMap<string, string>,
  files: readonly string[],
): BootedMachine {
  const serial = environment.get('IMAGO_SERIAL') || environment.get('SERIAL');
  if (!serial) {
    throw new UsageError(
      `none of ${files.join(', ')} has a SERIAL or IMAGO_SERIAL: run this on a machine that was installed, or name its file`,
    );
  }
  const versions = Object.entries(versionFields).flatMap(([variable, field]) => {
    const version = environment.get(variable);
    return version ? [[field, version] as const] : [];
  });
  return { serial, versions: Object.fromEntries(versions) };
}

/**
 * Files of `KEY=value` lines that a machine keeps of itself, as os-release(5) and systemd's EnvironmentFile= have them: comments,
 * `export`, and quotes with backslashes are understood. Of a key that comes twice the last counts.
 */
export function parseEnvironmentFile(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, raw] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && raw !== undefined) values.set(key, unquoted(raw.trim()));
  }
  return values;
}

function unquoted(raw: string): string {
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(raw)?.[1];
  if (double !== undefined) return double.replace(/\\(["\\$`])/g, '$1');
  const single = /^'([^']*)'/.exec(raw)?.[1];
  return single ?? raw.replace(/(?<!\s)\s+#.*$/, '');
}

/** What the machine's files say together; of a key in several the last file counts. Files that do not exist are passed over. */
export async function readEnvironment(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = await Promise.all(files.map(readIfPresent));
  return new Map(texts.flatMap((text) => [...parseEnvironmentFile(text ?? '')]));
}
