import { ImagoError, showValue } from '../errors.js';
import { CLUSTER_FILE } from './layout.js';

/** What `cluster.json` says of the cluster as a whole. */
export interface ClusterSettings {
  readonly defaultEtcdClusterToken?: string | undefined;
}

export class InvalidClusterFile extends ImagoError {
  readonly code = 'INVALID_CLUSTER_FILE';

  constructor(reason: string) {
    super(
      `${CLUSTER_FILE} ${reason}: it reads {"GitStore": true, "Config": {"DefaultEtcdClusterToken": "…"}}`,
    );
  }
}

export function formatClusterFile({ defaultEtcdClusterToken }: ClusterSettings): string {
  const config = defaultEtcdClusterToken ? { DefaultEtcdClusterToken: defaultEtcdClusterToken } : {};
  return `${JSON.stringify({ GitStore: true, Config: config }, null, 2)}\n`;
}

/** @throws InvalidClusterFile */
export function parseClusterFile(text: string): ClusterSettings {
  const json = parseJson(text);
  const config = isRecord(json) ? (json['Config'] ?? {}) : undefined;
  if (!isRecord(config)) throw new InvalidClusterFile('holds no table Config');
  const token = config['DefaultEtcdClusterToken'] ?? '';
  if (typeof token !== 'string')
    throw new InvalidClusterFile(`has ${showValue(token)} as DefaultEtcdClusterToken`);
  return token === '' ? {} : { defaultEtcdClusterToken: token };
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
