import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFile {
  readonly content: Buffer;
  readonly etag?: string;
  /** As its header has it. */
  readonly lastModified?: string;
  /** Misbehaves instead of serving; returns false to serve properly after all. */
  readonly misbehave?: (request: IncomingMessage, response: ServerResponse, count: number) => boolean;
  readonly knowsRanges?: boolean;
}

export interface NastyServer {
  readonly url: string;
  readonly files: Map<string, ServedFile>;
  /** `GET /path range`, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** An HTTP server that serves files with ranges, ETags and If-Range, and does wrong whatever a test wants. */
export async function startNastyServer(): Promise<NastyServer> {
  const files = new Map<string, ServedFile>();
  const requests: string[] = [];
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push(`${request.method} ${path} ${request.headers.range ?? ''}`.trim());
    const file = files.get(path);
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    const count = (counts.get(path) ?? 0) + 1;
    counts.set(path, count);
    if (file.misbehave?.(request, response, count)) return;
    serve(request, response, file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { content, etag, lastModified, knowsRanges = true }: ServedFile,
): void {
  const headers = {
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { 'last-modified': lastModified }),
    ...(knowsRanges && { 'accept-ranges': 'bytes' }),
  };
  if (etag !== undefined && request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const range = rangeOf(request);
  const condition = request.headers['if-range'];
  if (!knowsRanges || !range || (condition !== undefined && condition !== etag)) {
    response.writeHead(200, { ...headers, 'content-length': content.length }).end(content);
    return;
  }
  if (range.first >= content.length) {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const last = Math.min(range.last, content.length - 1);
  const slice = content.subarray(range.first, last + 1);
  response
    .writeHead(206, {
      ...headers,
      'content-length': slice.length,
      'content-range': `bytes ${range.first}-${last}/${content.length}`,
    })
    .end(slice);
}

/** The bytes a request asks for, both ends included. */
export function rangeOf(request: IncomingMessage): { first: number; last: number } | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  return first === undefined ? undefined : { first: Number(first), last: last ? Number(last) : Infinity };
}

/** Bytes that are everywhere different, so that a piece in the wrong place shows. */
export function patterned(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

/** A redirector: `path` leads to one mirror after the other, each with the same bytes under another ETag, as mirrors have them. */
export function redirectToMirrors(
  server: NastyServer,
  path: string,
  mirrors: readonly (Partial<ServedFile> & { readonly content: Buffer })[],
): void {
  for (const [index, mirror] of mirrors.entries()) {
    server.files.set(`/mirror${index}${path}`, { etag: `"mirror${index}"`, ...mirror });
  }
  server.files.set(path, {
    content: Buffer.alloc(0),
    misbehave(_, response, count) {
      response.writeHead(302, { location: `/mirror${(count - 1) % mirrors.length}${path}` }).end();
      return true;
    },
  });
}
