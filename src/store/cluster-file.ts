import { ImagoError, showValue } from '../errors.js';
import { CLUSTER_FILE } from './layout.js';

/** What `cluster.json` says of the cluster as a whole. */
export interface ClusterSettings {
  readonly defaultEtcdClusterToken?: string | undefined;
  /** The URL of the discovery service that made the token; none where imago serves discovery itself. */
  readonly etcdDiscovery?: string | undefined;
}

export class InvalidClusterFile extends ImagoError {
  readonly code = 'INVALID_CLUSTER_FILE';

  constructor(reason: string) {
    super(
      `${CLUSTER_FILE} ${reason}: it reads {"GitStore": true, "Config": {"DefaultEtcdClusterToken": "…"}}`,
    );
  }
}

/** @param before The file as it is: what else stands in it stays. @throws InvalidClusterFile */
export function formatClusterFile(
  { defaultEtcdClusterToken, etcdDiscovery }: ClusterSettings,
  before = '{"GitStore": true}',
): string {
  const { file, config } = partsOf(before);
  const Config = {
    ...config,
    ...(defaultEtcdClusterToken && { DefaultEtcdClusterToken: defaultEtcdClusterToken }),
    ...(etcdDiscovery && { EtcdDiscovery: etcdDiscovery }),
  };
  return `${JSON.stringify({ ...file, Config }, null, 2)}\n`;
}

/** @throws InvalidClusterFile */
export function parseClusterFile(text: string): ClusterSettings {
  const { config } = partsOf(text);
  const [token, discovery] = ['DefaultEtcdClusterToken', 'EtcdDiscovery'].map((name) => textIn(config, name));
  return {
    ...(token !== '' && { defaultEtcdClusterToken: token }),
    ...(discovery !== '' && { etcdDiscovery: discovery }),
  };
}

function partsOf(text: string): {
  readonly file: object;
  readonly config: Readonly<Record<string, unknown>>;
} {
  const file = parseJson(text);
  const config = isRecord(file) ? (file['Config'] ?? {}) : undefined;
  if (!isRecord(file) || !isRecord(config)) throw new InvalidClusterFile('holds no table Config');
  return { file, config };
}

function textIn(config: Readonly<Record<string, unknown>>, name: string): string {
  const text = config[name] ?? '';
  if (typeof text !== 'string') throw new InvalidClusterFile(`has ${showValue(text)} as ${name}`);
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidClusterFile(`is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
