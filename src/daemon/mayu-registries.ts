import { z } from 'zod';
import { ImagoError, showValue } from '../errors.js';
import type { Discovery } from '../http/etcd/discovery.js';

/** Etcd, in which Mayu keeps its discovery, does not say what it has of it. */
export class NoRegistry extends ImagoError {
  readonly code = 'NO_REGISTRY';

  constructor(url: string, reason: string) {
    super(
      `${url}: ${reason}; correct --etcd-endpoint, or give --without-etcd-registry when no etcd process will ask for the token again`,
      { url },
    );
  }
}

const TIMEOUT_MS = 10_000;

const node = z.object({
  key: z.string(),
  value: z.string().optional(),
  dir: z.boolean().optional(),
  createdIndex: z.int().default(1),
  modifiedIndex: z.int().default(1),
});
const registry = z.object({ node: z.object({ nodes: z.array(node).default([]) }) });
const size = z.object({ node: z.object({ value: z.string().regex(/^\d{1,4}$/) }) });

/**
 * The members that have registered under a token, as etcd's v2 API has them.
 * @param endpoint of etcd, as Mayu's flag has it; with a path, what a token follows: that of a Mayu that runs, `…/etcd`
 * @returns undefined where etcd knows no such token
 * @throws NoRegistry
 */
export async function fetchRegistry(
  endpoint: string,
  token: string,
  defaultSize: number,
): Promise<Discovery | undefined> {
  const url = `${registryUrl(endpoint)}/${token}`;
  const listed = await ask(url, registry);
  if (listed === undefined) return undefined;
  const sized = await ask(`${url}/_config/size`, size);
  const members = listed.node.nodes
    .filter(({ dir }) => dir !== true)
    .map(({ key, value = '', createdIndex, modifiedIndex }) => ({
      id: key.slice(key.lastIndexOf('/') + 1),
      value,
      createdIndex,
      modifiedIndex,
    }))
    .sort((a, b) => a.createdIndex - b.createdIndex);
  return {
    token,
    size: sized === undefined ? defaultSize : Number(sized.node.value),
    index: Math.max(1, ...members.map(({ modifiedIndex }) => modifiedIndex)),
    members,
  };
}

/** Where etcd keeps discovery, since etcd's own service does. */
const REGISTRY = '/v2/keys/_etcd/registry';

function registryUrl(endpoint: string): string {
  const url = URL.parse(endpoint);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new NoRegistry(showValue(endpoint), 'is not a URL, as in http://127.0.0.1:2379');
  const path = url.pathname.replace(/(?<!\/)\/+$/, '');
  return `${url.origin}${path === '' ? REGISTRY : path}`;
}

/** Undefined where there is no such key. */
async function ask<T>(url: string, answer: z.ZodType<T>): Promise<T | undefined> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    body = await response.json();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new NoRegistry(url, cause instanceof Error ? cause.message : String(cause));
  }
  if (isKeyMissing(body)) return undefined;
  const parsed = answer.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new NoRegistry(
    url,
    `status ${response.status}, and no answer of etcd’s v2 API (--enable-v2 in etcd 3.4)`,
  );
}

/** Error 100 of etcd: a page of somebody else's that is not there says nothing of it. */
function isKeyMissing(body: unknown): boolean {
  return z.object({ errorCode: z.literal(100) }).safeParse(body).success;
}
